"""The picture of a stack as SVG."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.draw.boxes import AUTO, AlignContent, AlignItems, Box, column, frame, grid, place, row, tag, text
from workbench.draw.lines import Lines, lines_of, replicas_of
from workbench.draw.scene import Card, Network, Part, Pipe, Scene, Zone, scene
from workbench.draw.style import CSS
from workbench.draw.svg import element, written
from workbench.equation import counted
from workbench.plan import Plan

WIDTH = 960
"""Pixels of a picture's width: that of a page on GitHub."""
MOST_PIPES = 24
"""Pipes that are drawn. The others are one line with their sum."""
_ROWS_OF_ONE = 3
"""Most pipes that have a row for each partition."""
_ENTRIES = 4
"""Names on a card."""
_SIDE = 360
"""Pixels for a text in the column of the service or of the platform."""
_TAG = 62
"""Pixels of a label such as `protected`."""


def draw(plan: Plan) -> str:
    """Return the picture of a planned stack: an SVG file with light and dark colours. The same plan gives the same bytes."""
    return render(scene(plan))


def render(shown: Scene) -> str:
    """Return the picture of a scene."""
    lines = [lines_of(pipe, alone=len(shown.pipes) <= _ROWS_OF_ONE) for pipe in shown.pipes[:MOST_PIPES]]
    root = column(
        *([_heading(shown)] if _wide(shown) else []),
        _architecture(shown, lines),
        _cards(shown.cards),
        _details(shown),
        size=(WIDTH, AUTO),
        padding=20,
        gap=14,
        paint=frame("page", 12),
    )
    place(root)
    title, description = f"{shown.stack}-title", f"{shown.stack}-description"
    picture = element(
        "svg",
        element("title", text=f"Architecture of {shown.stack}", id=title),
        element("desc", text=describe(shown), id=description),
        element("style", text=CSS),
        *root.elements(),
        *(each for both in lines for each in both.elements()),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {root.rect.width} {root.rect.height}",
        width=root.rect.width,
        height=root.rect.height,
        class_="dp",
        role="img",
        aria_labelledby=f"{title} {description}",
    )
    return f"{written(picture)}\n"


def describe(shown: Scene) -> str:
    """Return the picture in words, for screen readers."""
    where = "in the network" if shown.service.in_network else "outside the network"
    if shown.service_in_platform:
        where = f"in the cluster of {shown.platform.title}"
    sentences = [
        f"{shown.service.title}, {where}, is read by consumers on {shown.platform.title}.",
        f"{shown.network.title}.",
        *(f"{pipe.equation}." for pipe in shown.pipes[:MOST_PIPES]),
    ]
    if len(shown.pipes) > MOST_PIPES:
        sentences.append(f"{_rest(shown.pipes)}.")
    for part in (shown.service, shown.platform):
        words = [*(["protected from deletion"] if part.protected else []), *(["private"] if part.private else [])]
        if words:
            sentences.append(f"{part.title} is {' and '.join(words)}.")
    sentences.append(f"The stack has {counted(shown.resources, 'resource', 'resources')}.")
    return " ".join(sentences)


def _sum(pipes: Sequence[Pipe]) -> tuple[str, str, str]:
    """Return the partitions of pipes, a sign and the replicas. Partitions of paused pipes are the sum's third number.

    `6 partitions`, `=`, `3 replicas + 3 paused`; if all pipes are paused, `3 partitions, paused` without a sign and replicas.
    """
    partitions, replicas = (sum(getattr(each, side) for each in pipes) for side in ("partitions", "replicas"))
    paused = sum(each.partitions for each in pipes if each.paused)
    holds = all(each.equation.holds for each in pipes)
    left = f"{partitions:,} partition{'' if partitions == 1 else 's'}"
    if holds and paused and paused == partitions:
        return f"{left}, paused", "", ""
    right = f"{replicas:,} replica{'' if replicas == 1 else 's'}"
    return left, "=" if holds else "≠", f"{right} + {paused:,} paused" if paused else right


def _rest(pipes: Sequence[Pipe]) -> str:
    """Return the number of pipes that are not drawn, with their sum."""
    rest = pipes[MOST_PIPES:]
    numbers = " ".join(filter(None, _sum(rest)))
    return f"{len(rest):,} more {'pipe' if len(rest) == 1 else 'pipes'}: {numbers}"


