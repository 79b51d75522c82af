"""Hands records to the handler until they are handled, or set aside: never lost, and never in the way of those after them."""

import logging
from dataclasses import dataclass, field
from threading import Event
from typing import Protocol

from consumer.errors import ConsumerError, name_of
from consumer.record import Handler, Record
from consumer.status import LIVE_SECONDS, Status

LOGGER = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Seconds between two tries: doubled each time, up to the longest."""

PATIENCE = LIVE_SECONDS / 2
"""After how many seconds without asking for more no new try of a record begins, since the group would take the consumer for dead in the
middle of one, and give the record to another while this one still has it. What is left is for the last try and the dead letter."""


class DeadLetters(Protocol):
    """Where records are kept that could not be handled."""

    def put(self, record: Record, *, reason: str, tries: int) -> None:
        """Keep a record, and return once the service has it for good; raise ConsumerError if it does not take it."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """Delivers one record at a time."""

    handle: Handler
    tries: int
    """How often a record is handed to the handler before it is set aside."""
    dead_letters: DeadLetters | None
    """None where records are not set aside: then the consumer ends at one that cannot be handled, and starts again with it."""
    status: Status
    stopping: Event = field(default_factory=Event)
    """Set once the consumer is to stop."""

    def deliver(self, record: Record) -> bool:
        """Deliver a record; True once it need not come again, False if the consumer was to stop before."""
        try:
            self.handle(record)
        except BaseException as error:  # noqa: BLE001 - a handler's CancelledError and PanicException are no Exception
            return self._again(record, error)
        self.status.handled += 1
        return True

    def once(self, record: Record, attempt: str) -> bool:
        """Deliver a record one time; False if the handler raised. For services that deliver it again, and set it aside, themselves."""
        try:
            self.handle(record)
        except BaseException as error:  # noqa: BLE001 - as above
            self._failed(record, error, attempt)
            return False
        self.status.handled += 1
        return True

    def _again(self, record: Record, error: BaseException) -> bool:
        """Try a record again after its first failure, ever more seldom, then set it aside."""
        pause, tried = FIRST_PAUSE, 1
        while True:
            self._failed(record, error, f"try {tried} of {self.tries}")
            if tried >= self.tries or self.status.silent > PATIENCE:
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
        self.set_aside(record, name_of(error), tried)
        return True

    def set_aside(self, record: Record, reason: str, tried: int) -> None:
        """Keep a record among the dead letters; ConsumerError if there are none."""
        if self.dead_letters is None:
            raise ConsumerError(
                f"{_place(record)} cannot be handled, and there is nowhere to set it aside: {_line(reason)}"
            )
        self.dead_letters.put(record, reason=reason, tries=tried)
        self.status.dead += 1
        LOGGER.error("%s: set aside after %d tries", _place(record), tried)

    def _failed(self, record: Record, error: BaseException, attempt: str) -> None:
        """Count and log that the handler raised; raise ConsumerError if it asked the process to exit."""
        place = _place(record)
        if isinstance(error, (SystemExit, KeyboardInterrupt)):
            raise ConsumerError(f"{place}: the handler ended the consumer: {_line(name_of(error))}") from None
        self.status.failed += 1
        try:
            LOGGER.warning("%s: %s failed: %s", place, attempt, type(error).__name__, exc_info=error)
        except BaseException:  # noqa: BLE001 - properties of the error, such as __notes__, run while its traceback is written
            LOGGER.warning("%s: %s failed: %s, whose traceback cannot be written", place, attempt, type(error).__name__)


def _place(record: Record) -> str:
    return f"{record.topic}[{record.partition}] {record.position}"


def _line(text: str) -> str:
    return " ".join(text.split())
