"""Plan of a stack: its resources, its outputs, and partitions = replicas for each pipe.

The recorder runs the program. No Pulumi engine, account or network is used.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from workbench.equation import Counts, Equation, check_equation, counted, equations, no_topic, refused
from workbench.recording.checks import Problem
from workbench.recording.recorder import Recording, program_file, record
from workbench.recording.records import PROVIDER_PREFIX, STACK_TYPE, RecordedResource
from workbench.stack_file import ROOT, StackFile, read_settings
from workbench.values import is_object

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

PIPELINE = "data-pipes:index:Pipeline"
"""Type of the stack's top-level component."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Resources, outputs and problems of a planned stack."""

    stack_file: StackFile
    recording: Recording
    counts: Counts
    pipes: tuple[Equation, ...]
    problems: tuple[Problem, ...]
    """Resources that the recorder rejects, and pipes whose partitions and replicas differ. Empty for a valid stack."""

    def as_json(self) -> dict[str, Any]:
        """Return the plan as `plan --json` prints it (documented in `docs/architecture.md`)."""
        return {
            "stack": self.stack_file.stack,
            "pipes": {each.pipe: each.as_json() for each in self.pipes},
            "resources": [
                {
                    "urn": resource.urn,
                    "type": resource.type,
                    "name": resource.name,
                    "parent": resource.parent,
                    "provider": resource.provider,
                    "dependencies": list(resource.dependencies),
                    "inputs": resource.inputs,
                    "protect": resource.protect,
                    "external": resource.external,
                }
                for resource in in_order(self.recording)
            ],
            "outputs": self.recording.outputs,
        }


def plan(stack_file: StackFile, *, preview: bool = False) -> Plan:
    """Run the program with a stack's settings and record the resources it registers.

    Args:
        stack_file: The stack.
        preview: Plan as `pulumi preview`: ids and computed outputs are unknown.

    Raises:
        SettingsError: The settings are wrong. The message has one line per error.
    """
    counts = Counts.of(read_settings(stack_file))  # errors of the settings name the file as the user did
    recording = record(
        program_file(ROOT / "__main__.py"),
        config=stack_file.program_config(),
        secret_keys=stack_file.secret_keys,
        stack=stack_file.stack,
        preview=preview,
        top=PIPELINE,
    )
    pipes: list[Equation] = []
    problems = list(recording.problems)
    made = equations(recording, counts)
    reported = recording.outputs.get("pipes")
    for name, output in reported.items() if is_object(reported) else ():
        found = made.get(name, no_topic(name))
        if isinstance(found, Equation):
            pipes.append(found)
        problems += check_equation(name, output, found)
    if not pipes:
        problems.append(refused("the stack output 'pipes' must have at least one pipe, got none"))
    return Plan(stack_file=stack_file, recording=recording, counts=counts, pipes=tuple(pipes), problems=tuple(problems))


def in_order(recording: Recording) -> list[RecordedResource]:
    """Return the resources in a stable order: parents before children, dependencies before dependent siblings."""
    waits = _waits_among_siblings(recording)
    found: list[RecordedResource] = []

    def visit(resource: RecordedResource) -> None:
        found.append(resource)
        for child in _sorted_siblings(recording.children(resource), waits):
            visit(child)

    visit(recording.resources[0])
    return found


def render(plan: Plan, console: Console) -> None:
    """Print a plan as a tree with a summary."""
    from rich.text import Text  # noqa: PLC0415  --json needs no rich

    recording = plan.recording
    console.print(_tree(recording))
    console.print()
    for each in plan.pipes:
        style = "bold red" if not each.holds else "bold yellow" if each.paused else "bold green"
        console.print(Text(str(each), style=style))
    made = [each for each in recording.resources if each.custom and not each.external]
    providers = sum(each.type.startswith(PROVIDER_PREFIX) for each in made)
    components = sum(not each.custom and each.type != STACK_TYPE for each in recording.resources)
    protected = sum(each.protect for each in made)
    packages = Counter(each.type.partition(":")[0] for each in made if not each.type.startswith(PROVIDER_PREFIX))
    split = ", ".join(f"{number} {package}" for package, number in sorted(packages.items()))
    console.print(
        Text(
            f"\n{counted(len(made) - providers, 'resource', 'resources')} ({split}), "
            f"{counted(components, 'component', 'components')}, {counted(providers, 'provider', 'providers')}; "
            f"{protected} protected from deletion"
        )
    )
    console.print(
        Text(
            "Nothing was contacted: the program ran without the Pulumi engine, and lookups returned typical values.",
            style="dim",
        )
    )
    for note in notes(plan):
        console.print(Text(note, style="dim"))


