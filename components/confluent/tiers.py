"""The tiers of Confluent Cloud's clusters: what each has room for, and what a cluster can never become."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

TierName: TypeAlias = Literal["basic", "standard", "enterprise", "dedicated"]
Availability: TypeAlias = Literal["low", "high"]


@dataclass(frozen=True, kw_only=True)
class Tier:
    """The features and limits of a tier (Confluent Cloud, Kafka cluster types)."""

    availabilities: Mapping[Availability, str]
    """What can be asked of it, and what the API calls that."""
    unit: str
    """What its capacity is counted in."""
    most_units: int
    unit_partitions: int
    """The partitions of all topics for each unit, before replication."""
    most_partitions: int
    """The partitions of all topics, before replication, however many units there are."""
    message_bytes: int
    """The largest value of max.message.bytes."""
    roles_within: bool = True
    """Whether roles can be given on a single topic or group, or only ACLs."""
    tokens: bool = True
    """Whether clients may sign in with tokens of an identity provider (OAuth)."""
    public: bool = True
    """Whether it is reached from the internet, or over a private link alone."""
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
"""The fewest units of a cluster in three zones (Confluent Cloud, Kafka cluster types)."""


def refuse_tier_change(present: object, wanted: object) -> str | None:
    """Confluent Cloud moves a cluster from Basic to Standard, and to no other tier (Confluent provider, KafkaCluster)."""
    if wanted == present or (present, wanted) == ("basic", "standard"):
        return None
    return _new_stack(f"a cluster stays in its tier, which is {present}; only basic can become standard", "tier")


def refuse_availability_change(present: object, wanted: object) -> str | None:
    """A cluster stays in the zones that it was made in (Confluent Cloud, Kafka cluster types)."""
    if wanted == present:
        return None
    return (
        f"a cluster keeps the availability that it was made with. Set availability to {present}; to have {wanted}, make a stack of another "
        "name with it, point the producers at it, let this one drain, then destroy it."
    )


def other_place(what: str) -> Callable[[object, object], str | None]:
    """A cluster stays on the cloud and in the region that it was made in: the provider would make another, without a record."""

    def rule(present: object, wanted: object) -> str | None:
        if wanted == present:
            return None
        return _new_stack(f"a cluster stays in its {what}, which is {present}", what)

    return rule


def refuse_lower_governance(present: object, wanted: object) -> str | None:
    """The package of an environment goes up and never down (Confluent provider, SchemaRegistryCluster)."""
    if wanted == present or present is None or (present, wanted) == ("ESSENTIALS", "ADVANCED"):
        return None
    return (
        f"stream governance goes up and never down, and this environment has {str(present).lower()}. Set governance back to it; to have "
        "less, make a stack of another name."
    )


def fewer_units(present: int, wanted: int) -> str | None:
    """A dedicated cluster shrinks by one unit at a time (Confluent CLI, confluent kafka cluster update; read 2026-11-29)."""
    if wanted >= present - 1:
        return None
    return f"A dedicated cluster shrinks by one unit at a time. Set cku to {present - 1}, deploy, and go on from there."


def no_limit(present: object, wanted: object) -> str | None:
    """The provider leaves a limit that a program no longer sets as it is, and sees no change (Confluent provider, KafkaCluster)."""
    if wanted is not None or not isinstance(present, int | float):
        return None
    return f"cannot be removed: the cluster would keep its limit of {int(present)} units. Set it to the limit that you want, and keep the line."


def refuse_unit_change(present: int, wanted: int) -> str | None:
    """The provider replaces a ksqlDB cluster to change its units, and its queries go with it (Confluent provider, KsqlCluster)."""
    if wanted == present:
        return None
    return (
        "A ksqlDB cluster keeps its units: another number would replace it, without its queries and tables. "
        f"Set csu back to {present}; to have {wanted}, remove ksqldb with data-pipes:protect false, deploy, then add it with csu {wanted} and "
        "create the queries again."
    )


def _new_stack(fact: str, keys: str) -> str:
    return (
        f"{fact}. Undo the change, or make a stack of another name with the new {keys}, point the producers at it, let this one drain, then "
        "destroy it."
    )
