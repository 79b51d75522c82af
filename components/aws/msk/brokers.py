"""What the brokers of an MSK cluster can do: their sizes, versions and limits, as arithmetic only."""

from collections.abc import Mapping
from dataclasses import dataclass

from components.versions import KnownVersions

OFFSETS_PARTITIONS = 50
"""The partitions of Kafka's own topic __consumer_offsets (Apache Kafka, offsets.topic.num.partitions)."""

VERSIONS = KnownVersions(
    service="MSK",
    versions=("3.8.x.kraft", "3.9.x.kraft", "4.0.x.kraft", "4.1.x.kraft", "4.2.x.kraft"),
    default="3.9.x.kraft",
    source="MSK, Supported Apache Kafka versions, read 2026-07",
)
"""The versions with KRaft. The support of 3.7 ended on 2026-09-01."""

EXPRESS_VERSIONS = ("3.9", "4.2")
"""The versions with KRaft that Express brokers have (MSK, Supported Apache Kafka versions)."""

EXPRESS_ONLY = "4.2"
"""The version that standard brokers do not have (MSK, Supported Apache Kafka versions)."""

SMALLEST = "kafka.t3.small"
"""The size that has neither tiered storage nor multi-VPC connectivity (MSK, Tiered storage; Multi-VPC private connectivity)."""


@dataclass(frozen=True, kw_only=True)
class Broker:
    """A size of broker."""

    partitions: int
    """How many partitions it holds, replicas counted."""
    express: bool = False
    """Whether MSK keeps its records and its settings itself (MSK, Express brokers)."""


_STANDARD: Mapping[str, Broker] = {
    SMALLEST: Broker(partitions=300),
    **{f"kafka.{family}.{size}": Broker(partitions=1000) for family in ("m5", "m7g") for size in ("large", "xlarge")},
    **{f"kafka.{family}.2xlarge": Broker(partitions=2000) for family in ("m5", "m7g")},
    **{
        f"kafka.{family}.{size}": Broker(partitions=4000)
        for family in ("m5", "m7g")
        for size in ("4xlarge", "8xlarge", "12xlarge", "16xlarge")
    },
    "kafka.m5.24xlarge": Broker(partitions=4000),
}
"""Partitions up to which a cluster can still be changed (MSK, Best practices, Right-size)."""

_EXPRESS: Mapping[str, Broker] = {
    f"express.m7g.{size}": Broker(partitions=partitions, express=True)
    for size, partitions in {
        "large": 1500,
        "xlarge": 2000,
        "2xlarge": 4000,
        "4xlarge": 8000,
        "8xlarge": 16_000,
        "12xlarge": 24_000,
        "16xlarge": 32_000,
    }.items()
}
"""Partitions that MSK refuses to exceed (MSK quota, Express brokers)."""

BROKERS: Mapping[str, Broker] = {**_STANDARD, **_EXPRESS}
"""The sizes of brokers by their names."""


def known_broker(instance_type: str) -> str:
    """Return the name of a size of broker, or raise ValueError with all of them."""
    if instance_type not in BROKERS:
        raise ValueError(
            f"must be a size of standard broker or of Express broker, not {instance_type!r}; choose one of {', '.join(BROKERS)}"
        )
    return instance_type


def version_mistake(version: str, instance_type: str) -> str | None:
    """Why brokers of that size do not run a version, and what to choose instead; None where they do, or where it is not known."""
    if version not in VERSIONS.versions:
        return None
    release = ".".join(version.split(".")[:2])
    if BROKERS[instance_type].express:
        if release in EXPRESS_VERSIONS:
            return None
        choice = " or ".join(f"{each}.x.kraft" for each in EXPRESS_VERSIONS)
        return f"must be a version that Express brokers have, not {version}; use {choice}, or a standard instanceType"
    if release == EXPRESS_ONLY:
        return f"must be a version that standard brokers have, and {version} runs on Express brokers alone; use 3.9.x.kraft"
    return None


def partitions_mistake(
    asked: int, *, dead_letters: int, brokers: int, instance_type: str, replication: int
) -> str | None:
    """Why so many partitions of the pipes do not fit on the brokers, and what to change; None where they do."""
    each = BROKERS[instance_type].partitions
    held = (asked + dead_letters + OFFSETS_PARTITIONS) * replication
    if held <= brokers * each:
        return None
    arithmetic = f"({asked} + {dead_letters} of dead letters + {OFFSETS_PARTITIONS} of Kafka's own) x {replication} replicas = {held} partitions"
    source = "MSK quota" if BROKERS[instance_type].express else "MSK, Best practices"
    return (
        f"{arithmetic} do not fit: {brokers} brokers of {instance_type} hold {each} each = {brokers * each} ({source}); "
        "add brokers, choose a larger instanceType or lower the pipes' parallelism"
    )


def share_mistake(brokers: int, zones: int) -> str | None:
    """Why so many brokers cannot be shared equally by the zones, and how many could; None where they can."""
    if brokers % zones == 0:
        return None
    lower, higher = brokers // zones * zones, (brokers // zones + 1) * zones
    choice = f"{lower} or {higher}" if lower else str(higher)
    return f"must be a multiple of the {zones} zones, so that each has as many, not {brokers}; use {choice}"


def min_insync(replication: int) -> int:
    """How many replicas must have a record before it counts as written: all but one, so that one broker may be down."""
    return max(1, replication - 1)


def server_properties(replication: int, *, express: bool = False) -> str:
    """The brokers' configuration: topics only by this program, and no leader that lacks records (Apache Kafka, Broker Configs).

    On Express brokers the number of replicas and what follows from it are MSK's (MSK, Express brokers read-only configurations).
    """
    properties = {"auto.create.topics.enable": "false"}
    if not express:
        properties |= {
            "default.replication.factor": str(replication),
            "min.insync.replicas": str(min_insync(replication)),
            "unclean.leader.election.enable": "false",
        }
    return "".join(f"{name}={value}\n" for name, value in properties.items())
