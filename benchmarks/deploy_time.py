"""Deploy time in simulated minutes, against the longest chain, one resource after another, and one module after another.

`python -m benchmarks.deploy_time [--rounds N] [STACK ...]`. The real engine deploys on simulated clouds with typical times per resource type.
The two other orders are computed from the same times.
"""

import sys
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer

from benchmarks.measure import Stacks, write
from benchmarks.plot import bars
from tests.engine.projects import configure
from workbench.rehearse.pulumi_cli import pulumi_command
from workbench.rehearse.rehearse import program
from workbench.rehearse.sandbox import Sandbox
from workbench.rehearse.timeline import Timeline, dependencies, longest_chain, timeline
from workbench.stack_file import find_stack_file

STACKS = ("aws-msk-eks", "azure-eventhubs-aks", "gcp-pubsub-gke")
MOST = 1.05
"""Largest ratio of the deploy time to the longest chain."""
NETWORK, CLUSTER, STREAMING, CONSUMERS = MODULES = ("network", "cluster", "streaming", "consumers")
"""The usual order of modules. Each one starts when the one before has ended."""
MODULE_OF = {
    "Network": NETWORK,
    **dict.fromkeys(("Aks", "Ecs", "Eks", "Gke", "Registry"), CLUSTER),
    "Pipe": CONSUMERS,
}
"""Component of the pipeline -> module. All other components are streaming services."""


def main(
    stacks: Stacks = None,
    rounds: Annotated[int, typer.Option(help="Number of rounds.", min=1)] = 1,
) -> None:
    """Measure, and exit with status 1 if a deployment takes too long."""
    results = {stack: _measured(stack, rounds) for stack in stacks or STACKS}
    write("deploy_time", results)
    shown = ("longest_chain", "measured", "modules", "one_by_one")
    bars(
        "deploy_time", {stack: {key: found[key] for key in shown} for stack, found in results.items()}, label="minutes"
    )
    for stack, found in results.items():
        if found["to_longest_chain"] > MOST:
            sys.exit(f"{stack}: must deploy within {MOST} x its longest chain, got {found['to_longest_chain']}")


def _measured(stack: str, rounds: int) -> dict[str, Any]:
    deployments = [_deployed(stack) for _ in range(rounds)]
    # A stall of the machine can only lengthen a deployment in simulated time, so the shortest one is the engine's.
    deployed, resources = min(deployments, key=lambda each: each[0].minutes)
    own = {span.urn: span.ended - span.started for span in deployed.spans}
    measured, modules, one_by_one = deployed.minutes, _module_after_module(resources, own), sum(own.values())
    return {
        "measured": measured,
        "rounds": [each.minutes for each, _ in deployments],
        "longest_chain": deployed.longest_chain,
        "modules": round(modules, 2),
        "one_by_one": round(one_by_one, 2),
        "to_longest_chain": round(measured / deployed.longest_chain, 3),
        "to_modules": round(measured / modules, 3),
        "to_one_by_one": round(measured / one_by_one, 3),
    }


def _deployed(stack: str) -> tuple[Timeline, list[Mapping[str, Any]]]:
    stack_file = find_stack_file(stack)
    with Sandbox(program, pulumi_command(print), stack=stack) as sandbox:
        configure(sandbox, stack_file)
        sandbox.run("up")
        resources = sandbox.resources()
        return timeline(sandbox.inventory.operations(), resources), resources


def _module_after_module(resources: Iterable[Mapping[str, Any]], minutes: Mapping[str, float]) -> float:
    """Return the sum of the modules' longest chains."""
    waits = {str(each["urn"]): dependencies(each) for each in resources}
    chains = dict.fromkeys(MODULES, 0.0)
    for module in MODULES:
        within = {urn: waits[urn] for urn in waits if _module(urn) == module}
        chains[module], _ = longest_chain(within, {urn: minutes[urn] for urn in within.keys() & minutes.keys()})
    return sum(chains.values())


def _module(urn: str) -> str:
    """Return the module of a resource: that of its component in the pipeline. Providers outside of components take no time."""
    components = [part.rsplit(":", 1)[-1] for part in urn.split("::")[2].split("$") if part.startswith("data-pipes:")]
    return MODULE_OF.get(components[1], STREAMING) if len(components) > 1 else NETWORK


if __name__ == "__main__":
    typer.run(main)