def notes(plan: Plan) -> Iterator[str]:
    """Return additional notes: stand-ins used for secrets, and the program's log messages."""
    if plan.stack_file.stand_ins:
        yield f"Secrets were not decrypted (a missing one is not noticed); stand-ins were used for: {', '.join(plan.stack_file.stand_ins)}."
    for message in plan.recording.messages:
        if message.severity != "error":
            yield f"{message.severity}: {message.text}"


def _tree(recording: Recording) -> Tree:
    from rich.text import Text  # noqa: PLC0415
    from rich.tree import Tree  # noqa: PLC0415

    branches: dict[str, Tree] = {}
    root: Tree | None = None
    for resource in in_order(recording):
        label = Text(resource.name, style="bold" if not resource.custom else "")
        label.append(f"  {_short_type(resource.type)}", style="cyan" if resource.custom else "magenta")
        if resource.protect and resource.custom:
            label.append("  protected", style="yellow")
        if resource.external:
            label.append("  existing, only read", style="yellow")
        parent = branches.get(resource.parent or "")
        branch = parent.add(label) if parent is not None else Tree(label, guide_style="dim")
        root = root or branch
        branches[resource.urn] = branch
    return root or Tree("nothing")


def _short_type(type_token: str) -> str:
    """Shorten a type: `aws:msk/cluster:Cluster` to `aws msk.Cluster`, `data-pipes:aws:Msk` to `aws.Msk`."""
    package, module, name = type_token.split(":", 2)
    if type_token.startswith(PROVIDER_PREFIX):
        return f"{name} provider"
    if type_token == STACK_TYPE:
        return "stack"
    if package == "data-pipes":
        return name if module == "index" else f"{module}.{name}"
    shown = module if "." in module or package == "kubernetes" else module.partition("/")[0]
    return f"{package} {shown.removesuffix('/v1')}.{name}"


def _waits_among_siblings(recording: Recording) -> Mapping[str, set[str]]:
    """For each resource, return the siblings that it or one of its descendants depends on."""
    parents = {resource.urn: resource.parent for resource in recording.resources}

    def ancestry(urn: str) -> list[str]:
        """Return the path from the stack down to a resource."""
        parent = parents.get(urn)
        return [*(ancestry(parent) if parent else []), urn]

    waits: defaultdict[str, set[str]] = defaultdict(set)
    for resource in recording.resources:
        own = ancestry(resource.urn)
        for need in (*resource.dependencies, *([resource.provider] if resource.provider else [])):
            for one, other in zip(own, ancestry(need), strict=False):
                if one != other:
                    waits[one].add(other)
                    break
    return waits


def _sorted_siblings(siblings: Sequence[RecordedResource], waits: Mapping[str, set[str]]) -> Sequence[RecordedResource]:
    by_urn = {each.urn: each for each in sorted(siblings, key=lambda each: (each.type, each.name))}
    position = {urn: index for index, urn in enumerate(by_urn)}
    sorter = TopologicalSorter({urn: waits.get(urn, set()) & by_urn.keys() for urn in by_urn})
    try:
        sorter.prepare()
    except CycleError:  # two components that depend on each other's resources have no order
        return list(by_urn.values())
    ordered: list[RecordedResource] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=position.__getitem__)
        ordered += (by_urn[urn] for urn in ready)
        sorter.done(*ready)
    return ordered
