"""The command `report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.output import FlagError, fail_with, guarded
from workbench.output_file import check, write
from workbench.stack_file import find_stack_file

Base = Annotated[str | None, typer.Option(metavar="REVISION", help="Git revision to compare with, such as main.")]
Rehearsal = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Output of `rehearse STACK --json`, for the deployment's timeline.")
]


def report(
    stack: Annotated[str, typer.Argument(help="Name of a stack in stacks/, or path of a stack file.")],
    *,
    base: Base = None,
    rehearsal: Rehearsal = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="File to write, which ends in .html; - is standard output. [default: STACK.html]"
        ),
    ] = None,
) -> None:
    """Write a report of a stack as one HTML file: picture, partitions = replicas, permissions, resources.

    Needs no account, no Pulumi engine and no network, and neither does the file. Secrets are masked. Exit status: 1 if the plan has
    problems, 2 if the stack file or an option is wrong.
    """

    def run() -> None:
        stack_file = find_stack_file(stack)
        check(output, ".html", stack_file.stack)
        from workbench import plan as planning  # noqa: PLC0415  the SDKs take seconds to import
        from workbench.diff import diff as differing  # noqa: PLC0415  as above
        from workbench.report import report as reporting  # noqa: PLC0415  as above

        rehearsed = reporting.read_rehearsal(rehearsal, stack_file.stack) if rehearsal else None
        try:
            compared = differing.diff(base, stack_file.stack).stacks[0] if base else None
        except differing.RevisionError as error:
            raise FlagError(str(error)) from error
        made = planning.plan(stack_file)
        known = reporting.Base(revision=base, diff=compared) if base and compared else None
        write(output or Path(f"{stack_file.stack}.html"), reporting.report(made, base=known, rehearsal=rehearsed))
        fail_with([str(problem) for problem in made.problems])

    guarded(run)
