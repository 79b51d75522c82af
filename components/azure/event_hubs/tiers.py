"""Tiers of Event Hubs: their limits, and the changes that Event Hubs cannot make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from components.changes import ChangeRule, refuse_fewer_partitions

TierName: TypeAlias = Literal["standard", "premium", "dedicated"]


@dataclass(frozen=True, kw_only=True)
class Tier:
    """Limits of a tier (Event Hubs, Quotas and limits)."""

    sku: str
    """Name in the API. A namespace on a dedicated cluster has SKU Standard and the cluster's ID."""
    unit: str
    """Unit of capacity, for messages."""
    capacities: Sequence[int]
    """Allowed numbers of units."""
    hub_partitions: int
    """Maximum partitions of one event hub."""
    unit_partitions: int | None = None
    """Maximum partitions of all event hubs per capacity unit, or None if unlimited."""
    hubs: int
    """Maximum event hubs of a namespace, or per capacity unit if unit_partitions is set."""
    consumer_groups: int
    """Maximum consumer groups of one event hub, including $Default."""
    schema_groups: int
    """Maximum schema groups of a namespace, without its default group."""
    retention_days: int
    grows: bool
    """Whether partitions can be added to an existing event hub (Event Hubs, Dynamically add partitions)."""


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
        unit="units",
        capacities=(1,),
        hub_partitions=1024,
        hubs=1000,
        consumer_groups=1000,
        schema_groups=1000,
        retention_days=90,
        grows=True,
    ),
}
"""Tiers with a Kafka endpoint and private endpoints. Basic has neither."""


def partitions_rule(tier: TierName) -> ChangeRule:
    """Return the rule of the tier for changing the number of partitions."""
    return refuse_fewer_partitions if TIERS[tier].grows else refuse_partition_change


def refuse_partition_change(present: int, wanted: int) -> str | None:
    """Standard fixes the number of partitions with the event hub (Event Hubs, Dynamically add partitions)."""
    if wanted == present:
        return None
    return (
        "On tier standard, the number of partitions of an event hub is fixed at creation. "
        f"Set parallelism back to {present}; to have {wanted}, add a pipe with a different name and parallelism {wanted}, move the producers "
        "to it, let the old pipe drain, then remove the old pipe (docs/changing.md, Remove a pipe). Tier premium can add partitions, but moving "
        "there requires a new stack."
    )


def refuse_tier_change(present: object, wanted: object) -> str | None:
    """Refuse another tier: Azure cannot move a namespace between Standard and Premium (Event Hubs, FAQ)."""
    if wanted == present:
        return None
    return _new_stack(f"cannot be changed from {str(present).lower()} (a namespace keeps its tier)", "tier")


def refuse_cluster_change(present: object, wanted: object) -> str | None:
    """Refuse moving a namespace to or from a dedicated cluster (Event Hubs API, Namespaces)."""
    if wanted == present:
        return None
    change = f"cannot be changed from {present}" if present else "cannot be set on an existing namespace"
    return _new_stack(f"{change} (a namespace cannot move to or from a dedicated cluster)", "clusterId and tier")


def refuse_key_change(present: object, wanted: object) -> str | None:
    """Refuse adding or removing the key. Only an empty namespace accepts one (Event Hubs, Configure customer-managed keys)."""
    if wanted == present:
        return None
    change = (
        "cannot be turned off (a namespace keeps its customer-managed key)"
        if present
        else "cannot be turned on (a namespace accepts a customer-managed key only while it has no event hubs)"
    )
    return _new_stack(change, "customerManagedKey")


def refuse_lower_capacity(present: object, wanted: object) -> str | None:
    """Refuse a changed capacity with auto-inflate: capacity sets only the initial number of units."""
    if wanted == present or present is None:
        return None
    return (
        f"cannot be changed from {present} to {wanted} with autoInflate (capacity sets only the initial number of units). Set capacity back to "
        f"{present} and raise autoInflate.maximumUnits. Alternatively, remove autoInflate, deploy, then change capacity."
    )


def refuse_cleanup_policy_change(present: object, wanted: object) -> str | None:
    """Refuse another cleanup policy (Event Hubs API: CleanupPolicy changes are not allowed in update)."""
    if wanted == present:
        return None
    return (
        f"cannot be changed (an event hub keeps its cleanup policy, {str(present).lower()}). Undo the change; to use another policy, add a pipe "
        "with a different name, move the producers to it, let the old pipe drain, then remove the old pipe (docs/changing.md, Remove a pipe)."
    )


def refuse_compatibility_change(present: object, wanted: object) -> str | None:
    """Refuse another compatibility rule for a schema group (Event Hubs API, Schema Registry)."""
    if wanted == present:
        return None
    return (
        f"cannot be changed from {str(present).lower()} (a schema group keeps its compatibility rule). Undo the change, or move "
        "to a pipe with a different name (docs/changing.md, Remove a pipe)."
    )


def _new_stack(fact: str, keys: str) -> str:
    return (
        f"{fact}. Undo the change; to move, create a new stack with a different name and the new {keys}, move the producers to it, let this "
        "stack drain, then destroy it."
    )
