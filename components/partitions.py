"""Changes to a topic's partitions that its service cannot undo or cannot make, refused while they are still a preview."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pulumi

PartitionRule: TypeAlias = Callable[[int, int], str | None]
"""Given the partitions there are and those wanted: why that step is refused and what to do instead, or None."""


class PartitionChangeError(Exception):
    """A change of `parallelism` that the service cannot make."""


def kafka_rule(present: int, wanted: int) -> str | None:
    """Kafka adds partitions and never removes one, since its records would be lost (Apache Kafka, Operations, Modifying topics)."""
    if wanted >= present:
        return None
    return (
        "Kafka cannot take partitions away, since their records would be lost. "
        f"Set parallelism back to {present} or more; to end with fewer, add a pipe of another name with parallelism {wanted}, "
        "point the producers at it, let the old one drain, then remove the old one (README, Removing a pipe)."
    )


def guard(pipe: str, count_property: str, rule: PartitionRule) -> pulumi.ResourceHookBinding:
    """Bind a rule to the resource that holds a pipe's partitions, in previews too, before anything has been touched.

    `count_property` is the resource's input that counts them, such as partitionCount.
    """

    def refuse(args: pulumi.ResourceHookArgs) -> None:
        present, wanted = _count(args.old_inputs, count_property), _count(args.new_inputs, count_property)
        refusal = None if present is None or wanted is None else rule(present, wanted)
        if refusal:
            raise PartitionChangeError(f"pipes.{pipe}.parallelism: cannot go from {present} to {wanted}. {refusal}")

    hook = pulumi.ResourceHook(f"{pipe}-partitions", refuse, pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_update=[hook])


def _count(inputs: Mapping[str, Any] | None, count_property: str) -> int | None:
    value = (inputs or {}).get(count_property)
    return int(value) if isinstance(value, int | float) else None
