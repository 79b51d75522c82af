"""Sizes, versions and limits of MSK brokers."""

from collections.abc import Mapping
from dataclasses import dataclass

from components.versions import KnownVersions

OFFSETS_PARTITIONS = 50
"""Partitions of Kafka's internal topic __consumer_offsets (Apache Kafka, offsets.topic.num.partitions)."""

MOST_BROKERS = 60
"""Most brokers of a KRaft cluster (MSK quota)."""

VERSIONS = KnownVersions(
    service="MSK",
    versions=("3.8.x.kraft", "3.9.x.kraft", "4.0.x.kraft", "4.1.x.kraft", "4.2.x.kraft"),
    default="3.9.x.kraft",
    source="MSK, Supported Apache Kafka versions, read 2026-07",
)
"""Versions with KRaft. Support for 3.7 ended on 2026-09-01."""

EXPRESS_VERSIONS = ("3.9", "4.2")
"""Versions with KRaft that Express brokers support (MSK, Supported Apache Kafka versions)."""

EXPRESS_ONLY = "4.2"
"""The version that only Express brokers support (MSK, Supported Apache Kafka versions)."""

SMALLEST = "kafka.t3.small"
"""The only size without tiered storage and multi-VPC connectivity (MSK, Tiered storage; Multi-VPC private connectivity)."""


@dataclass(frozen=True, kw_only=True)
class Broker:
    """Broker size."""

    partitions: int
    """The maximum number of partitions, including replicas."""
    express: bool = False
    """Whether MSK manages the broker's storage and settings (MSK, Express brokers)."""


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
"""Standard sizes. A cluster with more partitions cannot be updated (MSK, Best practices, Right-size)."""

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
"""Express sizes. MSK enforces these partition limits (MSK quota, Express brokers)."""

BROKERS: Mapping[str, Broker] = {**_STANDARD, **_EXPRESS}
"""Broker sizes by instance type."""


def check_broker(instance_type: str) -> str:
    """Return a broker's instance type. Raise ValueError with all known types if it is unknown."""
    if instance_type not in BROKERS:
        raise ValueError(
            f"must be a standard or Express broker size, got {instance_type!r}. Use one of {', '.join(BROKERS)}."
        )
    return instance_type


def version_error(version: str, instance_type: str) -> str | None:
    """Return the error text if brokers of that size do not support the version. Unknown versions are accepted."""
    if version not in VERSIONS.versions:
        return None
    release = ".".join(version.split(".")[:2])
    if BROKERS[instance_type].express:
        if release in EXPRESS_VERSIONS:
            return None
        choice = " or ".join(f"{each}.x.kraft" for each in EXPRESS_VERSIONS)
        return (
            f"must be a version that Express brokers support, got {version}. Use {choice}, or a standard instanceType."
        )
    if release == EXPRESS_ONLY:
        return (
            f"must be a version that standard brokers support, got {version} (only Express brokers support it). "
            "Use 3.9.x.kraft."
        )
    return None


def partitions_error(
    pipes: int, *, dead_letters: int, brokers: int, instance_type: str, replication: int
) -> str | None:
    """Return the error text if the pipes' partitions do not fit on the brokers."""
    each = BROKERS[instance_type].partitions
    needed = (pipes + dead_letters + OFFSETS_PARTITIONS) * replication
    if needed <= brokers * each:
        return None
    sum_of_parts = f"({pipes} of pipes + {dead_letters} of dead letters + {OFFSETS_PARTITIONS} of Kafka)"
    source = "MSK quota" if BROKERS[instance_type].express else "MSK, Best practices"
    return (
        f"must have room for {needed} partitions = {sum_of_parts} x {replication} replicas, got {brokers} brokers of {instance_type} "
        f"with room for {each} each = {brokers * each} ({source}). "
        "Add brokers, use a larger instanceType or lower the pipes' parallelism."
    )


def zones_error(brokers: int, zones: int) -> str | None:
    """Return the error text if the zones cannot have the same number of brokers."""
    if brokers % zones == 0:
        return None
    lower, higher = brokers // zones * zones, (brokers // zones + 1) * zones
    choice = f"{lower} or {higher}" if lower else str(higher)
    return f"must be a multiple of {zones} (the same number of brokers in each zone), got {brokers}. Use {choice}."


def min_insync(replication: int) -> int:
    """Return min.insync.replicas: one less than the replicas, so that writes continue while one broker is down."""
    return max(1, replication - 1)


def server_properties(replication: int, *, express: bool = False) -> str:
    """Return the broker configuration: no automatic topics, no unclean leader election (Apache Kafka, Broker Configs).

    On Express brokers MSK sets the replication settings (MSK, Express brokers read-only configurations).
    """
    properties = {"auto.create.topics.enable": "false"}
    if not express:
        properties |= {
            "default.replication.factor": str(replication),
            "min.insync.replicas": str(min_insync(replication)),
            "unclean.leader.election.enable": "false",
        }
    return "".join(f"{name}={value}\n" for name, value in properties.items())
