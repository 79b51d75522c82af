"""Plans all stacks of both sides of a comparison, each side in one process with its own code."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.diff import batch
from workbench.equation import Equation

_LONGEST_LINE = 2**30
"""Longest plan in bytes: about 500 times that of 1,000 pipes."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """Plan of a stack on one side of the comparison."""

    resources: Mapping[str, Mapping[str, Any]]
    """URN -> resource, as in `plan --json`."""
    pipes: tuple[Equation, ...]
    problems: tuple[str, ...]
    """Problems that `plan` reported."""


Sides = Mapping[str, Side | str]
"""Stack -> its plan, or the reason if planning failed. A stack that does not exist is missing."""


def plan_all(before: Path, after: Path, stacks: Sequence[str], on_plan: Callable[[str], None]) -> tuple[Sides, Sides]:
    """Plan the stacks with the code of two directories, at the same time. `on_plan` is called with the name of each planned stack."""

    async def both() -> tuple[Sides, Sides]:
        return await asyncio.gather(_side(before, stacks, on_plan), _side(after, stacks, on_plan))

    return asyncio.run(both())


def names(root: Path) -> list[str]:
    """Return the names of the stacks in a directory of this repository."""
    return [path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in (root / "stacks").glob("Pulumi.*.yaml")]


async def _side(root: Path, stacks: Sequence[str], on_plan: Callable[[str], None]) -> Sides:
    waiting = [stack for stack in stacks if stack in names(root)]
    if not (root / "workbench" / "__main__.py").is_file():
        return dict.fromkeys(waiting, "this revision has no workbench, so the stack cannot be planned")
    found: dict[str, Side | str] = {}
    while waiting:
        planned = await _batch(root, waiting, on_plan)
        found |= planned
        waiting = [stack for stack in waiting if stack not in planned]
    return found


async def _batch(root: Path, stacks: Sequence[str], on_plan: Callable[[str], None]) -> Sides:
    """Plan stacks in one process. If it ends early, the stack that ended it has the reason, and the ones after it are missing."""
    found: dict[str, Side | str] = {}
    with tempfile.TemporaryFile() as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            batch.__file__,
            *stacks,
            cwd=root,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            limit=_LONGEST_LINE,
        )
        try:
            assert process.stdout is not None  # noqa: S101  it is a pipe
            async for line in process.stdout:
                done = json.loads(line)
                found[done["stack"]] = _planned(root, done)
                on_plan(done["stack"])
            status = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if len(found) < len(stacks):
            errors.seek(0)
            text = errors.read().decode(errors="replace").strip()
            found[stacks[len(found)]] = text or f"plan ended with status {status} and printed no plan"
    return found


def _planned(root: Path, done: Mapping[str, Any]) -> Side | str:
    errors = done["stderr"].strip().replace(f"{root}{os.sep}", "")
    try:
        plan = json.loads(done["stdout"])
        return Side(
            resources={resource["urn"]: resource for resource in plan["resources"]},
            pipes=tuple(
                Equation(
                    pipe=pipe,
                    partitions=each["partitions"],
                    replicas=each["replicas"],
                    paused=each.get("paused", False),
                )
                for pipe, each in sorted(plan["pipes"].items())
            ),
            problems=_problems(errors) if done["status"] else (),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return errors or f"plan ended with status {done['status']} and printed no plan"


def _problems(output: str) -> tuple[str, ...]:
    """Return the problems that `plan` lists at the end of its error output."""
    listed = re.search(r"^\d+ problems?:\n(.+)\Z", output, re.DOTALL | re.MULTILINE)
    return tuple(line.strip() for line in (listed[1] if listed else output).splitlines())