def _wide(shown: Scene) -> bool:
    """Whether the network contains the service, too. If not, the heading is above the service, beside the network."""
    return shown.service_in_platform or shown.service.in_network


def _heading(shown: Scene, at: tuple[str, str] | None = None) -> Box:
    partitions, sign, replicas = _sum(shown.pipes)
    most = 560 if at is None else _SIDE + 40
    services = f"{shown.service.title} → {shown.platform.title}"
    lines = [f"{services}, {shown.place}"] if at is None else [services, shown.place]
    return row(
        column(
            text(shown.stack, 22, bold=True, most=most),
            *(text(line, 13, kind="soft", most=most) for line in lines),
            gap=2,
        ),
        row(
            text(partitions, 15, kind="part", bold=True, end=at is None),
            *([text(sign, 15, bold=True)] if sign else []),
            *([text(replicas, 15, kind="rep", bold=True, end=at is None)] if replicas else []),
            gap=8,
        ),
        wrap=at is not None,
        spread=True,
        margin=(0, 0, 4, 0),
        gap=8,
        at=at,
        align_content=AlignContent.START,
    )


def _architecture(shown: Scene, lines: Sequence[Lines]) -> Box:
    """Return the grid with the network, the service, the platform and the pipes. Both sides of a pipe are in the same rows."""
    nested = shown.service_in_platform
    wide = _wide(shown)
    boxes = [
        *([] if wide else [_heading(shown, ("1", "1 / 6"))]),
        _network(shown.network, ("1", f"{'2' if wide else '8'} / 11")),
        _space(10, 2),
        _part(shown.service, ("3", "4"), top=10 if nested else 2),
        _part(shown.platform, ("3", "9"), top=10 if nested else 2),
    ]
    at = 4
    for both in lines:
        found, rows = _pipe(both, at) if len(shown.pipes) <= _ROWS_OF_ONE else _short_pipe(both, at)
        boxes += found
        at += rows
    if len(shown.pipes) > MOST_PIPES:
        boxes.append(row(text(_rest(shown.pipes), 12, kind="soft"), at=(f"{at}", "4 / 10"), margin=(2, 0, 8, 0)))
        at += 1
    boxes += [_space(10 if nested else 4, at), _space(14, at + 1)]
    frames = [
        Box(paint=frame("net", 10), at=(f"1 / {at + 2}", f"{'1' if wide else '7'} / 12")),
        Box(paint=frame("box"), at=(f"2 / {at + 1}", f"{'2' if nested else '8'} / 11")),
        Box(paint=frame("box"), at=(f"{'3' if nested else '2'} / {at + (0 if nested else 1)}", "3 / 6")),
    ]
    columns = [
        "14px" if wide else "0px",
        "14px" if nested else "0px",
        "12px",
        "1fr",
        "12px",
        "50px",
        "50px",
        "12px",
        "1fr",
        "12px",
        "14px",
    ]
    return grid(*frames, *boxes, grid_template_columns=columns)


def _space(height: int, at: int) -> Box:
    return Box(size=(0, height), at=(f"{at}", "4"))


def _network(network: Network, at: tuple[str, str]) -> Box:
    zones = [_zone(zone) for zone in network.zones]
    edge = [text(each, 11, kind="soft") for each in network.edge]
    parts = [text(network.title, 13, bold=True, margin=(0, 0, 6, 0))]
    if zones:
        parts.append(row(*zones, gap=6, wrap=True, align_items=AlignItems.STRETCH))
    if edge:
        parts.append(row(*edge, wrap=True, gap=(16, 2), margin=(8, 0, 0, 0)))
    return column(*parts, at=at, margin=(10, 0, 12, 0))


def _zone(zone: Zone) -> Box:
    lines = [
        row(text(name, 11, most=120), text(addresses, 11, kind="soft", end=True), gap=6, spread=True)
        for name, addresses in zone.subnets[:_ENTRIES]
    ]
    if len(zone.subnets) > _ENTRIES:
        lines.append(text(f"{len(zone.subnets) - _ENTRIES} more", 11, kind="soft"))
    heading = [text(f"zone {zone.name}", 11, bold=True)] if zone.name else []
    return column(*heading, *lines, gap=1, padding=(6, 8, 6, 8), paint=frame("card", 6), flex_grow=1, flex_basis=0)


