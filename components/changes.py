"""Changes that a service cannot make or undo, refused while they are still a preview."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

import pulumi

ChangeRule: TypeAlias = Callable[[int, int], str | None]
"""Given the number that there is and the one wanted: why that step is refused and what to do instead, or None."""


class ChangeRefusedError(Exception):
    """A change of a setting that the service cannot make."""


def kafka_partitions(present: int, wanted: int) -> str | None:
    """Kafka adds partitions and never removes one, since its records would be lost (Apache Kafka, Operations)."""
    if wanted >= present:
        return None
    return (
        "Kafka cannot take partitions away, since their records would be lost. "
        f"Set parallelism back to {present} or more; to end with fewer, add a pipe of another name with parallelism {wanted}, "
        "point the producers at it, let the old one drain, then remove the old one (README, Removing a pipe)."
    )


def guard(name: str, setting: str, property_path: str, rule: ChangeRule) -> pulumi.ResourceHookBinding:
    """Bind a rule to the resource that it is about, in previews too, before anything has been touched.

    `name` is the resource's, which makes the hook's name unique; `setting` is where the number stands in the stack file,
    such as pipes.orders.parallelism; `property_path` is where it stands in the resource's inputs, such as partitionCount or,
    for a key that is no plain word, metadata.annotations["data-pipes/partitions"].
    """

    def refuse(args: pulumi.ResourceHookArgs) -> None:
        present, wanted = _number(args.old_inputs, property_path), _number(args.new_inputs, property_path)
        refusal = None if present is None or wanted is None else rule(present, wanted)
        if refusal:
            raise ChangeRefusedError(f"{setting}: cannot go from {present} to {wanted}. {refusal}")

    hook = pulumi.ResourceHook(f"{name}-change", refuse, pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_update=[hook])


def refused_creation(name: str, setting: str, reason: str) -> pulumi.ResourceHookBinding:
    """Refuse to make the resource of that name, in previews too; to change one that is there is not refused.

    For what a service lets one say of a resource only after it was made; `reason` is why, and what to do instead.
    """

    def refuse(args: pulumi.ResourceHookArgs) -> None:
        raise ChangeRefusedError(f"{setting}: {args.name} is still to be made. {reason}")

    hook = pulumi.ResourceHook(f"{name}-creation", refuse, pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_create=[hook])


_STEP = re.compile(r'\["(?P<quoted>[^"]+)"\]|[^.\[]+')


def _number(inputs: Mapping[str, Any] | None, property_path: str) -> int | None:
    """The number at a path, which Kubernetes keeps as text in an annotation; None where there is none."""
    value: Any = inputs
    for step in _STEP.finditer(property_path):
        key = step["quoted"] or step[0]
        value = cast("Mapping[str, Any]", value).get(key) if isinstance(value, Mapping) else None
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return int(value) if isinstance(value, int | float) else None
