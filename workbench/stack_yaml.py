"""YAML for stack files: the part that PyYAML (YAML 1.1) and Pulumi's reader (Go's yaml.v3) read alike.

A value that the two read differently is refused, and so is one that Pulumi itself changes on the way to the program.
`tests/engine/test_stack_yaml.py` holds this against the Pulumi CLI.
"""

from __future__ import annotations

import re
from typing import Any, cast

import yaml

_STR, _MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"

_OTHER_VALUE = re.compile(
    r"[-+]?0[xXoObB][0-9a-fA-F]+"  # 0x1f is 31
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"  # 0777 is 511, 1e3 is 1000
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt\s].*)?"  # 2026-01-01 is 2026-01-01 00:00:00 +0000 UTC
    r"|<<"
)
"""Plain scalars, without underscores, that yaml.v3 v3.0.1 reads as no text (resolve.go)."""


def stack_yaml(content: object) -> str:
    """A stack file's text with all text in quotes, so that Pulumi reads each value as it is."""
    return yaml.dump(content, Dumper=_Quoting, allow_unicode=True)


class _Quoting(yaml.SafeDumper):
    """PyYAML's own dumper writes the text 1e3 and 0o17 without quotes, which are numbers for Pulumi."""


_Quoting.add_representer(str, lambda dumper, text: cast("Any", dumper).represent_scalar(_STR, text, style='"'))


class StackLoader(yaml.SafeLoader):
    """Loader of stack files: plain decimal numbers, `true`, `false`, `null` and text; no tags, no duplicate keys."""

    ESCAPE_REPLACEMENTS = {key: to for key, to in yaml.SafeLoader.ESCAPE_REPLACEMENTS.items() if key != "/"}  # noqa: RUF012

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Read a value; refuse one that Pulumi would read or hand on as another one."""
        event: Any = cast("Any", self).peek_event()
        key = cast("object", index)  # the key that a value belongs to; a number in a list
        name = f"{key.value}: " if isinstance(key, yaml.ScalarNode) else ""
        if getattr(event, "tag", None) is not None:
            fix = "Write it in quotes" if isinstance(event, yaml.ScalarEvent) else "Remove the tag"
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            raise _refused(event, f"{name}must have no tag, got {tag}. {fix}.")
        node = super().compose_node(parent, cast("Any", key))
        if isinstance(event, yaml.ScalarEvent):
            plain = event.implicit[0] and node is not None and node.tag == _STR
            if plain and _OTHER_VALUE.fullmatch(event.value.replace("_", "")):
                raise _refused(
                    event,
                    f"{name}must be text or a decimal number such as 3 or 1.5 (Pulumi would read another value than the file shows). "
                    "Write it in quotes.",
                )
            if re.match(r"(?s)\s.*\n|\n", event.value):
                raise _refused(
                    event,
                    f"{name}must begin with a character other than white space if it has several lines (Pulumi loses it). "
                    "Remove the white space.",
                )
            if re.search("[\ud800-\udfff]", event.value):
                raise _refused(
                    event, f"{name}must be text of Unicode characters, got half of a surrogate pair. Remove it."
                )
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Read a map; refuse keys that are no text or stand there twice."""
        node = super().compose_mapping_node(anchor)
        seen: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _refused(key, "a key must be text")
            name, line = str(key.value), key.start_mark.line + 1
            if key.tag not in (_STR, _MERGE):
                raise _refused(key, f"{name}: a key must be text. Write it in quotes.")
            if name == "<<" and key.tag == _STR:
                raise _refused(
                    key, "<<: must be another key (Pulumi merges its map even if it is in quotes). Rename it."
                )
            if name in seen:
                raise _refused(key, f"{name}: this key stands in line {seen[name]} too; keep one of them")
            seen[name] = line
        return node


def _refused(place: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=place.start_mark)


def _fraction(loader: StackLoader, node: yaml.ScalarNode) -> int | float:
    """A number with decimals; `1.0` is 1, as Pulumi writes it."""
    number = float(str(loader.construct_scalar(node)))
    return int(number) if number.is_integer() else number


StackLoader.add_constructor("tag:yaml.org,2002:float", _fraction)
# In place of YAML 1.1's own, where `no` is false and 12:30 is 750. Numbers are those that Go and Python write alike.
StackLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"-?(0|[1-9][0-9]{0,17})", "-0123456789"),
    ("float", r"-?(0|[1-9][0-9]{0,9})\.[0-9]{1,4}", "-0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
):
    cast("Any", StackLoader).add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})\\Z"), list(_first)
    )
