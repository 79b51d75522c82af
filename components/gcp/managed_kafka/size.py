"""How large a cluster of Managed Service for Apache Kafka is, and what it can become: arithmetic and messages only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

GIB = 1024**3

BROKER_VCPUS = 15
"""The vCPUs of the largest broker; more of them make another one (Managed Service for Apache Kafka, Broker provisioning)."""

LEAST_BROKERS = 3
"""One in each zone (Managed Service for Apache Kafka, Broker provisioning)."""

COPIES_PER_VCPU = 200
"""The copies of partitions for each vCPU from which the disks that brokers have by default can run full
(Managed Service for Apache Kafka, Configure broker disk size)."""

ANOTHER_STACK = "bring up a stack of another name with it, move the pipes there, then take this one down"
"""The way to what is for the life of a cluster."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """What all brokers of a cluster have together."""

    vcpus: int
    memory: int
    """In GiB."""

    @property
    def brokers(self) -> int:
        """How many brokers a cluster of this size is made with (Managed Service for Apache Kafka, Broker provisioning)."""
        return max(LEAST_BROKERS, -(-self.vcpus // BROKER_VCPUS))


def refuse_size_change(present: object, wanted: object) -> str | None:
    """Brokers are added and never go, and none may become much smaller by that (Managed Service for Apache Kafka, Update a cluster)."""
    before, after = _size(present), _size(wanted)
    if before is None or after is None:
        return None
    amounts = (("vcpus", "vCPU", before.vcpus, after.vcpus), ("memory", "GiB", before.memory, after.memory))
    for key, unit, had, gets in amounts:
        if gets < before.brokers:
            return (
                f"{key} cannot go from {had} to {gets}: the cluster keeps its {before.brokers} brokers, and each has at least one {unit}. "
                f"Set {key} to {before.brokers} or more."
            )
        least = _least(had, before.brokers, after.brokers)
        if after.brokers > before.brokers and gets < least:
            return (
                f"{key} cannot go from {had} to {gets}: {after.brokers} brokers share that instead of {before.brokers}, and none may lose more "
                f"than a tenth of what it has. Set vcpus to {before.brokers * BROKER_VCPUS} or less, or else {key} to {least} or more."
            )
    return None


def refuse_smaller_disk(present: object, wanted: object) -> str | None:
    """The brokers' disks grow and never shrink (Managed Service for Apache Kafka, Configure broker disk size)."""
    if present is None or (wanted is not None and int(str(wanted)) >= int(str(present))):
        return None
    step = "be removed again" if wanted is None else f"go from {present} to {wanted}"
    return f"cannot {step}: the disks of brokers grow and never shrink. Set diskSize back to {present} or more."


def refuse_key_change(present: object, wanted: object) -> str | None:
    """A cluster keeps the key that it was made with, or Google's own (Managed Service for Apache Kafka, Configure CMEK)."""
    if wanted == present:
        return None
    return (
        f"cannot go from {present} to {wanted}: a cluster keeps the kind of key that it was made with. "
        f"Set it back to {present}; to change it, {ANOTHER_STACK}."
    )


def refuse_subnet_change(present: object, wanted: object) -> str | None:
    """Brokers are reached at addresses of the cluster's subnet (Managed Service for Apache Kafka, Networking).

    One that is not known yet is of a subnet that is made anew.
    """
    if wanted == present:
        return None
    return (
        "the subnet cannot become another: the brokers' addresses and names are in it, and every client would lose them. "
        f"Set it back; to change it, {ANOTHER_STACK}."
    )


def _size(capacity: object) -> Size | None:
    """The size that a cluster's inputs ask for; None where they are not known."""
    if not isinstance(capacity, Mapping):
        return None
    texts = cast("Mapping[str, Any]", capacity)
    try:
        return Size(vcpus=int(texts["vcpuCount"]), memory=int(texts["memoryBytes"]) // GIB)
    except (KeyError, TypeError, ValueError):
        return None


def _least(had: int, brokers: int, more_brokers: int) -> int:
    """The least that leaves each of more brokers nine tenths of what each of them had."""
    return -(-had * 9 * more_brokers // (10 * brokers))
