"""Result of a rehearsal: its steps, its problems and its printed report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console

from workbench.diff.resources import walk
from workbench.rehearse import timeline as timelines
from workbench.rehearse.timeline import Timeline

SIMULATED = "The clouds of this rehearsal are simulated on this machine; the Pulumi engine is the real one."

RUNS = frozenset({"kubernetes:batch/v1:Job"})
"""Resource types that are replaced in order to run again. They hold no data."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Progress event of a rehearsal."""

    step: str
    urn: str | None = None
    """Resource of the operation. None for the step itself."""
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
    """Kubernetes API server of a rehearsal."""

    version: str | None
    """Version of a real server. None if the server is simulated."""

    @property
    def kind(self) -> str:
        """The value in the JSON output: real or simulated."""
        return "real" if self.version else "simulated"

    def __str__(self) -> str:
        if self.version:
            return (
                f"The Kubernetes API server of this rehearsal is a real one ({self.version}); "
                "its controllers and pods are simulated."
            )
        return (
            "The Kubernetes API server of this rehearsal is simulated, too. Run `make test-kubernetes` once to build a real one; "
            "later rehearsals use it."
        )


@dataclass(frozen=True, kw_only=True)
class Step:
    """Result of one step of the rehearsal."""

    step: str
    changes: Mapping[str, int]
    """Number of resources that were created, updated, replaced, deleted and unchanged."""
    updated: tuple[str, ...]
    replaced: tuple[str, ...]
    seconds: float
    """Real seconds on this machine."""
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the JSON output (documented in docs/architecture.md)."""
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
    """URNs of the resources that were still in the simulated clouds after destroy."""
    problems: tuple[str, ...]
    """Failed checks. Empty if the rehearsal passed."""
    api_server: ApiServer | None
    """API server with the Kubernetes objects. None if the stack has none."""
    adopted: int = 0
    """Number of objects that were there before the stack and that it reads."""

    def as_json(self) -> dict[str, Any]:
        """Return the JSON output (documented in docs/architecture.md)."""
        return {
            "stack": self.stack,
            "simulated": True,
            "kubernetes": self.api_server.kind if self.api_server else None,
            "steps": [step.as_json() for step in self.steps],
            "deploy": {
                "minutes": self.deploy.minutes,
                "longestChain": self.deploy.longest_chain,
                "chain": list(self.deploy.chain),
                "spans": [asdict(span) for span in self.deploy.spans],
            },
            "leftAfterDestroy": len(self.left),
            "adopted": self.adopted,
        }


def problems(
    *,
    again: Step,
    drifted: tuple[str, ...],
    grow: Step,
    left: tuple[str, ...],
    adopted: Sequence[str] = (),
    grows: bool = True,
) -> list[str]:
    """Return the failed checks of a rehearsal.

    ``drifted`` are the resources that ``drift`` found after the refresh. ``adopted`` are the objects that were there before and are
    now changed or gone. ``grows`` is False if the growth step was skipped.
    """
    found: list[str] = []
    if changed := sum(n for kind, n in again.changes.items() if kind != "same"):
        found.append(
            f"a second up with unchanged settings changed {changed} resources: {_names(again.updated + again.replaced)}"
        )
    if drifted:
        found.append(f"a refresh changed {len(drifted)} resources: {_names(drifted)}")
    lost = tuple(urn for urn in grow.replaced if urn.split("::")[2].rsplit("$", 1)[-1] not in RUNS)
    if lost or grow.changes["delete"]:
        found.append(f"growth replaced or deleted resources: {_names(lost)}")
    if grows and not (grow.updated or grow.changes["create"]):
        found.append("growth changed nothing")
    if adopted:
        found.append(f"the rehearsal changed {len(adopted)} adopted objects: {', '.join(adopted)}")
    if left:
        found.append(f"destroy left {len(left)} resources in the simulated clouds: {_names(left)}")
    return found


def drift(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the resources of the engine's state that a refresh found missing or different from the program.

    Existing resources that a program only reads are left out. Changes that a program ignores are left out, too: the azure-native
    and Kubernetes providers do not implement `ignoreChanges`, so the engine reports them. The next up leaves them unchanged.
    """
    found = {str(each["urn"]): each.get("inputs", {}) for each in after}
    return tuple(
        str(each["urn"])
        for each in before
        if not each.get("external")
        and (
            str(each["urn"]) not in found
            or any(
                not _is_inside(path, each.get("ignoreChanges") or ())
                for path, _, _ in walk(each.get("inputs", {}), found[str(each["urn"])])
            )
        )
    )


def _is_inside(path: str, parents: Iterable[str]) -> bool:
    return any(path == parent or path.startswith((f"{parent}.", f"{parent}[")) for parent in parents)


def describe(step: Step) -> str:
    """Describe a step in one line."""
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
        growth = "growth replaced nothing" + (" except a job that runs again" if grew.replaced else "")
    refreshed = next(step for step in rehearsal.steps if step.step == "refresh")
    ignored = " except what the program ignores" if refreshed.updated else ""
    kept = f", the {rehearsal.adopted} adopted objects are as they were before" if rehearsal.adopted else ""
    console.print(
        f"Rehearsed: a second up changed nothing, a refresh found nothing changed{ignored}, {growth}, destroy left nothing{kept}.",
        style="green",
    )


def _names(urns: tuple[str, ...]) -> str:
    return ", ".join(timelines.short(urn) for urn in urns) or "the engine named none"
