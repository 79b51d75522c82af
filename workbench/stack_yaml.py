"""YAML loader for stack files: the subset that PyYAML (YAML 1.1) and Pulumi (Go's yaml.v3) read alike.

Values that the two read differently are rejected. Values that Pulumi changes before the program gets them are rejected, too.
`tests/engine/test_stack_yaml.py` compares this loader with the Pulumi CLI.
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
"""Plain scalars (underscores removed) that yaml.v3 v3.0.1 does not read as text (resolve.go)."""


def stack_yaml(content: object) -> str:
    """Write a stack file with all strings in quotes, so that Pulumi reads the same values."""
    return yaml.dump(content, Dumper=_Quoting, allow_unicode=True)


class _Quoting(yaml.SafeDumper):
    """Dumper that quotes all strings. PyYAML writes the strings 1e3 and 0o17 without quotes; Pulumi reads those as numbers."""


_Quoting.add_representer(str, lambda dumper, text: cast("Any", dumper).represent_scalar(_STR, text, style='"'))


class StackLoader(yaml.SafeLoader):
    """Stack file loader. Accepts decimal numbers, `true`, `false`, `null` and text. Rejects tags and duplicate keys."""

    ESCAPE_REPLACEMENTS = {key: to for key, to in yaml.SafeLoader.ESCAPE_REPLACEMENTS.items() if key != "/"}  # noqa: RUF012

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Read a value. Reject values that Pulumi would read or pass on differently."""
        event: Any = cast("Any", self).peek_event()
        key = cast("object", index)  # the value's key, or its position in a list
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
                    f"{name}must be a string or a decimal number such as 3 or 1.5 (Pulumi would read another value than the file shows). "
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
                    event, f"{name}must be a string of Unicode characters, got half of a surrogate pair. Remove it."
                )
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Read a map. Reject keys that are not text and duplicate keys."""
        node = super().compose_mapping_node(anchor)
        seen: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _refused(key, "a key must be a string, got a list or a map. Write it in quotes.")
            name, line = str(key.value), key.start_mark.line + 1
            if key.tag not in (_STR, _MERGE):
                raise _refused(key, f"{name}: a key must be a string. Write it in quotes.")
            if name == "<<" and key.tag == _STR:
                raise _refused(
                    key, "<<: must be another key (Pulumi merges its map even if it is in quotes). Rename it."
                )
            if name in seen:
                raise _refused(key, f"{name}: must be unique (line {seen[name]} has the same key). Remove one.")
            seen[name] = line
        return node


def _refused(node: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


def _fraction(loader: StackLoader, node: yaml.ScalarNode) -> int | float:
    """Read a number with decimals. `1.0` becomes 1, as in Pulumi."""
    number = float(str(loader.construct_scalar(node)))
    return int(number) if number.is_integer() else number


StackLoader.add_constructor("tag:yaml.org,2002:float", _fraction)
# Replaces YAML 1.1's rules, where `no` is false and 12:30 is 750. Only numbers that Go and Python write alike are accepted.
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
