"""Checks of topics that were there before the stack."""

import pulumi
from pulumi import Output, RunError

from components.settings_bases import NOT_SET

FIX = "Set topic.name to its name, or remove topic.existing to make it."
"""What to do if an existing topic is not there."""


def name_key(pipe: str, name: str | None) -> str:
    """Return the key that has the name of the existing topic of a pipe: topic.name if it is set, else the pipe."""
    return f"pipes.{pipe}.topic.name" if name else f"pipes.{pipe}"


def matching(partitions: Output[int], pipe: str, parallelism: int) -> Output[int]:
    """Return the number of partitions of an existing topic. Raise RunError if it is zero, or if the stack file has another number."""

    def check(found: int) -> int:
        if found < 1:
            raise RunError(
                f"stacks/Pulumi.{pulumi.get_stack()}.yaml: pipes.{pipe}: must have an existing topic with at least 1 partition, got {found} "
                "(every partition has exactly one reader). Use another topic."
            )
        if parallelism not in (NOT_SET, found):
            raise RunError(
                f"stacks/Pulumi.{pulumi.get_stack()}.yaml: pipes.{pipe}.parallelism: must be {found}, the number of partitions of the "
                f"existing topic, got {parallelism} (every partition has exactly one reader). Set it to {found}, or remove it."
            )
        return found

    return partitions.apply(check)
