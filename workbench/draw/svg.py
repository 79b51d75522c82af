"""SVG elements, with the standard library's XML writer: it escapes every text and attribute."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

__all__ = ["Element", "element", "group", "path", "written"]


def element(tag: str, *children: Element, text: str = "", **attributes: str | int | None) -> Element:
    """Return an element. Underscores in the names of attributes stand for hyphens; one at the end is ignored."""
    found = Element(
        tag,
        {key.rstrip("_").replace("_", "-"): str(value) for key, value in attributes.items() if value is not None},
    )
    found.extend(children)
    if children:
        children[-1].tail = text  # a title inside a text element comes before the text
    else:
        found.text = text or None
    return found


def group(children: Iterable[Element], *, title: str) -> Element:
    """Return elements with a tooltip."""
    return element("g", element("title", text=title), *children)


def path(kind: str, commands: Iterable[str]) -> Element:
    """Return a path with a CSS class."""
    return element("path", class_=kind, d="".join(commands))


def written(root: Element) -> str:
    """Return an element as text."""
    return tostring(root, encoding="unicode")
