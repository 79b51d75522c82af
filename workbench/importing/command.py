"""The command `import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.output import fail_with, guarded
from workbench.stack_file import find_stack_file


def import_(
    stack: Annotated[str, typer.Argument(help="Name of a stack in stacks/, or path of a stack file.")],
    pipe: Annotated[str, typer.Argument(help="Name of a pipe with topic: {existing: true}.")],
    *,
    state: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Output of `pulumi stack export`. By default this command runs it."),
    ] = None,
) -> None:
    """Print the `pulumi import` commands that bring the existing topic of a pipe under management.

    Deploy the pipe with `topic: {existing: true}`, run this command and then the commands that it prints. Remove `existing` from the
    stack file, and set parallelism and the topic's present settings. `pulumi preview` then shows no change of the topic.

    The commands are on standard output, the steps on standard error. Changes nothing. Exit status: 1 if there is no state of
    the stack, or it does not have the topic, 2 if the stack file or the pipe is wrong.
    """

    def run() -> None:
        stack_file = find_stack_file(stack)
        from workbench.importing import importing  # noqa: PLC0415  the SDKs take seconds to import
        from workbench.importing.state import read_state  # noqa: PLC0415  as above

        try:
            found = importing.imports(stack_file, pipe, read_state(stack_file.stack, state))
        except importing.ImportingError as error:
            fail_with([str(error)])
            return
        for topic in found.topics:
            for line in topic.commands(stack_file.stack):
                typer.echo(line)
        for step in importing.steps(pipe, found):
            typer.echo(step, err=True)

    guarded(run)
