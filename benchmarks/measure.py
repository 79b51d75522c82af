"""Measures programs: CPU seconds and memory of a process with its children, in interleaved rounds."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

ROOT = Path(__file__).resolve().parent.parent


def _known(stacks: list[str] | None) -> list[str] | None:
    for stack in stacks or ():
        if not (ROOT / "stacks" / f"Pulumi.{stack}.yaml").exists():
            raise typer.BadParameter(f"must be the name of a stack in stacks/, got {stack}.")
    return stacks


Stacks = Annotated[
    list[str] | None, typer.Argument(callback=_known, help="Names of stacks. By default one of each cloud.")
]
"""Argument of benchmarks that measure stacks."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Cost of one run."""

    cpu_seconds: float
    """User and system time."""
    memory_mib: float
    """Peak resident memory of the largest process."""


def run(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a Python command in the repository and return its cost. Its output is thrown away.

    The caller must be small: Linux counts the memory of the process that starts another one as that one's, too.

    Raises:
        SystemExit: The command failed.
    """
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603  this repository's programs
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(command)}: status {process.returncode}\n{errors.read().decode()}")
    return Cost(cpu_seconds=usage.ru_utime + usage.ru_stime, memory_mib=usage.ru_maxrss / 1024)


def interleaved(variants: Mapping[str, Callable[[], Cost]], rounds: int) -> Mapping[str, Cost]:
    """Run all variants once per round, so that other load affects all of them. Return the medians."""
    costs: dict[str, list[Cost]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, variant in variants.items():
            costs[name].append(variant())
    return {
        name: Cost(
            cpu_seconds=statistics.median(each.cpu_seconds for each in found),
            memory_mib=statistics.median(each.memory_mib for each in found),
        )
        for name, found in costs.items()
    }


def write(name: str, results: Mapping[str, Any]) -> None:
    """Print a benchmark's results as JSON and write them to .bench/NAME.json."""
    text = json.dumps(results, indent=2)
    directory = ROOT / ".bench"
    directory.mkdir(exist_ok=True)
    (directory / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(f"{text}\n")
