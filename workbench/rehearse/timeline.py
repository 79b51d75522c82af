"""Timeline of a rehearsal's deployment, and the longest chain of resources that depend on each other.

Minutes are simulated: typical times per resource type, on the simulated clouds' clock. The spans show the operations that the engine
ran in parallel. The chain is computed from the dependencies in the engine's state, so each confirms the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from workbench.cloud.inventory import Operation

_BAR = 40


@dataclass(frozen=True, kw_only=True)
class Span:
    """One operation on one resource, in simulated minutes since the start of its step."""

    urn: str
    operation: str
    started: float
    ended: float


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Operations of a deployment, its duration and its longest chain."""

    spans: tuple[Span, ...]
    minutes: float
    """Minutes from the first start to the last end."""
    longest_chain: float
    """Minutes of the longest chain. No deployment of these resources can be shorter."""
    chain: tuple[str, ...]
    """URNs of the longest chain, first to last."""


def timeline(operations: Sequence[Operation], resources: Iterable[Mapping[str, Any]]) -> Timeline:
    """Sort a step's operations, and find the longest chain in the engine's state after the step."""
    begin = min((operation.started for operation in operations), default=0.0)
    spans = [
        Span(
            urn=each.urn,
            operation=each.operation,
            started=round(each.started - begin, 2),
            ended=round(each.ends - begin, 2),
        )
        for each in operations
    ]
    minutes: dict[str, float] = {}
    for span in spans:
        minutes[span.urn] = minutes.get(span.urn, 0.0) + span.ended - span.started
    length, chain = longest_chain({str(each["urn"]): dependencies(each) for each in resources}, minutes)
    return Timeline(
        spans=tuple(sorted(spans, key=lambda span: (span.started, span.ended, span.urn))),
        minutes=max((span.ended for span in spans), default=0.0),
        longest_chain=round(length, 2),
        chain=chain,
    )


def dependencies(resource: Mapping[str, Any]) -> frozenset[str]:
    """Return the URNs that a resource of the engine's state waits for: its dependencies, its provider and its parent."""
    found: set[str] = set(resource.get("dependencies") or [])
    by_property: Mapping[str, list[str] | None] = resource.get("propertyDependencies") or {}
    for urns in by_property.values():
        found.update(urns or [])
    provider, parent = resource.get("provider"), resource.get("parent")
    if provider:
        found.add(str(provider).rsplit("::", 1)[0])
    if parent:
        found.add(str(parent))
    return frozenset(found - {str(resource["urn"])})


def longest_chain(
    waits_for: Mapping[str, Iterable[str]], minutes: Mapping[str, float]
) -> tuple[float, tuple[str, ...]]:
    """Return the chain of resources with the largest sum of minutes. Resources that take no time are left out."""
    best: dict[str, tuple[float, tuple[str, ...]]] = {}

    def ending_in(urn: str) -> tuple[float, tuple[str, ...]]:
        if urn not in best:
            before = max((ending_in(other) for other in sorted(waits_for.get(urn, ()))), default=(0.0, ()))
            own = minutes.get(urn, 0.0)
            best[urn] = (before[0] + own, (*before[1], urn)) if own else before
        return best[urn]

    return max((ending_in(urn) for urn in sorted(waits_for)), default=(0.0, ()))


def short(urn: str) -> str:
    """Return a short name of a resource: ``msk/cluster orders``, ``eventhub/eventHub orders``, ``Deployment orders``."""
    _, _, path, name = urn.split("::", 3)
    package, _, kind = path.rsplit("$", 1)[-1].partition(":")
    module, _, plain = kind.rpartition(":")
    if package == "kubernetes":
        return f"{plain} {name}"
    return f"{module if '/' in module else f'{module}/{plain[:1].lower()}{plain[1:]}'} {name}"


def render(shown: Timeline, console: Console) -> None:
    """Print one line with a bar per resource, then the longest chain."""
    scale = _BAR / shown.minutes if shown.minutes else 0.0
    on_chain = set(shown.chain)
    for span in shown.spans:
        start = min(int(span.started * scale), _BAR - 1)
        length = max(1, round((span.ended - span.started) * scale))
        bar = (" " * start + "█" * length)[:_BAR].ljust(_BAR)
        style = "bold" if span.urn in on_chain else ""
        line = Text(f"  {span.started:6.1f} {span.ended:6.1f}  ")
        line.append(bar, style="cyan" if span.urn in on_chain else "blue")
        line.append(f"  {short(span.urn)}", style=style)
        console.print(line)
    console.print(f"\nLongest chain, {shown.longest_chain:g} of {shown.minutes:g} simulated minutes:")
    console.print("  " + " → ".join(short(urn) for urn in shown.chain))
