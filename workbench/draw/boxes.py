"""Boxes that the flexbox and grid engine Taffy (`stretchable`) places, and that paint themselves as SVG elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stretchable import Edge, Node  # pyright: ignore[reportMissingTypeStubs]
from stretchable.style import (  # pyright: ignore[reportMissingTypeStubs]
    AUTO,
    AlignContent,
    AlignItems,
    Display,
    FlexDirection,
    FlexWrap,
    GridPlacement,
    JustifyContent,
    Style,
)

from workbench.draw.svg import Element, element
from workbench.draw.text import fitted, width

__all__ = [
    "AUTO",
    "AlignContent",
    "AlignItems",
    "Box",
    "Paint",
    "Rect",
    "column",
    "frame",
    "grid",
    "place",
    "row",
    "tag",
    "text",
]


@dataclass(frozen=True)
class Rect:
    """Place of a box in the picture, in pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The right edge."""
        return self.x + self.width

    @property
    def middle(self) -> int:
        """The vertical middle."""
        return self.y + self.height // 2


Paint = Callable[[Rect], Sequence[Element]]


class Box:
    """One box. `rect` is set by `place`."""

    def __init__(
        self, *children: Box, paint: Paint | None = None, at: tuple[str, str] | None = None, **style: Any
    ) -> None:
        """Create a box. `at` is its rows and columns in a grid, such as `("1 / 3", "2 / 3")`."""
        if at:
            style |= {"grid_row": GridPlacement.from_inline(at[0]), "grid_column": GridPlacement.from_inline(at[1])}
        self.children = children
        self.node = Node(*(child.node for child in children), style=Style(**style))
        self.paint = paint
        self.rect = Rect(0, 0, 0, 0)

    def elements(self) -> Iterator[Element]:
        """Return the elements of the box and of the boxes inside it, the outer ones first."""
        if self.paint:
            yield from self.paint(self.rect)
        for child in self.children:
            yield from child.elements()


def place(root: Box) -> None:
    """Compute the place of each box."""
    root.node.compute_layout()

    def visit(box: Box, x: float, y: float) -> None:
        found = box.node.get_box(Edge.BORDER)
        left, top = x + found.x, y + found.y
        right, bottom = left + found.width, top + found.height
        box.rect = Rect(round(left), round(top), round(right) - round(left), round(bottom) - round(top))
        for child in box.children:
            visit(child, left, top)

    visit(root, 0, 0)


def column(*children: Box, **style: Any) -> Box:
    """Place boxes below each other."""
    return Box(*children, flex_direction=FlexDirection.COLUMN, **style)


def row(*children: Box, wrap: bool = False, spread: bool = False, **style: Any) -> Box:
    """Place boxes beside each other."""
    style.setdefault("align_items", AlignItems.CENTER)
    if spread:
        style["justify_content"] = JustifyContent.SPACE_BETWEEN
    return Box(*children, flex_wrap=FlexWrap.WRAP if wrap else FlexWrap.NO_WRAP, **style)


def grid(*children: Box, **style: Any) -> Box:
    """Place boxes in a grid. They may overlap."""
    return Box(*children, display=Display.GRID, **style)


def text(
    content: str,
    size: int = 12,
    *,
    kind: str = "",
    bold: bool = False,
    end: bool = False,
    most: int = 0,
    **style: Any,
) -> Box:
    """Return a line of text. `kind` is its CSS class. It is shortened to `most` pixels, and aligned to the right if `end`."""
    shown = fitted(content, size, most, bold=bold) if most else content
    classes = " ".join([f"s{size}", *(["b"] if bold else []), *([kind] if kind else [])])

    def paint(rect: Rect) -> list[Element]:
        whole = [element("title", text=content)] if shown != content else []
        anchor = "end" if end else None
        x = rect.right if end else rect.x
        return [element("text", *whole, text=shown, class_=classes, x=x, y=rect.y + size, text_anchor=anchor)]

    return Box(paint=paint, size=(width(shown, size, bold=bold), round(size * 1.35)), flex_shrink=0, **style)


def tag(content: str) -> Box:
    """Return a small label with a border. Its CSS class is its text."""
    return Box(text(content, 10, kind=content), paint=frame(f"tag {content}", 8), padding=(1, 7, 1, 7), flex_shrink=0)


def frame(kind: str, radius: int = 8) -> Paint:
    """Return what paints a rectangle with a CSS class."""

    def paint(rect: Rect) -> list[Element]:
        return [element("rect", class_=kind, x=rect.x, y=rect.y, width=rect.width, height=rect.height, rx=radius)]

    return paint
