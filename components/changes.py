"""Hooks that refuse changes that a service cannot make. They also run in previews."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

import pulumi

ChangeRule: TypeAlias = Callable[[int, int], str | None]
"""Takes the present and the wanted number. Returns the reason for a refusal and the fix, or None."""


class ChangeRefusedError(Exception):
    """A change that the service cannot make."""


def refuse_fewer_partitions(present: int, wanted: int) -> str | None:
    """Refuse fewer partitions: Kafka cannot remove a partition without losing its records (Apache Kafka, Operations)."""
    if wanted >= present:
        return None
    return (
        "Kafka cannot remove partitions, because their records would be lost. "
        f"Set parallelism back to {present} or more. For fewer partitions, add a pipe with a different name and parallelism {wanted}, "
        "move the producers to it, wait until the old pipe is empty, then remove the old pipe (docs/changing.md, Remove a pipe)."
    )


def older_kafka(present: object, wanted: object) -> str | None:
    """Refuse an older Kafka version: its brokers cannot read the metadata of a newer one (Apache Kafka, Upgrading).

    Patch versions of the same release can change in both directions. Versions are strings such as 4.3.1, 3.7.x or 3.9.x.kraft.
    """
    if _release(wanted) >= _release(present):
        return None
    return f"cannot be changed from {present} to {wanted} (Kafka cannot read the metadata of a newer version). Set version back to {present}."


def guard(name: str, setting: str, property_path: str, rule: ChangeRule) -> pulumi.ResourceHookBinding:
    """Return a hook that applies a rule for numbers before an update of the resource, also in previews.

    Args:
        name: Name of the resource. It makes the name of the hook unique.
        setting: Path of the number in the stack file, such as pipes.orders.parallelism.
        property_path: Path of the number in the inputs of the resource, such as partitionCount. Keys with special characters are
            quoted: metadata.annotations["data-pipes/partitions"].
        rule: Rule for the change.
    """

    def numbers(present: object, wanted: object) -> str | None:
        before, after = _whole(present), _whole(wanted)
        refusal = None if before is None or after is None else rule(before, after)
        return f"cannot be changed from {before} to {after}. {refusal}" if refusal else None

    return refused_change(name, setting, property_path, numbers)


def refused_change(
    name: str, setting: str, property_path: str, rule: Callable[[object, object], str | None]
) -> pulumi.ResourceHookBinding:
    """Return a hook that applies a rule for any value before an update of the resource, also in previews.

    The rule gets the present and the wanted value, None if a value is not set. It returns the reason for a refusal, or None.
    """

    def refuse(args: pulumi.ResourceHookArgs) -> None:
        refusal = rule(value_at(args.old_inputs, property_path), value_at(args.new_inputs, property_path))
        if refusal:
            raise ChangeRefusedError(f"{setting}: {refusal}")

    role = re.sub(r"[^a-z]+", "-", property_path.lower()).strip("-")
    hook = pulumi.ResourceHook(f"{name}-{role}-change", refuse, pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_update=[hook])


def refused_creation(name: str, setting: str, reason: str) -> pulumi.ResourceHookBinding:
    """Return a hook that refuses the creation of a resource, also in previews. Updates are allowed.

    Use it for settings that a service accepts only on an existing resource. `reason` gives the reason and the fix.
    """

    def refuse(args: pulumi.ResourceHookArgs) -> None:
        raise ChangeRefusedError(f"{setting}: {args.name} does not exist yet. {reason}")

    hook = pulumi.ResourceHook(f"{name}-creation", refuse, pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_create=[hook])


_STEP = re.compile(r'\["(?P<quoted>[^"]+)"\]|[^.\[]+')


def value_at(inputs: object, property_path: str) -> object:
    """Return the value at a path in the inputs of a resource. None if it is not set."""
    value: Any = inputs
    for step in _STEP.finditer(property_path):
        key = step["quoted"] or step[0]
        value = cast("Mapping[str, Any]", value).get(key) if isinstance(value, Mapping) else None
    return value


def _release(version: object) -> tuple[int, ...]:
    """Return the first two numbers of a version."""
    return tuple(int(number) for number in re.findall(r"\d+", str(version))[:2])


def _whole(value: object) -> int | None:
    """Return a whole number, also from a string such as a Kubernetes annotation. None if it is not a number."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return int(value) if isinstance(value, int | float) else None
