"""The real engine on simulated clouds: preview, up, and up without a change, against a flat program with the same resources.

`python -m benchmarks.engine [--rounds N] [STACK ...]`. Both run as ordinary projects, each program in a separate process.
"""

import ctypes
import os
import resource
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.measure import ROOT, Stacks, run, write
from benchmarks.plot import bars
from tests.engine.projects import alter, as_project, configure, executor, pulumi
from workbench.rehearse.pulumi_cli import pulumi_command
from workbench.rehearse.sandbox import PARALLEL, Sandbox
from workbench.stack_file import find_stack_file

STACKS = ("aws-msk-eks", "azure-eventhubs-aks", "gcp-pubsub-gke")
UP = ("up", "--yes", "--skip-preview")
ACTIONS = {"preview": ("preview",), "up": UP, "no change": UP}
MOST = 1.1
"""Largest ratio of CPU seconds to the flat program."""
ANY_ADDRESS = "from workbench.cloud.kubernetes import cluster\ncluster.is_up = lambda *_: True"
"""For the Kubernetes provider: the flat program has the address of the recorded cluster, not of this one."""
PR_SET_CHILD_SUBREAPER = 36
"""Linux: this process inherits its descendants' orphans, so that their CPU time is counted."""

Costs = dict[tuple[str, str], list[tuple[float, float]]]
"""(action, program) -> CPU seconds and wall seconds of each round."""


def main(
    stacks: Stacks = None,
    rounds: Annotated[int, typer.Option(help="Number of rounds.", min=1)] = 1,
) -> None:
    """Measure, and exit with status 1 if a ratio is too high."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    results = {stack: _measured(stack, rounds) for stack in stacks or STACKS}
    write("engine", results)
    ratios = {stack: {action: each["cpu_ratio"] for action, each in found.items()} for stack, found in results.items()}
    bars("engine", ratios, label="CPU seconds, relative to the flat program", target=MOST)
    for stack, found in ratios.items():
        for action, ratio in found.items():
            if ratio > MOST:
                sys.exit(f"{stack}: {action}: CPU seconds must be at most {MOST} x the flat program's, got {ratio}")


def _measured(stack: str, rounds: int) -> dict[str, Any]:
    costs: Costs = defaultdict(list)
    with tempfile.TemporaryDirectory() as directory:
        flat = Path(directory)
        run(("-m", "benchmarks.flat", stack, str(flat / "__main__.py")))
        for _ in range(rounds):
            _round(stack, {"stack": ROOT, "flat": flat}, costs)
    return {action: _figures(costs[action, "stack"], costs[action, "flat"]) for action in ACTIONS}


def _round(stack: str, programs: dict[str, Path], costs: Costs) -> None:
    """Run all actions on new simulated clouds. The programs alternate."""
    command, script, stack_file = pulumi_command(print), executor(), find_stack_file(stack)
    with ExitStack() as cleanup:
        sandboxes = {
            name: as_project(cleanup.enter_context(Sandbox(lambda: None, command, stack=stack)), script, program)
            for name, program in programs.items()
        }
        for sandbox in sandboxes.values():
            configure(sandbox, stack_file)
            alter(sandbox, "kubernetes", ANY_ADDRESS)
        for action, arguments in ACTIONS.items():
            for name, sandbox in sandboxes.items():

                def act(sandbox: Sandbox = sandbox, arguments: tuple[str, ...] = arguments) -> None:
                    status, output = pulumi(sandbox, command, *arguments, "--parallel", str(PARALLEL))
                    if status != 0:
                        raise SystemExit(output)

                costs[action, name].append(_cost(act))


def _cost(act: Callable[[], None]) -> tuple[float, float]:
    """Return the CPU seconds of all processes that an action starts, and its wall seconds."""
    before, begun = _cpu_seconds(), time.monotonic()
    act()
    seconds = time.monotonic() - begun
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    return _cpu_seconds() - before, seconds


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _figures(stack: list[tuple[float, float]], flat: list[tuple[float, float]]) -> dict[str, float]:
    cpu, wall = (statistics.median(values) for values in zip(*stack, strict=True))
    flat_cpu, flat_wall = (statistics.median(values) for values in zip(*flat, strict=True))
    return {
        "cpu_seconds": round(cpu, 2),
        "flat_cpu_seconds": round(flat_cpu, 2),
        "cpu_ratio": round(cpu / flat_cpu, 2),
        "wall_seconds": round(wall, 1),
        "flat_wall_seconds": round(flat_wall, 1),
        "wall_ratio": round(wall / flat_wall, 2),
    }


if __name__ == "__main__":
    typer.run(main)
