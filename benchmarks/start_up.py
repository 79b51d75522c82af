"""Start-up: CPU time and memory of `plan`, and of the program, against a flat program with the same resources.

`python -m benchmarks.start_up [--rounds N] [STACK ...]`. All run under the same replacement of the engine, so that only the programs differ.
"""

import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.measure import ROOT, Stacks, interleaved, run, write
from benchmarks.plot import bars

STACKS = ("aws-msk-eks", "azure-eventhubs-aks", "gcp-pubsub-gke")
MOST_CPU, MOST_MEMORY = 1.5, 1.3
"""Largest ratios to the flat program."""

HOST = """
import json, sys
from pathlib import Path
from workbench.recording.recorder import program_file, record
from workbench.stack_file import find_stack_file
stack = find_stack_file(sys.argv[1])
record(program_file(Path(sys.argv[2])), config=stack.program_config(), secret_keys=stack.secret_keys, stack=stack.stack)
"""
"""Runs a program as Pulumi's language host does: alone in a process, with garbage collection unless the program switches it off."""


def main(
    stacks: Stacks = None,
    rounds: Annotated[int, typer.Option(help="Number of rounds.", min=1)] = 3,
) -> None:
    """Measure, and exit with status 1 if a ratio is too high."""
    results = {stack: _measured(stack, rounds) for stack in stacks or STACKS}
    write("start_up", results)
    ratios = {stack: {name: each[name]["cpu_ratio"] for name in ("plan", "program")} for stack, each in results.items()}
    bars("start_up", ratios, label="CPU seconds, relative to the flat program", target=MOST_CPU)
    for stack, each in results.items():
        for name in ("plan", "program"):
            if each[name]["cpu_ratio"] > MOST_CPU or each[name]["memory_ratio"] > MOST_MEMORY:
                sys.exit(
                    f"{stack}: {name} must cost at most {MOST_CPU} times the CPU and {MOST_MEMORY} times the memory"
                )


def _measured(stack: str, rounds: int) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as directory:
        flat = Path(directory) / "flat.py"
        run(("-m", "benchmarks.flat", stack, str(flat)))
        hosted = partial(run, environment={"PULUMI_CONFIG": "{}"})
        costs = interleaved(
            {
                "flat": partial(hosted, _host(stack, flat)),
                "program": partial(hosted, _host(stack, ROOT / "__main__.py")),
                "plan": partial(run, ("-m", "workbench", "plan", stack, "--json")),
            },
            rounds,
        )
    return {
        name: {
            "cpu_seconds": round(each.cpu_seconds, 2),
            "cpu_ratio": round(each.cpu_seconds / costs["flat"].cpu_seconds, 2),
            "memory_mib": round(each.memory_mib),
            "memory_ratio": round(each.memory_mib / costs["flat"].memory_mib, 2),
        }
        for name, each in costs.items()
    }


def _host(stack: str, program: Path) -> Sequence[str]:
    return ("-c", HOST, stack, str(program))


if __name__ == "__main__":
    typer.run(main)
