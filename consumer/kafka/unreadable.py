"""Skips records of a Kafka topic that the client cannot read."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from confluent_kafka import KafkaError, Message

from consumer.delivery import Delivery
from consumer.kafka.faults import text_of
from consumer.kafka.retention import KafkaRetention

UNREADABLE_SECONDS = 5.0
"""Seconds during which the client retries a batch before it counts as unreadable: network errors are temporary."""

ERRORS = frozenset({"_BAD_COMPRESSION", "_BAD_MSG"})
"""Errors of a batch that librdkafka cannot decompress or parse. One of them can hit a valid batch: librdkafka
decompresses zstd only up to receive.message.max.bytes (100,000,000; seen with librdkafka 2.16.0), although the
brokers accepted more."""


@dataclass(frozen=True, kw_only=True)
class UnreadableRecord:
    """Record that cannot be read. Only its topic, partition and offset are known."""

    topic: str
    partition: str
    position: str
    key: None = None
    value: None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: float = 0.0


@dataclass(kw_only=True)
class _Batch:
    """Batch that blocks a partition."""

    offset: int
    """Offset of its first record, even if the client starts in the middle."""
    since: float
    seen: float
    error: KafkaError


class KafkaUnreadable:
    """Batches that block a partition. Their records go to the dead letters one by one until a record can be read."""

    def __init__(self, retention: KafkaRetention, delivery: Delivery) -> None:
        self.retention = retention
        self.delivery = delivery
        self.batches: dict[int, _Batch] = {}
        self.skipped: dict[int, int] = {}
        """First offset of the batch whose record was skipped last, by partition."""

    def record_error(self, message: Message, error: KafkaError) -> None:
        """Record an error that was returned in place of a record. The client repeats it about every half second."""
        number, offset, now = message.partition(), message.offset(), time.monotonic()
        if error.name() not in ERRORS or number is None or offset is None:
            return
        known = self.batches.get(number)
        since = known.since if known and known.offset == offset else now
        self.batches[number] = _Batch(offset=offset, since=since, seen=now, error=error)

    def forget(self, numbers: Iterable[int]) -> None:
        """Remove partitions that can be read again or were revoked."""
        if self.batches:
            for number in numbers:
                self.batches.pop(number, None)

    def skip_unreadable(self) -> None:
        """Write the next record of each blocked partition to the dead letters, and continue after it."""
        for number, batch in list(self.batches.items()):
            if batch.seen - batch.since > UNREADABLE_SECONDS or self.skipped.get(number) == batch.offset:
                topic = self.retention.topic
                offset = max(batch.offset, self.retention.expected.get(number, 0))
                record = UnreadableRecord(topic=topic, partition=str(number), position=str(offset))
                self.delivery.write_dead_letter(record, f"the record cannot be read: {text_of(batch.error)}", 1)
                self.retention.skip_to(number, offset + 1)
                self.skipped[number] = batch.offset
                del self.batches[number]
