"""The tiers of Event Hubs: what a namespace of each has room for, and what Event Hubs can change on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from components.changes import ChangeRule, refuse_fewer_partitions

TierName: TypeAlias = Literal["standard", "premium", "dedicated"]


@dataclass(frozen=True, kw_only=True)
class Tier:
    """The limits of a tier (Event Hubs, Quotas and limits)."""

    sku: str
    """What the API calls it; a namespace on a dedicated cluster is a Standard one with the cluster's id."""
    unit: str
    """What its capacity is counted in."""
    capacities: Sequence[int]
    """How many units a namespace can have."""
    hub_partitions: int
    """The partitions of one event hub."""
    unit_partitions: int | None = None
    """The partitions of all event hubs for each unit of the namespace, where that is limited too."""
    hubs: int
    """The event hubs of a namespace, or of each of its units where its partitions are counted so."""
    consumer_groups: int
    """The consumer groups of one event hub, $Default among them."""
    schema_groups: int
    """The schema groups of a namespace, besides its default one."""
    retention_days: int
    grows: bool
    """Whether an event hub can get more partitions later (Event Hubs, Dynamically add partitions)."""


TIERS: Mapping[TierName, Tier] = {
    "standard": Tier(
        sku="Standard",
        unit="throughput units",
        capacities=range(1, 41),
        hub_partitions=32,
        hubs=10,
        consumer_groups=20,
        schema_groups=1,
        retention_days=7,
        grows=False,
    ),
    "premium": Tier(
        sku="Premium",
        unit="processing units",
        capacities=(1, 2, 4, 6, 8, 10, 12, 16),
        hub_partitions=100,
        unit_partitions=200,
        hubs=100,
        consumer_groups=100,
        schema_groups=100,
        retention_days=90,
        grows=True,
    ),
    "dedicated": Tier(
        sku="Standard",
        unit="units of its own",
        capacities=(1,),
        hub_partitions=1024,
        hubs=1000,
        consumer_groups=1000,
        schema_groups=1000,
        retention_days=90,
        grows=True,
    ),
}
"""The tiers that have a Kafka endpoint and private endpoints, which Basic lacks."""


def partitions_rule(tier: TierName) -> ChangeRule:
    """What a tier refuses when the number of an event hub's partitions changes."""
    return refuse_fewer_partitions if TIERS[tier].grows else refuse_partition_change


def refuse_partition_change(present: int, wanted: int) -> str | None:
    """Standard fixes the number of partitions with the event hub (Event Hubs, Dynamically add partitions)."""
    if wanted == present:
        return None
    return (
        "On the tier standard the partitions of an event hub are fixed when it is made. "
        f"Set parallelism back to {present}; to have {wanted}, add a pipe of another name with parallelism {wanted}, point the producers "
        "at it, let the old one drain, then remove the old one (README, Removing a pipe). On the tier premium partitions can be "
        "added, and a namespace moves there only as a new stack."
    )


def refuse_tier_change(present: object, wanted: object) -> str | None:
    """Azure moves no namespace between Standard and Premium (Event Hubs, FAQ)."""
    if wanted == present:
        return None
    return _new_stack(f"a namespace stays in its tier, which is {str(present).lower()}", "tier")


def refuse_cluster_change(present: object, wanted: object) -> str | None:
    """A namespace stays on the dedicated cluster that it was made on, or on none (Event Hubs API, Namespaces)."""
    if wanted == present:
        return None
    place = f"on the cluster {present}" if present else "on no cluster of its own"
    return _new_stack(f"a namespace stays where it was made, {place}", "clusterId and tier")


def refuse_key_change(present: object, wanted: object) -> str | None:
    """Event Hubs takes a key only for an empty namespace, and keeps it (Event Hubs, Configure customer-managed keys)."""
    if wanted == present:
        return None
    way = "kept until the namespace goes" if present else "taken only while a namespace has no event hub"
    return _new_stack(f"a customer-managed key is {way}", "customerManagedKey")


def refuse_lower_capacity(present: object, wanted: object) -> str | None:
    """Where Event Hubs adds throughput units itself, the stack file only says with how many a namespace begins."""
    if wanted == present or present is None:
        return None
    return (
        f"with autoInflate it is Event Hubs that adds throughput units, so a capacity of {wanted} would not reach it. Set capacity back to "
        f"{present} and raise autoInflate.maximumUnits; or remove autoInflate, deploy, then change capacity."
    )


def refuse_cleanup_policy_change(present: object, wanted: object) -> str | None:
    """Event Hubs refuses a change of the cleanup policy (Event Hubs API: CleanupPolicy changes are not allowed in update)."""
    if wanted == present:
        return None
    return (
        f"an event hub keeps the cleanup policy that it was made with, {str(present).lower()}. Undo the change, or add a pipe of another name "
        "with it, point the producers at that, let the old one drain, then remove the old one (README, Removing a pipe)."
    )


def refuse_compatibility_change(present: object, wanted: object) -> str | None:
    """A schema group keeps the rule that its schemas were checked by (Event Hubs API, Schema Registry)."""
    if wanted == present:
        return None
    return (
        f"a schema group keeps its rule of compatibility, {str(present).lower()}, by which its schemas were checked. Undo the change, or move "
        "to a pipe of another name (README, Removing a pipe)."
    )


def _new_stack(fact: str, keys: str) -> str:
    return (
        f"{fact}. Undo the change, or make a stack of another name with the new {keys}, point the producers at it, let this one drain, then "
        "destroy it."
    )
