"""Limits of Confluent Cloud's cluster tiers, and refused changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

TierName: TypeAlias = Literal["basic", "standard", "enterprise", "dedicated"]
Availability: TypeAlias = Literal["low", "high"]


@dataclass(frozen=True, kw_only=True)
class Tier:
    """Features and limits of a tier (Confluent Cloud, Kafka cluster types)."""

    availabilities: Mapping[Availability, str]
    """Supported availabilities, with their API names."""
    unit: str
    """Unit of capacity."""
    most_units: int
    unit_partitions: int
    """Most partitions per unit, before replication."""
    most_partitions: int
    """Most partitions of a cluster, before replication."""
    message_bytes: int
    """Largest max.message.bytes."""
    roles_within: bool = True
    """Whether roles can be bound to a single topic or group. If not, ACLs are used."""
    tokens: bool = True
    """Whether clients can authenticate with OAuth tokens of an identity provider."""
    public: bool = True
    """Whether the cluster has a public endpoint. If not, it needs a private link."""
    ksqldb: bool = True


_ELASTIC: Mapping[Availability, str] = {"low": "LOW", "high": "HIGH"}

TIERS: Mapping[TierName, Tier] = {
    "basic": Tier(
        availabilities={"low": "LOW"},
        unit="eCKU",
        most_units=50,
        unit_partitions=30,
        most_partitions=1_500,
        message_bytes=8_388_608,
        roles_within=False,
        tokens=False,
    ),
    "standard": Tier(
        availabilities=_ELASTIC,
        unit="eCKU",
        most_units=10,
        unit_partitions=250,
        most_partitions=2_500,
        message_bytes=8_388_608,
    ),
    "enterprise": Tier(
        availabilities=_ELASTIC,
        unit="eCKU",
        most_units=32,
        unit_partitions=3_000,
        most_partitions=96_000,
        message_bytes=20_971_520,
        public=False,
        ksqldb=False,
    ),
    "dedicated": Tier(
        availabilities={"low": "SINGLE_ZONE", "high": "MULTI_ZONE"},
        unit="CKU",
        most_units=152,
        unit_partitions=4_500,
        most_partitions=100_000,
        message_bytes=20_971_520,
    ),
}

HIGH_UNITS = 2
"""Fewest units with high availability (Confluent Cloud, Kafka cluster types)."""


def refuse_tier_change(present: object, wanted: object) -> str | None:
    """Refuse another tier, except Basic to Standard (Confluent provider, KafkaCluster)."""
    if wanted == present or (present, wanted) == ("basic", "standard"):
        return None
    return _new_stack(present, wanted, "only basic can become standard", "tier")


def refuse_availability_change(present: object, wanted: object) -> str | None:
    """Refuse another availability: it is fixed when a cluster is created (Confluent Cloud, Kafka cluster types)."""
    if wanted == present:
        return None
    return (
        f"cannot be changed from {present} to {wanted} (availability is fixed when the cluster is created). Set availability to {present}. "
        f"To use {wanted}, create a stack with a different name, switch the producers to it, wait until this one is drained, then destroy this one."
    )


def refuse_location_change(kind: str) -> Callable[[object, object], str | None]:
    """Refuse another cloud or region: the provider would replace the cluster and lose its records."""

    def rule(present: object, wanted: object) -> str | None:
        if wanted == present:
            return None
        refusal = _new_stack(present, wanted, f"the {kind} is fixed when the cluster is created", kind)
        return f"{kind} {refusal}"

    return rule


def refuse_lower_governance(present: object, wanted: object) -> str | None:
    """Refuse a smaller governance package: it can only be upgraded (Confluent provider, SchemaRegistryCluster)."""
    if wanted == present or present is None or (present, wanted) == ("ESSENTIALS", "ADVANCED"):
        return None
    before, after = str(present).lower(), str(wanted or "none").lower()
    return (
        f"cannot be changed from {before} to {after} (stream governance can only be upgraded). Set governance back to {before}. "
        "To use a smaller package, create a stack with a different name."
    )


def refuse_cku_reduction(present: int, wanted: int) -> str | None:
    """Refuse to remove several units at once (Confluent CLI, confluent kafka cluster update; read 2026-11-29)."""
    if wanted >= present - 1:
        return None
    return f"A dedicated cluster can shrink by only one CKU per deployment. Set cku to {present - 1}, deploy, then lower it again."


def refuse_limit_removal(present: object, wanted: object) -> str | None:
    """Refuse to remove maxEcku: the provider ignores the removal and keeps the old limit (Confluent provider, KafkaCluster)."""
    if wanted is not None or not isinstance(present, int | float):
        return None
    return f"cannot be removed (the cluster would keep its limit of {int(present)} eCKU). Set maxEcku to the limit that you want."


def refuse_unit_change(present: int, wanted: int) -> str | None:
    """Refuse another number of units: the provider would replace the ksqlDB cluster and lose its queries (Confluent provider, KsqlCluster)."""
    if wanted == present:
        return None
    return (
        "Another number of CSUs would replace the ksqlDB cluster, and its queries and tables would be lost. "
        f"Set csu back to {present}. To use {wanted}, set data-pipes:protect to false and remove ksqldb, deploy, then add ksqldb with csu {wanted} "
        "and create the queries again."
    )


def _new_stack(present: object, wanted: object, reason: str, setting: str) -> str:
    return (
        f"cannot be changed from {present} to {wanted} ({reason}). Set it back to {present}. To move, create a stack with a different name and "
        f"the new {setting}, switch the producers to it, wait until this one is drained, then destroy this one."
    )
