"""Size of a Managed Service for Apache Kafka cluster, and refused changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

GIB = 1024**3

LEAST_VCPUS = 3
"""Fewest vCPUs of a cluster (Managed Service for Apache Kafka, Plan your cluster size)."""

BROKER_VCPUS = 15
"""Most vCPUs of a broker. The service adds a broker for more (Managed Service for Apache Kafka, Broker provisioning)."""

LEAST_BROKERS = 3
"""Fewest brokers: one in each zone (Managed Service for Apache Kafka, Broker provisioning)."""

COPIES_PER_VCPU = 200
"""Most partition replicas per vCPU with the default disks. With more, the disks can run full
(Managed Service for Apache Kafka, Configure broker disk size)."""

ANOTHER_STACK = "create a stack with a different name, move the pipes there, then destroy this one"
"""Fix for settings that are fixed when a cluster is created."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """Total capacity of a cluster's brokers."""

    vcpus: int
    memory: int
    """In GiB."""

    @property
    def brokers(self) -> int:
        """Number of brokers of a new cluster of this size (Managed Service for Apache Kafka, Broker provisioning)."""
        return max(LEAST_BROKERS, -(-self.vcpus // BROKER_VCPUS))


def refuse_size_change(present: object, wanted: object) -> str | None:
    """Refuse sizes that would remove brokers or shrink each broker too much (Managed Service for Apache Kafka, Update a cluster)."""
    before, after = _size(present), _size(wanted)
    if before is None or after is None:
        return None
    amounts = (("vcpus", "vCPU", before.vcpus, after.vcpus), ("memory", "GiB", before.memory, after.memory))
    for key, unit, had, gets in amounts:
        if gets < before.brokers:
            return (
                f"{key} cannot be changed from {had} to {gets} (the cluster keeps its {before.brokers} brokers, and each needs at least 1 {unit}). "
                f"Set {key} to {before.brokers} or more."
            )
        least = _least_total(had, before.brokers, after.brokers)
        if after.brokers > before.brokers and gets < least:
            return (
                f"{key} cannot be changed from {had} to {gets} (the cluster would grow from {before.brokers} to {after.brokers} brokers, and no broker "
                f"may lose more than 10 percent). Set vcpus to {before.brokers * BROKER_VCPUS} or less, or {key} to {least} or more."
            )
    return None


def refuse_smaller_disk(present: object, wanted: object) -> str | None:
    """Refuse smaller disks (Managed Service for Apache Kafka, Configure broker disk size)."""
    if present is None or (wanted is not None and int(str(wanted)) >= int(str(present))):
        return None
    step = "removed" if wanted is None else f"changed from {present} to {wanted}"
    return f"cannot be {step} (broker disks can grow but never shrink). Set diskSize back to {present} or more."


def refuse_key_change(present: object, wanted: object) -> str | None:
    """Refuse another kind of key: it is fixed when a cluster is created (Managed Service for Apache Kafka, Configure CMEK)."""
    if wanted == present:
        return None
    return (
        f"cannot be changed from {present} to {wanted} (the kind of key is fixed when the cluster is created). "
        f"Set it back to {present}. To change it, {ANOTHER_STACK}."
    )


def refuse_subnet_change(present: object, wanted: object) -> str | None:
    """Refuse another subnet: broker addresses are in it (Managed Service for Apache Kafka, Networking).

    A subnet ID that is not known yet belongs to a new subnet.
    """
    if wanted == present:
        return None
    return (
        "the subnet cannot be changed (it contains the brokers' addresses and names, and every client would lose its connection). "
        f"Set it back. To change it, {ANOTHER_STACK}."
    )


def _size(capacity: object) -> Size | None:
    """Return the size in a cluster's inputs, or None if they are unknown."""
    if not isinstance(capacity, Mapping):
        return None
    texts = cast("Mapping[str, Any]", capacity)
    try:
        return Size(vcpus=int(texts["vcpuCount"]), memory=int(texts["memoryBytes"]) // GIB)
    except (KeyError, TypeError, ValueError):
        return None


def _least_total(had: int, brokers: int, more_brokers: int) -> int:
    """Return the smallest total that leaves each broker 90 percent of its share after brokers are added."""
    return -(-had * 9 * more_brokers // (10 * brokers))
