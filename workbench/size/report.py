"""Output of `size`: the lines of one service, a table of all services, and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from components.load import MB, UTILISATION, Load, number
from components.section import key
from workbench.size.size import Request, Sized


def heading(request: Request) -> str:
    """Return the load in one line."""
    load = request.load
    return (
        f"{number(load.messages_per_second)} messages/s of {number(load.bytes)} bytes = {number(load.throughput / MB)} MB/s, kept for "
        f"{number(request.retention_hours)} hours; {number(load.handling_milliseconds)} ms each = {number(load.busy)} busy consumers"
    )


def render(found: Sequence[Sized], request: Request, console: Console, *, detailed: bool) -> None:
    """Print the sizes: all lines of each, or a table with one row for each."""
    console.print(Text(heading(request)))
    if detailed:
        for sized in found:
            render_lines(sized, console)
        return
    console.print()
    render_table(found, console)
    console.print()
    for note in notes(found):
        console.print(Text(f"- {note}"))


def render_lines(sized: Sized, console: Console) -> None:
    """Print the needs of one service with formula and source."""
    console.print(Text(f"\n{sized.choice.title}", style="bold"))
    if sized.config is None:
        console.print(Text(refusal(sized)))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("needed", "", "formula", "limit (page, date)"):
        table.add_column(column, justify="right" if column == "needed" else "left", overflow="fold")
    deciding = {id(need) for need in sized.deciding}
    for need in sized.needs:
        style = "bold" if id(need) in deciding else "dim"
        table.add_row(number(need.amount), need.what, need.formula, need.source, style=style)
    console.print(table)
    for note in sized.notes:
        console.print(Text(f"- {note}"))


def render_table(found: Sequence[Sized], console: Console) -> None:
    """Print one row for each service."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("cloud", "service", "tier", "parallelism", "decided by", "service size", "platform"):
        table.add_column(column, justify="right" if column == "parallelism" else "left", overflow="fold")
    for sized in found:
        choice = sized.choice
        names = (choice.cloud, choice.service, choice.variant.name if choice.variant else "")
        if sized.config is None:
            table.add_row(*names, "no", "", refusal(sized), "", style="dim")
        else:
            table.add_row(*names, number(sized.parallelism or 0), decided_by(sized), service_size(sized), nodes(sized))
    console.print(table)


def refusal(sized: Sized) -> str:
    """Return why a service has no size, and the largest rate that it carries."""
    if sized.largest is None:
        return sized.reason
    return f"At most {number(int(sized.largest))} messages/s. {sized.reason}"


def decided_by(sized: Sized) -> str:
    """Return the bottleneck that decides the parallelism."""
    return next((need.limit for need in sized.deciding if need.key[-1:] == ("parallelism",)), "")


def service_size(sized: Sized) -> str:
    """Return the amounts of the streaming section."""
    own = [f"{number(need.amount)} {need.what}" for need in sized.deciding if need.key[:1] == ("streaming",)]
    return ", ".join(own) or "no capacity to set"


def nodes(sized: Sized) -> str:
    """Return the amounts of the platform."""
    platform = sized.choice.platform
    own = [
        f"{number(need.amount)} {need.what}"
        for need in sized.needs
        if need.limit in ("nodes", "tasks of an ECS service")
    ]
    return ", ".join(own) or platform


def notes(found: Sequence[Sized]) -> Sequence[str]:
    """Return the notes that every row has, and how headroom is counted."""
    shared = next((sized.notes[0] for sized in found if decided_by(sized) == "handling"), "")
    return [
        *([shared] if shared else ()),
        f"Consumers are planned to be busy {UTILISATION:.0%} of the time. For formulas and sources, add --service.",
    ]


def as_json(found: Sequence[Sized], request: Request) -> dict[str, Any]:
    """Return the sizes as `size --json` prints them (docs/sizing.md)."""
    return {
        "load": {**_load(request.load), "retentionHours": request.retention_hours},
        "services": [_service(sized) for sized in found],
    }


def _load(load: Load) -> dict[str, Any]:
    return {**load.model_dump(by_alias=True), "busyConsumers": load.busy}


def _service(sized: Sized) -> dict[str, Any]:
    choice = sized.choice
    return {
        "cloud": choice.cloud,
        "service": choice.service,
        "tier": choice.variant.name if choice.variant else "",
        "platform": choice.platform,
        "fits": sized.config is not None,
        "reason": sized.reason,
        "largestMessagesPerSecond": None if sized.largest is None else int(sized.largest),
        "parallelism": sized.parallelism,
        "needs": [
            {
                "key": key(need.key),
                "amount": need.amount,
                "what": need.what,
                "formula": need.formula,
                "source": need.source,
                "decides": need in sized.deciding,
            }
            for need in sized.needs
        ],
        "notes": list(sized.notes),
        "config": sized.config,
    }
