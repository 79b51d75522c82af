"""What a stack would be: its resources, its outputs, and the equation of each of its pipes.

The program is run by the recorder; no engine, no account and no network is used.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.equation import Equation, check_equation, counted, equation, refused
from workbench.recording.checks import Problem
from workbench.recording.recorder import Recording, program_file, record
from workbench.recording.records import PROVIDER_PREFIX, STACK_TYPE, RecordedResource
from workbench.stack_file import ROOT, StackFile, read_settings
from workbench.values import is_object

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

PIPELINE = "data-pipes:index:Pipeline"
"""The one component at the top of a stack."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A stack as it would be deployed."""

    stack_file: StackFile
    recording: Recording
    pipes: tuple[Equation, ...]
    problems: tuple[Problem, ...]
    """What the recorder refuses, and pipes whose equation doesn't hold; empty for a sound stack."""

    def as_json(self) -> dict[str, Any]:
        """The plan in the form of `plan --json`; `docs/architecture.md` describes it."""
        return {
            "stack": self.stack_file.stack,
            "pipes": {each.pipe: {"partitions": each.partitions, "replicas": each.replicas} for each in self.pipes},
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
                }
                for resource in in_order(self.recording)
            ],
            "outputs": self.recording.outputs,
        }


def plan(stack_file: StackFile, *, preview: bool = False, program: Path | None = None) -> Plan:
    """Run the program with a stack's settings and record what it would make.

    Args:
        stack_file: The stack.
        preview: As `pulumi preview` sees it: ids and computed outputs are unknown.
        program: Another program than this repository's `__main__.py`.

    Raises:
        SettingsError: the settings are wrong; the message has one line per mistake.
    """
    if program is None:
        read_settings(stack_file)  # its messages name the file as the user did
    recording = record(
        program_file(program or ROOT / "__main__.py"),
        config=stack_file.program_config(),
        secret_keys=stack_file.secret_keys,
        stack=stack_file.stack,
        preview=preview,
        top=PIPELINE,
    )
    equations: list[Equation] = []
    problems = list(recording.problems)
    reported = recording.outputs.get("pipes")
    for name, output in reported.items() if is_object(reported) else ():
        found = equation(recording, name)
        if isinstance(found, Equation):
            equations.append(found)
        problems += check_equation(name, output, found)
    if not equations:
        problems.append(refused("the stack's output pipes names no pipe"))
    return Plan(stack_file=stack_file, recording=recording, pipes=tuple(equations), problems=tuple(problems))


def in_order(recording: Recording) -> list[RecordedResource]:
    """Parents before children, and among siblings what others wait for first: the same every time."""
    waits = _waits_among_siblings(recording)
    found: list[RecordedResource] = []

    def visit(resource: RecordedResource) -> None:
        found.append(resource)
        for child in _sorted_siblings(recording.children(resource), waits):
            visit(child)

    visit(recording.resources[0])
    return found


def render(plan: Plan, console: Console) -> None:
    """Print a plan for people."""
    from rich.text import Text  # noqa: PLC0415  --json needs no rich

    recording = plan.recording
    console.print(_tree(recording))
    console.print()
    for each in plan.pipes:
        console.print(Text(str(each), style="bold green" if each.partitions == each.replicas else "bold red"))
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
            "Nothing was contacted: the program ran without an engine, and lookups were answered by a table of "
            "typical values.",
            style="dim",
        )
    )
    for note in notes(plan):
        console.print(Text(note, style="dim"))


def notes(plan: Plan) -> Iterator[str]:
    """What a reader should know besides: stand-ins for secrets, and what the program logged."""
    if plan.stack_file.stand_ins:
        yield f"Secrets were not decrypted; stand-ins were used for: {', '.join(plan.stack_file.stand_ins)}."
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
    """`aws:msk/cluster:Cluster` as `aws msk.Cluster`, `data-pipes:aws:Msk` as `aws.Msk`."""
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
    """For each resource, the siblings that it, or something inside it, waits for."""
    parents = {resource.urn: resource.parent for resource in recording.resources}

    def line(urn: str) -> list[str]:
        """From the stack down to a resource."""
        above = parents.get(urn)
        return [*(line(above) if above else []), urn]

    waits: defaultdict[str, set[str]] = defaultdict(set)
    for resource in recording.resources:
        own = line(resource.urn)
        for need in (*resource.dependencies, *([resource.provider] if resource.provider else [])):
            for one, other in zip(own, line(need), strict=False):
                if one != other:
                    waits[one].add(other)
                    break
    return waits


def _sorted_siblings(siblings: Sequence[RecordedResource], waits: Mapping[str, set[str]]) -> Sequence[RecordedResource]:
    by_urn = {each.urn: each for each in sorted(siblings, key=lambda each: (each.type, each.name))}
    sorter = TopologicalSorter({urn: waits.get(urn, set()) & by_urn.keys() for urn in by_urn})
    try:
        sorter.prepare()
    except CycleError:  # two components that each wait for a part of the other have no order
        return list(by_urn.values())
    ordered: list[RecordedResource] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=list(by_urn).index)
        ordered += (by_urn[urn] for urn in ready)
        sorter.done(*ready)
    return ordered
