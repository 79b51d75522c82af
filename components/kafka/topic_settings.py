"""What Kafka takes: the names of a topic's settings, and how the members of a group share its partitions."""

from collections.abc import Callable, Mapping, Set

from components.kafka.config import DEFINITIONS
from components.section import unknown

TOPIC_SETTINGS = DEFINITIONS.keys() - {"local.retention.bytes"}
"""The settings of a topic that a pipe may choose where nothing but its brokers keeps records."""

KEPT_SETTINGS: Mapping[str, str] = {
    "min.insync.replicas": "it follows from the number of copies",
    "retention.ms": "retentionHours says it",
    "unclean.leader.election.enable": "a leader without all records would lose some that were acknowledged",
}
"""Those that no pipe may choose, since the program does, and why."""

FIRST_BY_BROKERS = 4
"""The first major version whose brokers deal a topic's partitions out to the members of a group (KIP-848)."""


def setting_names(
    known: Set[str], *, what: str = "a setting of Kafka topics", kept: Mapping[str, str] = KEPT_SETTINGS
) -> Callable[[str], str]:
    """A check that a name is one of the known settings, which raises ValueError where it is none, or where the program sets it."""

    def check(name: str) -> str:
        if name in kept:
            raise ValueError(f"is not for a pipe to set: {kept[name]}; remove it")
        if name not in known:
            raise ValueError(f"is not {what}. {unknown(name, known)}")
        return name

    return check


def group_protocol(version: str) -> dict[str, str]:
    """What consumers are told of how they share partitions, by the brokers' version, such as 4.1.2 or 4.1.x.kraft.

    From 4.0 on the brokers themselves deal partitions out (Apache Kafka, Consumer Rebalance Protocol); before, consumers do, and need
    not be told.
    """
    return {"KAFKA_GROUP_PROTOCOL": "consumer"} if int(version.split(".", maxsplit=1)[0]) >= FIRST_BY_BROKERS else {}
