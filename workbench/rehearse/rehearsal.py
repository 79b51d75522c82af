"""What a rehearsal found, how it is judged, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from workbench.diff.resources import walk
from workbench.rehearse import timeline as timelines
from workbench.rehearse.timeline import Timeline

SIMULATED = "The clouds of this rehearsal are simulated on this machine; the Pulumi engine is the real one."

RUNS = frozenset({"kubernetes:batch/v1:Job"})
"""What is replaced in order to run again, and holds nothing."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that progress displays may show."""

    step: str
    urn: str | None = None
    """The resource that something happens to; None for the step itself."""
    operation: str = ""
    done: bool = False
    text: str = ""

    def __str__(self) -> str:
        if self.urn is None:
            return self.text
        return f"{self.step}: {timelines.short(self.urn)} {self.operation}{' done' if self.done else ''}"


OnEvent = Callable[[Event], None]


@dataclass(frozen=True)
class ApiServer:
    """The Kubernetes API server of a rehearsal."""

    version: str | None
    """Of a real one; None of one that is simulated."""

    @property
    def kind(self) -> str:
        """As in the JSON."""
        return "real" if self.version else "simulated"

    def __str__(self) -> str:
        if self.version:
            return (
                f"The Kubernetes API server of this rehearsal is a real one ({self.version}); "
                "its controllers and pods are simulated."
            )
        return (
            "The Kubernetes API server of this rehearsal is simulated, too; `make test-kubernetes` builds a real one, once, "
            "and every later rehearsal uses it."
        )


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one step of the rehearsal did."""

    step: str
    changes: Mapping[str, int]
    """Resources created, updated, replaced, deleted and left the same."""
    updated: tuple[str, ...]
    replaced: tuple[str, ...]
    seconds: float
    """Real seconds on this machine."""
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """As docs/architecture.md states it."""
        return {
            "step": self.step,
            "changes": dict(self.changes),
            "updated": list(self.updated),
            "replaced": list(self.replaced),
            "seconds": round(self.seconds, 1),
        }


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """A rehearsal from preview to destroy."""

    stack: str
    stand_ins: tuple[str, ...]
    steps: tuple[Step, ...]
    deploy: Timeline
    left: tuple[str, ...]
    """URNs of what was still in the simulated clouds after destroy."""
    problems: tuple[str, ...]
    """What was not as it must be; empty when the rehearsal passed."""
    api_server: ApiServer | None
    """What kept the Kubernetes objects; None for a stack that has none."""

    def as_json(self) -> dict[str, Any]:
        """As docs/architecture.md states it."""
        return {
            "stack": self.stack,
            "simulated": True,
            "kubernetes": self.api_server.kind if self.api_server else None,
            "steps": [step.as_json() for step in self.steps],
            "deploy": {
                "minutes": self.deploy.minutes,
                "longestChain": self.deploy.longest_chain,
                "chain": list(self.deploy.chain),
            },
            "leftAfterDestroy": len(self.left),
        }


def problems(
    *, again: Step, drifted: tuple[str, ...], grow: Step, left: tuple[str, ...], grows: bool = True
) -> list[str]:
    """What a rehearsal found that must not be.

    ``drifted`` is what ``drift`` found after the refresh; ``grows`` says whether the growth step was to grow anything.
    """
    found: list[str] = []
    if changed := sum(n for kind, n in again.changes.items() if kind != "same"):
        found.append(
            f"a second up without any change of settings changed {changed} resources: {_names(again.updated + again.replaced)}"
        )
    if drifted:
        found.append(f"a refresh changed {len(drifted)} resources: {_names(drifted)}")
    lost = tuple(urn for urn in grow.replaced if urn.split("::")[2].rsplit("$", 1)[-1] not in RUNS)
    if lost or grow.changes["delete"]:
        found.append(f"growth replaced or deleted resources: {_names(lost)}")
    if grows and not (grow.updated or grow.changes["create"]):
        found.append("growth changed nothing")
    if left:
        found.append(f"destroy left {len(left)} resources in the simulated clouds: {_names(left)}")
    return found


def drift(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The resources of the engine's state that a refresh found gone, or otherwise than their program wants them.

    What a program only reads is left out, and what it ignores: a provider that knows nothing of `ignoreChanges`, as azure-native
    and the one for Kubernetes, lets the engine report it, and the next up leaves it alone.
    """
    found = {str(each["urn"]): each.get("inputs", {}) for each in after}
    return tuple(
        str(each["urn"])
        for each in before
        if not each.get("external")
        and (
            str(each["urn"]) not in found
            or any(
                not _lies_in(path, each.get("ignoreChanges") or ())
                for path, _, _ in walk(each.get("inputs", {}), found[str(each["urn"])])
            )
        )
    )


def _lies_in(path: str, places: Iterable[str]) -> bool:
    return any(path == place or path.startswith((f"{place}.", f"{place}[")) for place in places)


def describe(step: Step) -> str:
    """A step in one line."""
    counts = ", ".join(f"{n} {kind}" for kind, n in step.changes.items() if n) or "nothing"
    note = f"  ({step.note})" if step.note else ""
    return f"{step.step:8} {counts}  {step.seconds:.1f} s{note}"


def render(rehearsal: Rehearsal, console: Console) -> None:
    """Print the timeline of the deployment, the longest chain and the verdict."""
    console.print(f"\nDeployment of {rehearsal.stack} in simulated minutes (start, end); bold is the longest chain:\n")
    timelines.render(rehearsal.deploy, console)
    if rehearsal.stand_ins:
        console.print(f"\nSecrets replaced by stand-ins: {', '.join(rehearsal.stand_ins)}", markup=False)
    console.print(f"\n{SIMULATED}")
    if rehearsal.api_server:
        console.print(str(rehearsal.api_server), markup=False, soft_wrap=True)
    if rehearsal.problems:
        return
    grew = next(step for step in rehearsal.steps if step.step == "grow")
    growth = "growth was not rehearsed"
    if grew.updated or grew.changes["create"]:
        growth = "growth replaced nothing" + (" but a job that runs again" if grew.replaced else "")
    refreshed = next(step for step in rehearsal.steps if step.step == "refresh")
    ignored = " but what the program ignores" if refreshed.updated else ""
    console.print(
        f"Rehearsed: a second up changed nothing, a refresh found nothing changed{ignored}, {growth}, destroy left nothing.",
        style="green",
    )


def _names(urns: tuple[str, ...]) -> str:
    return ", ".join(timelines.short(urn) for urn in urns) or "none is named by the engine"