def _part(part: Part, at: tuple[str, str], *, top: int) -> Box:
    tags = [tag(each) for each in (*(["private"] if part.private else []), *(["protected"] if part.protected else []))]
    title = row(text(part.title, 15, bold=True, most=_SIDE - _TAG * len(tags)), row(*tags, gap=5), spread=True, gap=8)
    facts = text(", ".join(part.facts), 12, kind="soft", most=_SIDE)
    return column(title, facts, gap=3, at=at, margin=(top, 0, 10, 0))


def _pipe(both: Lines, at: int) -> tuple[list[Box], int]:
    """Return the boxes of a pipe with a row for each partition, and the number of grid rows."""
    pipe = both.pipe
    found: list[Box] = []
    sides = (
        (
            "topic",
            "4",
            both.left,
            counted(pipe.partitions, "partition", "partitions"),
            ", ".join([pipe.topic, *pipe.topic_facts]),
            [f"and {_one(pipe.dead_letters)} for dead letters"] if pipe.dead_letters else [],
        ),
        (
            "consumer",
            "9",
            both.right,
            replicas_of(pipe),
            pipe.workload,
            _some(pipe.identities),
        ),
    )
    for kind, column_of, cells, number, facts, notes in sides:
        found += [
            Box(paint=frame(kind, 6), at=(f"{at} / {at + 3}", column_of)),
            column(
                row(
                    text(pipe.name, 13, bold=True, most=170),
                    text(number, 13, kind="part" if kind == "topic" else "rep", bold=True, end=True),
                    spread=True,
                ),
                row(
                    text(facts, 11, kind="soft", most=230 if pipe.protected and kind == "topic" else 300),
                    *([tag("protected")] if pipe.protected and kind == "topic" else []),
                    spread=True,
                ),
                at=(f"{at}", column_of),
                margin=(8, 10, 8, 10),
                gap=2,
            ),
            column(cells, at=(f"{at + 1}", column_of), margin=(0, 10, 8, 10)),
            column(
                *(text(note, 11, kind="soft", most=300) for note in notes),
                at=(f"{at + 2}", column_of),
                margin=(0, 10, 8, 10),
            ),
        ]
    return [*found, _space(10, at + 3)], 4


def _one(noun: str) -> str:
    """Return a noun with `a` or `an`."""
    return f"{'an' if noun[:1].lower() in set('aeiou') else 'a'} {noun}"


def _short_pipe(both: Lines, at: int) -> tuple[list[Box], int]:
    """Return the boxes of a pipe with one row, and the number of grid rows."""
    return [
        column(both.left, at=(f"{at}", "4"), margin=(0, 0, 6, 0)),
        column(both.right, at=(f"{at}", "9"), margin=(0, 0, 6, 0)),
    ], 1


def _cards(cards: Sequence[Card]) -> Box:
    return row(*(_card(each) for each in cards), gap=10, wrap=True, align_items=AlignItems.STRETCH)


def _card(card: Card) -> Box:
    protected = [text(f"{card.protected} protected", 10, kind="protected", end=True)] if card.protected else []
    names = [name for name, _ in card.entries]
    return column(
        row(text(f"{card.title} {len(names)}", 12, bold=True), *protected, spread=True, gap=8),
        *(text(each, 11, kind="soft", most=160) for each in _some(names)),
        gap=2,
        padding=(8, 10, 8, 10),
        paint=frame("card", 6),
        flex_grow=1,
    )


def _some(names: Sequence[str]) -> list[str]:
    """Return the first names, and the number of the others."""
    if len(names) <= _ENTRIES:
        return list(names)
    return [*names[: _ENTRIES - 1], f"{len(names) - _ENTRIES + 1} more"]


def _details(shown: Scene) -> Box:
    others = sum(number for _, number in shown.details)
    most = ", ".join(f"{label} × {number}" for label, number in shown.details[:5])
    words = f"{counted(shown.resources, 'resource', 'resources')}. Not drawn: {others} ({most}, …)"
    return text(words, 11, kind="soft", most=WIDTH - 40)
