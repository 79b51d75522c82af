"""Lag of a Kafka member, measured when metrics are read. So it grows also while the handler is stuck or retries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import Message

from consumer.kafka.retention import KafkaRetention
from consumer.status import Status


@dataclass(slots=True)
class _Partition:
    """What is known about an assigned partition. All times are in seconds since 1970."""

    end: int = 0
    """Offset at which the client last found no more records. The offsets before it can be those of transactions."""
    complete_at: float = 0.0
    """Time at which all records were last handled."""
    written_at: float = 0.0
    """Timestamp of the last handled record. 0 if unknown."""
    next: int = -1
    """First unhandled offset at the last measurement."""
    waiting_since: float = 0.0
    """Time of the measurement that first found that offset unhandled."""


class KafkaLag:
    """Unhandled records of each partition: their number, and the time at which the oldest was written.

    The number comes from the end of the log at the last poll. While a handler is stuck, later records are not counted:
    the client cannot be asked on another thread, because it admits one call at a time (confluent-kafka 2.16).

    The time is the oldest record's timestamp. By default the producer's clock sets it (`message.timestamp.type`), and
    it can be missing. So it is limited: not before all records were last handled, and not after the record was
    first found unhandled.
    """

    def __init__(self, retention: KafkaRetention, status: Status) -> None:
        self.retention = retention
        self.status = status
        self.batch: Sequence[Message] = ()
        self.last: Mapping[int, Message] = {}
        self.partitions: dict[int, _Partition] = {}

    def begin(self, batch: Sequence[Message], last: Mapping[int, Message]) -> None:
        """Set the batch that is being handled. `last` will get the last handled message of each partition."""
        self.batch, self.last = batch, last

    def record_handled(self, last: Mapping[int, Message]) -> None:
        """Record the last handled message of each partition."""
        for number, message in last.items():
            self._partition(number).written_at = _written_at(message)

    def record_end(self, message: Message) -> None:
        """Record that the client found no record at an offset, and has returned all before it."""
        self._partition(message.partition() or 0).end = message.offset() or 0

    def forget(self, numbers: Iterable[int]) -> None:
        """Remove revoked partitions."""
        self.batch, self.last = (), {}
        for number in numbers:
            self.partitions.pop(number, None)

    def measure(self) -> None:
        """Update the status. Called on other threads, also while a record is handled. Does not call the client."""
        now, records, oldest = self.status.wall_clock(), dict[str, int](), dict[str, float | None]()
        waiting = self._waiting()
        for number, (start, end) in list(self.retention.logs.items()):
            first = self._first_unhandled(number, start, waiting.get(number))
            if first >= 0 and end >= 0:
                records[str(number)] = max(0, end - first)
                oldest[str(number)] = self._oldest(number, first, end, waiting.get(number), now)
        self.status.lag_records, self.status.oldest = records, oldest

    def _waiting(self) -> dict[int, Message]:
        """Return the first unhandled message of each partition in the batch."""
        found: dict[int, Message] = {}
        for message in self.batch:
            number = message.partition() or 0
            if number in found or message.error():
                continue
            handled = self.last.get(number)
            if handled is None or (message.offset() or 0) > (handled.offset() or 0):
                found[number] = message
        return found

    def _first_unhandled(self, number: int, start: int, waiting: Message | None) -> int:
        """Return the first offset that is not handled. Below 0 if it is not known."""
        known = self.retention.expected.get(number, -1)
        if number in self.last:
            known = max(known, (self.last[number].offset() or 0) + 1)
        if waiting is not None:
            return max(known, waiting.offset() or 0)
        if known < 0 and number not in self.retention.new:
            return -1
        return max(known, self._partition(number).end, start)

    def _oldest(self, number: int, first: int, end: int, waiting: Message | None, now: float) -> float | None:
        """Return the time at which the first unhandled record was written. None if all records are handled."""
        partition = self._partition(number)
        if first >= end:
            partition.complete_at = now
            return None
        if partition.next != first:
            partition.next, partition.waiting_since = first, now
        written_at = _written_at(waiting) if waiting is not None and waiting.offset() == first else partition.written_at
        return max(min(written_at or now, partition.waiting_since), partition.complete_at)

    def _partition(self, number: int) -> _Partition:
        return self.partitions.setdefault(number, _Partition())


def _written_at(message: Message) -> float:
    """Return the timestamp of a message in seconds since 1970. 0 if it has none (-1)."""
    return max(0, message.timestamp()[1]) / 1000
