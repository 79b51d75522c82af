"""Sizing that all Kafka services share: throughput of a partition, size of a message, stored bytes and copies."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from typing_extensions import override

from components.kafka.config import LARGEST_INT
from components.kafka.topic_settings import KafkaPipeSettings
from components.load import MB, Need, number
from components.settings_bases import ServiceSettings
from components.sizing import Limit, StreamingSizing, kept_bytes

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)
KafkaPipeT = TypeVar("KafkaPipeT", bound=KafkaPipeSettings)

PARTITION = ("bytes", 10 * MB, "a cautious rule of thumb, not a vendor's limit; measure yours")
"""Bytes per second into one partition. Kafka has no such limit."""

RECORD_OVERHEAD = 100
"""Bytes that a batch with one record adds to it: 61 for the batch, the rest for the record's fields (Apache Kafka, Message Format)."""

FREE_DISK = 2
"""Disk for each stored byte. AWS sizes disks to be at most half full (aws/agent-toolkit-for-aws, msk_sizing.py, 2026-08-20)."""


class KafkaSizing(StreamingSizing[SettingsT, KafkaPipeT]):
    """Sizing of a Kafka service."""

    @override
    def largest_message(self, settings: SettingsT) -> Limit:
        return Limit(most=LARGEST_INT, source="Apache Kafka, Topic Configs, max.message.bytes")

    @override
    def partition_limits(self, settings: SettingsT) -> Sequence[tuple[str, float, str]]:
        return [PARTITION]

    @override
    def pipe_needs(self, settings: SettingsT, name: str, pipe: KafkaPipeT) -> Iterator[Need]:
        """Yield the max.message.bytes of the topic for one record of the expected size."""
        if pipe.expect:
            name_of_setting = "max.message.bytes"
            exact, largest = pipe.expect.bytes + RECORD_OVERHEAD, self.largest_message(settings)
            yield Need(
                key=("pipes", name, "topic", "config", name_of_setting),
                what="bytes per message",
                limit="message size",
                exact=exact,
                amount=exact,
                value=str(exact),
                have=int(pipe.topic.config.get(name_of_setting, pipe.topic.default_message_bytes)),
                most=largest.most,
                formula=f"{number(pipe.expect.bytes)} bytes + {RECORD_OVERHEAD} for the batch, of at most {number(largest.most)}",
                source=largest.source,
                scales=False,
                more="Send smaller messages, for example with a reference to an object store.",
                fix="Larger messages also need larger limits in the producers.",
            )


def stored_bytes(pipes: Mapping[str, KafkaPipeSettings]) -> float:
    """Return the bytes of one copy of all records that the brokers keep. A compacted topic is not counted: its size is not known."""
    total = 0.0
    for pipe in pipes.values():
        config = pipe.topic.config
        if "compact" in config.get("cleanup.policy", ""):
            continue
        limit = int(config.get("retention.bytes", -1))
        kept = kept_bytes(pipe)
        total += min(kept, limit * pipe.parallelism) if limit >= 0 else kept
    return total


def partitions(pipes: Mapping[str, KafkaPipeSettings]) -> int:
    """Return the partitions of all topics, with those of dead letters."""
    return sum(pipe.partitions for pipe in pipes.values())
