"""Delivery of records to the handler with retries and dead letters. No record is lost or blocks the records after it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Protocol

from consumer.batches import Batches
from consumer.errors import ConsumerError, name_of
from consumer.record import Handler, Record
from consumer.status import LIVE_SECONDS, Status

LOGGER = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Seconds between two attempts. The pause doubles after each attempt, up to the longest."""

RETRY_SECONDS = LIVE_SECONDS / 2
"""Seconds without a poll after which no new attempt starts. Otherwise the group could declare this consumer dead during
an attempt and give the record to another replica. The remaining time is for the last attempt and the dead letter."""


class DeadLetters(Protocol):
    """Storage for records that could not be handled."""

    def put(self, record: Record, *, reason: str, tries: int) -> None:
        """Store a record and return when the service has confirmed it. Raise ConsumerError if the service rejects it."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """Delivers one record at a time, or a batch."""

    handle: Handler
    """Handles one record, also if the handler takes batches."""
    batches: Batches = field(default_factory=Batches)
    """Limits of batches. By default, the handler takes single records."""
    tries: int
    """Maximum number of attempts per record before it goes to the dead letters."""
    dead_letters: DeadLetters | None
    """None if dead letters are disabled. The consumer then exits at a record that cannot be handled, and starts with it
    again."""
    status: Status
    stopping: Event = field(default_factory=Event)
    """Set when the consumer must stop."""

    def deliver(self, record: Record) -> bool:
        """Deliver a record.

        Return True if it is done, False if the consumer stopped first and the record must be delivered again.
        """
        try:
            self.handle(record)
        except BaseException as error:  # noqa: BLE001 - CancelledError and PanicException do not inherit from Exception
            return self._retry(record, error)
        self.status.handled += 1
        return True

    def deliver_once(self, record: Record, attempt: str) -> bool:
        """Deliver a record once. False if the handler raised. For services with their own redelivery and dead letters."""
        try:
            self.handle(record)
        except BaseException as error:  # noqa: BLE001 - as above
            self._record_failure(record, error, attempt)
            self.batches.failed(1)
            return False
        self.status.handled += 1
        return True

    def deliver_next(self, records: Sequence[Record]) -> int:
        """Deliver the first of these records, in one call of the handler. Return how many are done.

        0: the batch failed, and the next call gets fewer records, or the consumer stopped.
        """
        size = min(self.batches.size, len(records))
        done = self.deliver_batch(records[:size]) if size > 1 else self.deliver(records[0])
        return size if done else 0

    def deliver_batch(self, records: Sequence[Record]) -> bool:
        """Deliver a batch of at least two records once. False if the handler raised: then the next one has fewer."""
        first, size = records[0], len(records)  # the handler may change the list
        try:
            self.batches.handle(records)
        except BaseException as error:  # noqa: BLE001 - as above
            self._record_failure(first, error, f"the batch of {size} records that starts here")
            self.batches.failed(size)
            return False
        self.status.handled += size
        self.batches.succeeded(size)
        return True

    def _retry(self, record: Record, error: BaseException) -> bool:
        """Retry a record after its first failure with growing pauses, then write it to the dead letters."""
        pause, tried = FIRST_PAUSE, 1
        while True:
            self._record_failure(record, error, f"attempt {tried} of {self.tries}")
            if tried >= self.tries or self.status.seconds_since_poll > RETRY_SECONDS:
                break
            if self.stopping.wait(pause):
                return False
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                self.handle(record)
            except BaseException as again:  # noqa: BLE001 - as above
                error, tried = again, tried + 1
            else:
                self.status.handled += 1
                return True
        self.write_dead_letter(record, name_of(error), tried)
        return True

    def write_dead_letter(self, record: Record, reason: str, tried: int) -> None:
        """Write a record to the dead letters. Raise ConsumerError if they are disabled."""
        if self.dead_letters is None:
            raise ConsumerError(
                f"{_position(record)}: cannot be handled, and dead letters are disabled: {_one_line(reason)}"
            )
        self.dead_letters.put(record, reason=reason, tries=tried)
        self.status.count_dead()
        self.batches.failed(1)
        LOGGER.error("%s: written to the dead letters after %d attempts", _position(record), tried)

    def _record_failure(self, record: Record, error: BaseException, attempt: str) -> None:
        """Count and log a failed attempt. Raise ConsumerError if the handler tried to exit the process."""
        position = _position(record)
        if isinstance(error, (SystemExit, KeyboardInterrupt)):
            raise ConsumerError(f"{position}: the handler exited the process: {_one_line(name_of(error))}") from None
        self.status.failed += 1
        try:
            LOGGER.warning("%s: %s failed: %s", position, attempt, type(error).__name__, exc_info=error)
        except BaseException:  # noqa: BLE001 - properties of the error, such as __notes__, run while its traceback is written
            LOGGER.warning(
                "%s: %s failed: %s, whose traceback cannot be written", position, attempt, type(error).__name__
            )


def _position(record: Record) -> str:
    return f"{record.topic}[{record.partition}] {record.position}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
