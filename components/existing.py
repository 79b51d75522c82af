"""Checks of topics that were there before the stack."""

import pulumi
from pulumi import Output, RunError

from components.settings_bases import NOT_SET


def matching(partitions: Output[int], pipe: str, parallelism: int) -> Output[int]:
    """Return the number of partitions of an existing topic. Raise RunError if the stack file has another number."""

    def check(found: int) -> int:
        if parallelism not in (NOT_SET, found):
            raise RunError(
                f"stacks/Pulumi.{pulumi.get_stack()}.yaml: pipes.{pipe}.parallelism: must be {found}, the number of partitions of the "
                f"existing topic, got {parallelism} (every partition has exactly one reader). Set it to {found}, or remove it."
            )
        return found

    return partitions.apply(check)
