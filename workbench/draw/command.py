"""The command `draw`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.output import fail_with, guarded
from workbench.output_file import check, write
from workbench.stack_file import find_stack_file


def draw(
    stack: Annotated[str, typer.Argument(help="Name of a stack in stacks/, or path of a stack file.")],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="File to write, which ends in .svg; - is standard output. [default: STACK.svg]"
        ),
    ] = None,
) -> None:
    """Draw the architecture of a stack as SVG, from the resources that it would create.

    Needs no account, no Pulumi engine and no network. Exit status: 1 if the plan has problems, 2 if the stack file or an option is
    wrong.
    """

    def run() -> None:
        stack_file = find_stack_file(stack)
        check(output, ".svg", stack_file.stack)
        from workbench import plan as planning  # noqa: PLC0415  the SDKs take seconds to import
        from workbench.draw.picture import draw as drawing  # noqa: PLC0415  as above

        made = planning.plan(stack_file)
        write(output or Path(f"{stack_file.stack}.svg"), drawing(made))
        fail_with([str(problem) for problem in made.problems])

    guarded(run)
