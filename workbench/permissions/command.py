"""The command `permissions`."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.output import fail_with, guarded
from workbench.stack_file import find_stack_file


def permissions(
    stack: Annotated[str, typer.Argument(help="Name of a stack in stacks/, or path of a stack file.")],
    *,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only the actions that read, for `pulumi preview --refresh`.")
    ] = False,
) -> None:
    """Print the least policy of the identity that deploys a stack: an IAM policy (AWS) or a custom role (Azure, GCP).

    What the policy cannot contain is on standard error. Needs no account, no Pulumi engine and no network. Exit status: 1 if the
    plan has problems, 2 if the stack file is wrong.
    """

    def run() -> None:
        stack_file = find_stack_file(stack)
        from workbench import plan as planning  # noqa: PLC0415  the SDKs take seconds to import
        from workbench.permissions import permissions as permitting  # noqa: PLC0415  as above

        made = planning.plan(stack_file)
        fail_with([str(problem) for problem in made.problems])
        found = permitting.permissions(made, preview=preview)
        typer.echo(found.policy)
        for note in found.notes:
            typer.echo(note, err=True)

    guarded(run)
