"""Passes over records of a Kafka topic that the client cannot read."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from confluent_kafka import KafkaError, Message

from consumer.delivery import Delivery
from consumer.kafka.faults import text_of
from consumer.kafka.retention import KafkaRetention

UNREADABLE_SECONDS = 5.0
"""Seconds in which the client reads a batch again and again, before it counts as unreadable: a fault of the network passes."""

ERRORS = frozenset({"_BAD_COMPRESSION", "_BAD_MSG"})
"""Errors of a batch that librdkafka cannot decompress or parse. One is in good order: by zstd it decompresses no more than
receive.message.max.bytes (100,000,000; seen with librdkafka 2.16.0), whatever the brokers have taken."""


@dataclass(frozen=True, kw_only=True)
class UnreadableRecord:
    """A record of which only the place is known."""

    topic: str
    partition: str
    position: str
    key: None = None
    value: None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: float = 0.0


@dataclass(kw_only=True)
class _Batch:
    """A batch that stops a partition."""

    offset: int
    """That of its first record, also where the client reads from one in the middle."""
    since: float
    seen: float
    error: KafkaError


class KafkaUnreadable:
    """The batches that stop a partition, whose records are set aside one after the other until one can be read."""

    def __init__(self, retention: KafkaRetention, delivery: Delivery) -> None:
        self.retention = retention
        self.delivery = delivery
        self.batches: dict[int, _Batch] = {}
        self.skipped: dict[int, int] = {}
        """The first offset of the batch of which a record was set aside last, by partition."""

    def note(self, message: Message, error: KafkaError) -> None:
        """Take an error that came in place of a record: the same comes about each half second while it lasts."""
        number, offset, now = message.partition(), message.offset(), time.monotonic()
        if error.name() not in ERRORS or number is None or offset is None:
            return
        known = self.batches.get(number)
        since = known.since if known and known.offset == offset else now
        self.batches[number] = _Batch(offset=offset, since=since, seen=now, error=error)

    def forget(self, numbers: Iterable[int]) -> None:
        """Forget partitions that are read again, or are another member's."""
        if self.batches:
            for number in numbers:
                self.batches.pop(number, None)

    def pass_over(self) -> None:
        """Set aside the next record of each partition that has been stopped for long, and go on after it."""
        for number, batch in list(self.batches.items()):
            if batch.seen - batch.since > UNREADABLE_SECONDS or self.skipped.get(number) == batch.offset:
                topic = self.retention.topic
                offset = max(batch.offset, self.retention.expected.get(number, 0))
                record = UnreadableRecord(topic=topic, partition=str(number), position=str(offset))
                self.delivery.set_aside(record, f"the record cannot be read: {text_of(batch.error)}", 1)
                self.retention.skip_to(number, offset + 1)
                self.skipped[number] = batch.offset
                del self.batches[number]
