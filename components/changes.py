"""Changes that a service cannot make or undo, refused while they are still a preview."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

import pulumi

ChangeRule: TypeAlias = Callable[[int, int], str | None]
"""Given the number that there is and the one wanted: why that step is refused and what to do instead, or None."""


class ChangeRefusedError(Exception):
    """A change of a setting that the service cannot make."""


def refuse_fewer_partitions(present: int, wanted: int) -> str | None:
    """Kafka adds partitions and never removes one, since its records would be lost (Apache Kafka, Operations)."""
    if wanted >= present:
        return None
    return (
        "Kafka cannot take partitions away, since their records would be lost. "
        f"Set parallelism back to {present} or more; to end with fewer, add a pipe of another name with parallelism {wanted}, "
        "point the producers at it, let the old one drain, then remove the old one (README, Removing a pipe)."
    )


def older_kafka(present: object, wanted: object) -> str | None:
    """Brokers do not read the metadata of a newer version; a step between patches of one release is allowed (Apache Kafka, Upgrading).

    Versions are texts such as 4.3.1, 3.7.x or 3.9.x.kraft.
    """
    if _release(wanted) >= _release(present):
        return None
    return f"cannot go from {present} to {wanted}, since Kafka does not read the metadata of a newer version. Set version back to {present}."


def guard(name: str, setting: str, property_path: str, rule: ChangeRule) -> pulumi.ResourceHookBinding:
    """Bind a rule to the resource that it is about, in previews too, before anything has been touched.

    `name` is the resource's, which makes the hook's name unique; `setting` is where the number stands in the stack file,
    such as pipes.orders.parallelism; `property_path` is where it stands in the resource's inputs, such as partitionCount or,
    for a key that is no plain word, metadata.annotations["data-pipes/partitions"].
    """

    def numbers(present: object, wanted: object) -> str | None:
        before, after = _whole(present), _whole(wanted)
        refusal = None if before is None or after is None else rule(before, after)
        return f"cannot go from {before} to {after}. {refusal}" if refusal else None

    return refused_change(name, setting, property_path, numbers)


def refused_change(
    name: str, setting: str, property_path: str, rule: Callable[[object, object], str | None]
) -> pulumi.ResourceHookBinding:
    """Bind a rule on any value to the resource that it is about, as guard does for numbers.

    The rule gets the value that there is and the one wanted, None where there is none, and says why that step is refused.
    """

    def refuse(args: pulumi.ResourceHookArgs) -> None:
        refusal = rule(value_at(args.old_inputs, property_path), value_at(args.new_inputs, property_path))
        if refusal:
            raise ChangeRefusedError(f"{setting}: {refusal}")

    role = re.sub(r"[^a-z]+", "-", property_path.lower()).strip("-")
    hook = pulumi.ResourceHook(f"{name}-{role}-change", refuse, pulumi.ResourceHookOptions(on_dry_run=True))
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


def value_at(inputs: object, property_path: str) -> object:
    """What stands at a path in a resource's inputs; None where nothing does."""
    value: Any = inputs
    for step in _STEP.finditer(property_path):
        key = step["quoted"] or step[0]
        value = cast("Mapping[str, Any]", value).get(key) if isinstance(value, Mapping) else None
    return value


def _release(version: object) -> tuple[int, ...]:
    """The first two numbers of a version."""
    return tuple(int(number) for number in re.findall(r"\d+", str(version))[:2])


def _whole(value: object) -> int | None:
    """A whole number, which Kubernetes keeps as text in an annotation; None where it is none."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return int(value) if isinstance(value, int | float) else None
