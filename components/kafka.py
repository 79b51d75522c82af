"""What Kafka takes: the settings of a topic and their values, and how the members of a group share its partitions."""

import re
from collections.abc import Callable, Mapping

from components.section import unknown

WHOLE_NUMBERS = (".bytes", ".messages", ".ms")
"""How the names of settings end whose values are whole numbers; -1 is no limit (Apache Kafka, Topic Configs)."""

TOPIC_SETTINGS = frozenset(
    [
        "cleanup.policy",
        "compression.type",
        "delete.retention.ms",
        "file.delete.delay.ms",
        "flush.messages",
        "flush.ms",
        "index.interval.bytes",
        "max.compaction.lag.ms",
        "max.message.bytes",
        "message.timestamp.after.max.ms",
        "message.timestamp.before.max.ms",
        "message.timestamp.type",
        "min.cleanable.dirty.ratio",
        "min.compaction.lag.ms",
        "preallocate",
        "retention.bytes",
        "segment.bytes",
        "segment.index.bytes",
        "segment.jitter.ms",
        "segment.ms",
    ]
)
"""The settings of a topic that a pipe may choose where nothing but its brokers keeps records (Apache Kafka, Topic Configs)."""

KEPT_SETTINGS: Mapping[str, str] = {
    "min.insync.replicas": "it follows from the number of copies",
    "retention.ms": "retentionHours says it",
    "unclean.leader.election.enable": "a leader without all records would lose some that were acknowledged",
}
"""Those that no pipe may choose, since the program does, and why."""

FIRST_BY_BROKERS = 4
"""The first major version whose brokers deal a topic's partitions out to the members of a group (KIP-848)."""

BYTES_OF_A_RECORD = "max.message.bytes"
LARGEST_NUMBER = 2**31 - 1
"""The most that max.message.bytes may be; it may not be -1 either (Apache Kafka, Topic Configs)."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "cleanup.policy": ("delete", "compact", "compact,delete", "delete,compact"),
    "compression.type": ("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
    "message.timestamp.type": ("CreateTime", "LogAppendTime"),
    "preallocate": ("true", "false"),
}
"""The values of settings that have few (Apache Kafka, Topic Configs)."""


def setting_names(
    known: frozenset[str], *, what: str = "a setting of Kafka topics", kept: Mapping[str, str] = KEPT_SETTINGS
) -> Callable[[str], str]:
    """A check that a name is one of the known settings, which raises ValueError where it is none, or where the program sets it."""

    def check(name: str) -> str:
        if name in kept:
            raise ValueError(f"is not for a pipe to set: {kept[name]}; remove it")
        if name not in known:
            raise ValueError(f"is not {what}; {unknown(name, known)}")
        return name

    return check


def known_values(config: Mapping[str, str]) -> Mapping[str, str]:
    """Return a topic's settings, or raise ValueError where Kafka would refuse the value of one, after the cluster was made."""
    for name, value in config.items():
        if name.endswith(WHOLE_NUMBERS) and not re.fullmatch(r"-1|\d+", value):
            raise ValueError(f'{name} must be a whole number in quotes, such as "1000000", not {value!r}; correct it')
        if name == BYTES_OF_A_RECORD and not 0 <= int(value) <= LARGEST_NUMBER:
            raise ValueError(f"{name} must be from 0 to {LARGEST_NUMBER}, not {value!r}; correct it")
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"{name} must be one of {' or '.join(CHOICES[name])}, not {value!r}; choose one of them")
    return config


def group_protocol(version: str) -> dict[str, str]:
    """What consumers are told of how they share partitions, by the brokers' version, such as 4.1.2 or 4.1.x.kraft.

    From 4.0 on the brokers themselves deal partitions out (Apache Kafka, Consumer Rebalance Protocol); before, consumers do, and need
    not be told.
    """
    return {"KAFKA_GROUP_PROTOCOL": "consumer"} if int(version.split(".", maxsplit=1)[0]) >= FIRST_BY_BROKERS else {}
