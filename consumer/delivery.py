"""Hands records to the handler until they are handled, or set aside: never lost, and never in the way of those after them."""

import logging
from dataclasses import dataclass, field
from threading import Event
from typing import Protocol

from consumer.errors import ConsumerError
from consumer.record import Handler, Record
from consumer.status import Status

LOGGER = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between two tries: doubled each time, up to the longest."""


class DeadLetters(Protocol):
    """Where records are kept that could not be handled."""

    def put(self, record: Record, *, reason: str, tries: int) -> None:
        """Keep a record, and return once the service has it for good; raise ConsumerError if it does not take it."""
        ...


@dataclass(frozen=True, kw_only=True)
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
        except Exception as error:  # noqa: BLE001 - whatever a handler raises
            return self._again(record, error)
        self.status.handled += 1
        return True

    def _again(self, record: Record, error: Exception) -> bool:
        """Try a record again after its first failure, ever more seldom, then set it aside."""
        pause, tried = FIRST_PAUSE, 1
        while True:
            self.status.failed += 1
            reason = f"{type(error).__name__}: {error}"
            place = f"{record.topic}[{record.partition}] {record.position}"
            LOGGER.warning(
                "%s: try %d of %d failed: %s", place, tried, self.tries, type(error).__name__, exc_info=error
            )
            if tried >= self.tries:
                break
            if self.stopping.wait(pause):
                return False
            pause = min(2 * pause, LONGEST_PAUSE)
            self.status.poll()
            try:
                self.handle(record)
            except Exception as again:  # noqa: BLE001 - as above
                error, tried = again, tried + 1
            else:
                self.status.handled += 1
                return True
        if self.dead_letters is None:
            raise ConsumerError(f"{place} cannot be handled, and there is nowhere to set it aside: {reason}")
        self.dead_letters.put(record, reason=reason, tries=tried)
        self.status.dead += 1
        LOGGER.error("%s: set aside after %d tries", place, tried)
        return True
