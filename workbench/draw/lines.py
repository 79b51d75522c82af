"""The partitions of a pipe, its replicas, and one line from each partition to its replica.

A pipe has rows, so that the cells of both sides have the same height. How many rows, and of which size, depends on the number of
partitions: labelled cells for a few, thin cells for up to 128, and a few cells with a count in between for more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.draw.boxes import AUTO, AlignItems, Box, Paint, Rect, column, frame, row, text
from workbench.draw.scene import Pipe
from workbench.draw.svg import Element, group, path
from workbench.equation import counted

LABELLED, THIN = 12, 128
"""Largest numbers of partitions that are drawn as labelled cells and as thin cells."""
_FIRST = 4
"""Labelled cells before the count, if there are too many for thin cells."""
_PITCH = 5
"""Pixels from one thin cell to the next."""
_STRIPE = 260
"""Pixels of a thin cell."""
_BUNDLE = 6
"""Most lines of a pipe that has only one row."""


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Both sides of one pipe."""

    pipe: Pipe
    left: Box
    right: Box
    drawn: list[tuple[Box, Box]]
    """Cells that have a line. Empty for thin cells and bundles, whose lines are evenly spaced."""

    def elements(self) -> Iterator[Element]:
        """Return the lines, after the boxes are placed."""
        if not min(self.pipe.partitions, self.pipe.replicas):
            return  # a paused pipe has no replicas
        both = f"{self.pipe.name}: {counted(min(self.pipe.partitions, self.pipe.replicas), 'line', 'lines')}, one for each partition and its replica"
        if self.drawn:
            pairs = [(one.rect, other.rect) for one, other in self.drawn]
            yield group(
                [path("flow", map(_arrow, pairs)), path("head", (_head(other) for _, other in pairs))], title=both
            )
        else:
            left, right = self.left.rect, self.right.rect
            tops = _spaced(left, min(self.pipe.partitions, self.pipe.replicas))
            yield group([path("thin", (f"M{left.right} {top}H{right.x}" for top in tops))], title=both)


def lines_of(pipe: Pipe, *, alone: bool) -> Lines:
    """Return both sides of a pipe. `alone` is false if there are many pipes; then a pipe has one row."""
    if not alone:
        return _bundle(pipe)
    if pipe.partitions <= LABELLED or pipe.partitions > THIN or pipe.partitions != pipe.replicas:
        return _labelled(pipe)
    return _thin(pipe)


def _labelled(pipe: Pipe) -> Lines:
    sides: list[list[tuple[int, Box]]] = []
    for kind, noun, number in (("part", "partition", pipe.partitions), ("rep", "replica", pipe.replicas)):
        sides.append([(index, _cell(kind, f"{noun} {index}")) for index in _shown(number)])
    boxes: list[Box] = []
    for cells, number in zip(sides, (pipe.partitions, pipe.replicas), strict=True):
        left_out = number - len(cells)
        inside = [box for _, box in cells]
        if left_out:
            inside.insert(-1, text(f"⋮  {left_out:,} more", 11, kind="soft", margin=(2, 0, 2, 10)))
        boxes.append(column(*inside, gap=5))
    right = dict(sides[1])
    drawn = [(box, right[index]) for index, box in sides[0] if index in right]
    return Lines(pipe=pipe, left=boxes[0], right=boxes[1], drawn=drawn)


def _shown(number: int) -> list[int]:
    """Return the indexes of the cells that are drawn."""
    return list(range(number)) if number <= LABELLED else [*range(_FIRST), number - 1]


def _cell(kind: str, label: str) -> Box:
    return Box(text(label, 11, kind=kind), paint=frame(kind, 4), padding=(2, 8, 2, 8))


def _thin(pipe: Pipe) -> Lines:
    """Return one thin cell for each partition and replica, with the index beside every tenth."""
    sides: list[Box] = []
    for kind, noun in (("part", "partition"), ("rep", "replica")):
        rows: list[Box] = []
        for first in range(0, pipe.partitions, 10):
            number = min(10, pipe.partitions - first)
            parts = [
                text(f"{noun} {first}", 10, kind="soft", end=kind == "rep"),
                Box(paint=_stripes(kind, number), size=(_STRIPE, AUTO)),
            ]
            rows.append(
                row(
                    *(parts if kind == "part" else reversed(parts)),
                    spread=True,
                    align_items=AlignItems.STRETCH,
                    size=(AUTO, _PITCH * number),
                )
            )
        sides.append(column(*rows))
    return Lines(pipe=pipe, left=sides[0], right=sides[1], drawn=[])


def _stripes(kind: str, number: int) -> Paint:
    def paint(rect: Rect) -> list[Element]:
        return [path(f"cells-{kind}", (f"M{rect.x} {top}h{rect.width}" for top in _spaced(rect, number)))]

    return paint


def _bundle(pipe: Pipe) -> Lines:
    left, right = (
        row(
            text(pipe.name, 12, bold=True, most=170),
            text(label, 12, kind=kind, end=True),
            spread=True,
            padding=(4, 10, 4, 10),
            paint=frame(kind, 4),
        )
        for kind, label in (("part", counted(pipe.partitions, "partition", "partitions")), ("rep", replicas_of(pipe)))
    )
    return Lines(pipe=pipe, left=left, right=right, drawn=[])


def replicas_of(pipe: Pipe) -> str:
    """Return the number of replicas, such as `3 replicas` or `paused: 0 of 3 replicas`."""
    if pipe.paused:
        return f"paused: {pipe.replicas} of {counted(pipe.partitions, 'replica', 'replicas')}"
    return counted(pipe.replicas, "replica", "replicas")


def _spaced(rect: Rect, number: int) -> list[str]:
    """Return the heights of evenly spaced lines, at the middles of thin cells or across a box with one row."""
    if rect.height < _PITCH * number:
        number = min(number, _BUNDLE)
        return [f"{rect.middle + (index - (number - 1) / 2) * 3:g}" for index in range(number)]
    return [f"{rect.y + (index + 0.5) * _PITCH:g}" for index in range(number)]


def _arrow(pair: tuple[Rect, Rect]) -> str:
    one, other = pair
    return f"M{one.right} {one.middle}L{other.x - 6} {other.middle}"


def _head(rect: Rect) -> str:
    return f"M{rect.x} {rect.middle}l-7 -4v8z"
