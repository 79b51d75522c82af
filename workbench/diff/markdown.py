"""Renders a diff as Markdown for a comment on a pull request.

Every text from a plan is written as a code span, so HTML, links and mentions in it have no effect.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from workbench.diff.diff import Diff, StackDiff
from workbench.diff.plans import Side
from workbench.diff.resources import ABSENT, Change, ResourceDiff
from workbench.equation import Equation

LIMIT = 60_000
"""Maximum length of a comment in characters. GitHub accepts 65,536; the workflow that posts it adds some."""

_MOST = (1000, 300, 100, 30, 10, 3, 1)
"""Maximum lines of each list, tried in this order until the comment fits."""
_LONG = 100
"""Maximum characters of a value."""
_SHARED = 20
"""Characters shown before the first difference of two long values."""

_KINDS = ("replaced", "added", "changed", "removed")


def render(diff: Diff, *, limit: int = LIMIT) -> str:
    """Return the comment, at most ``limit`` characters long. Shortened lists end with the number of omitted lines."""
    lines: list[str] = []
    for most in _MOST:
        lines = list(_document(diff, most))
        if _length(lines) <= limit:
            return "\n".join(lines) + "\n"
    kept = len(lines)
    while _length([*lines[:kept], _left_out(len(lines) - kept)]) > limit:
        kept -= 1
    return "\n".join([*lines[:kept], _left_out(len(lines) - kept)]) + "\n"


def _document(diff: Diff, most: int) -> Iterator[str]:
    yield f"## Stack changes since {code(diff.base)} ({diff.commit[:12]})"
    yield ""
    changed = [each for each in diff.stacks if each.changed]
    equations = [f"- {code(each.stack)}: **{code(text)}**" for each in changed for text in _changed_equations(each)]
    if equations:
        yield from (*_cut(equations, most), "")
    if changed:
        yield "| stack | partitions = replicas | replaced | added | changed | removed | data resources replaced or removed |"
        yield "|---|---|---|---|---|---|---|"
        yield from _cut([_row(each, most) for each in changed], most)
        yield ""
    unchanged = [f"- {code(each.stack)}: no change" for each in diff.stacks if not each.changed]
    if unchanged:
        yield from (*_cut(unchanged, most), "")
    for each in changed:
        yield from _section(each, most)
    yield from ("---", "")
    yield (
        "Planned without a cloud account: nothing was contacted, and ids are examples. "
        "Secrets are masked before the comparison, so a changed secret is not shown. "
        "Resources that depend on a replaced resource may change, too."
    )


def _row(diff: StackDiff, most: int) -> str:
    counts = [sum(each.happens == kind for each in diff.resources) for kind in _KINDS]
    losses = sum(each.loses_data for each in diff.resources)
    equations = "; ".join(_cut([code(each) for each in equations_of(diff)], most)) or "not planned"
    cells = [code(diff.stack), equations, *map(str, counts), f"**{losses}**" if losses else "0"]
    if isinstance(diff.before, str) or isinstance(diff.after, str):
        cells[2:] = ["?"] * 5
    return f"| {' | '.join(cell.replace('|', '¦') for cell in cells)} |"


def _section(diff: StackDiff, most: int) -> Iterator[str]:
    yield f"### {code(diff.stack)}"
    yield ""
    losses = [each for each in diff.resources if each.loses_data]
    if losses:
        yield from _cut([f"- **data resource {each.happens}: {_named(each)}**" for each in losses], max(most, 10))
        yield ""
    yield from _state(diff, most)
    for kind in _KINDS:
        resources = [each for each in diff.resources if each.happens == kind]
        if resources:
            yield f"{kind.capitalize()} ({len(resources)}):"
            yield ""
            yield from _cut(["\n".join(_resource(each, most)) for each in resources], most)
            yield ""
    equations = list(equations_of(diff))
    if equations:
        yield "Partitions = replicas:"
        yield ""
        yield from _cut([f"- {code(each)}" for each in equations], most)
        yield ""


def _state(diff: StackDiff, most: int) -> Iterator[str]:
    """Return the state of the stack: new, removed, not planned, or with problems."""
    if diff.before is None:
        yield from ("The stack is new.", "")
    if diff.after is None:
        yield "The stack file is removed. Deployed resources remain until the stack is destroyed."
        yield ""
    for side, when in ((diff.before, "before"), (diff.after, "now")):
        problems = side.splitlines() if isinstance(side, str) else side.problems if side else ()
        if problems:
            what = "could not be planned" if isinstance(side, str) else "has problems"
            yield f"**The stack {what} as it is {when}:**" if when == "now" else f"The stack {what} as it was before:"
            yield ""
            yield from _cut([f"- {code(line, longest=500)}" for line in problems], most)
            yield ""


def _resource(diff: ResourceDiff, most: int) -> Iterator[str]:
    yield f"- {_named(diff)}"
    yield from _cut([f"  - {_change(each)}" for each in diff.changes], most, indent="  ")


def _named(diff: ResourceDiff) -> str:
    return f"{code(diff.name)} ({code(diff.type)})"


def _change(change: Change) -> str:
    old, new = shown_values(change.old, change.new)
    forced = " (forces replacement)" if change.replaces else ""
    return code(f"{_shortened(change.path, '')[0]}: {old} → {new}", longest=4 * _LONG) + forced


def equations_of(diff: StackDiff) -> Iterator[str]:
    """Return `orders: 3 partitions = 3 replicas → 6 partitions = 6 replicas` for each pipe of either side."""
    before = {each.pipe: each for each in diff.before.pipes} if isinstance(diff.before, Side) else {}
    after = {each.pipe: each for each in diff.after.pipes} if isinstance(diff.after, Side) else {}
    for pipe in sorted({*before, *after}):
        old, new = before.get(pipe), after.get(pipe)
        if old is None or new is None:
            only = f"{old or new}"
            failed = isinstance(diff.before, str) or isinstance(diff.after, str)
            yield only if failed else f"{only}, {'new' if old is None else 'removed'}"
        else:
            yield f"{old}" if old == new else f"{old} → {_sum(new)}"


def _changed_equations(diff: StackDiff) -> Iterator[str]:
    """Return the equations that are new, removed or have other numbers."""
    sides = [each for each in (diff.before, diff.after) if isinstance(each, Side)]
    same = {f"{equation}" for side in sides for equation in side.pipes}
    yield from (text for text in equations_of(diff) if text not in same)


def _sum(equation: Equation) -> str:
    return str(equation).removeprefix(f"{equation.pipe}: ")


def shown_values(old: object, new: object) -> tuple[str, str]:
    """Format two values. Strings have no quotes, unless one is empty or both would look the same."""
    shown = [each if isinstance(each, str) else _json(each) for each in (old, new)]
    if shown[0] == shown[1] or "" in shown:
        shown = [_json(old), _json(new)]
    return _shortened(*shown)


def _json(value: object) -> str:
    return "(absent)" if value is ABSENT else json.dumps(value, ensure_ascii=False)


def _shortened(one: str, other: str) -> tuple[str, str]:
    """Shorten two long texts to the part around their first difference."""
    if max(len(one), len(other)) <= _LONG:
        return one, other
    alike = next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), min(len(one), len(other))
    )
    start = max(0, alike - _SHARED)

    def part(text: str) -> str:
        end = "…" if len(text) > start + _LONG else ""
        return f"{'…' if start else ''}{text[start : start + _LONG]}{end}"

    return part(one), part(other)


def code(text: str, *, longest: int = _LONG) -> str:
    """Format any text as a code span on one line. Unprintable characters are escaped."""
    seen = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
    shown = f"{seen[:longest]}…" if len(seen) > longest else seen or " "
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if shown[0] == "`" or shown[-1] == "`" or (shown[0] == shown[-1] == " " and shown.strip()) else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _cut(lines: Sequence[str], most: int, *, indent: str = "") -> list[str]:
    """Return at most ``most`` lines, followed by the number of omitted lines."""
    if len(lines) <= most:
        return list(lines)
    return [*lines[:most], f"{indent}{_left_out(len(lines) - most)}"]


def _left_out(number: int) -> str:
    return f"- … and {number} more (omitted to keep the comment short)"


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)
