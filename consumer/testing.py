"""Pytest fixtures for the tests of a handler: `record` and `deliver`. Load them with the option `-p consumer.testing`."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from threading import Event
from typing import Protocol

import pytest
from typing_extensions import override

from consumer.batches import RECORDS, Batches
from consumer.delivery import Delivery
from consumer.load_handler import handlers_of
from consumer.record import Record
from consumer.run import TRIES
from consumer.status import Status


@dataclass(frozen=True, kw_only=True)
class MemoryRecord:
    """A record in memory."""

    topic: str
    partition: str
    position: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    timestamp: float


@dataclass(frozen=True, kw_only=True)
class MemoryDeadLetter:
    """A record that the handler could not handle."""

    record: Record
    reason: str
    """Type and text of the last exception."""
    tries: int
    """Number of attempts."""


@dataclass(kw_only=True)
class Delivered:
    """Result of a delivery."""

    handled: int = 0
    """Number of handled records."""
    failed: int = 0
    """Handler calls that raised an exception."""
    dead_letters: list[MemoryDeadLetter] = field(default_factory=list[MemoryDeadLetter])

    def put(self, record: Record, *, reason: str, tries: int) -> None:
        """Store a dead letter."""
        self.dead_letters.append(MemoryDeadLetter(record=record, reason=reason, tries=tries))


class MakeRecord(Protocol):
    """Makes a record. Positions count up in each partition.

    The value is bytes, text (written as UTF-8), None (a tombstone), or any other value, which is written as JSON.
    """

    def __call__(
        self,
        value: object = b"",
        *,
        key: bytes | str | None = None,
        headers: Iterable[tuple[str, bytes]] = (),
        topic: str = "orders",
        partition: str = "0",
        position: str | None = None,
        timestamp: float = 0.0,
    ) -> Record:
        """Return the record."""
        ...


class Deliver(Protocol):
    """Delivers records to a handler in memory, with the consumer's own retries and dead letters, but without pauses.

    The handler is the module handler.py, or another object that has `handle` or `handle_batch`. Batches are as large as
    the records of a partition allow. A failing record gets `tries` attempts.

    Raises ConsumerError if the handler is wrong, or if it exits the process.
    """

    def __call__(self, handler: object, records: Iterable[Record], *, tries: int = TRIES) -> Delivered:
        """Return what was handled, and the dead letters."""
        ...


class _NoPause(Event):
    """Event whose wait returns immediately, so that retries have no pauses."""

    @override
    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


@pytest.fixture
def record() -> MakeRecord:
    """Return a function that makes records."""
    positions: dict[tuple[str, str], count[int]] = {}

    def make(
        value: object = b"",
        *,
        key: bytes | str | None = None,
        headers: Iterable[tuple[str, bytes]] = (),
        topic: str = "orders",
        partition: str = "0",
        position: str | None = None,
        timestamp: float = 0.0,
    ) -> Record:
        next_position = next(positions.setdefault((topic, partition), count()))
        return MemoryRecord(
            topic=topic,
            partition=partition,
            position=str(next_position) if position is None else position,
            key=key.encode() if isinstance(key, str) else key,
            value=_bytes(value),
            headers=tuple(headers),
            timestamp=timestamp,
        )

    return make


def _bytes(value: object) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value)).encode()


@pytest.fixture
def deliver() -> Deliver:
    """Return a function that delivers records to a handler."""
    return _deliver


def _deliver(handler: object, records: Iterable[Record], *, tries: int = TRIES) -> Delivered:
    found = handlers_of(handler, getattr(handler, "__file__", None) or repr(handler))
    handle_batch = found.get("handle_batch")
    limits = Batches(handle=handle_batch, records=RECORDS) if handle_batch else Batches()
    delivered, status = Delivered(), Status()
    delivery = Delivery(
        handle=found.get("handle") or limits.handle_one,
        batches=limits,
        tries=tries,
        dead_letters=delivered,
        status=status,
        stopping=_NoPause(),
    )
    partitions: dict[tuple[str, str], list[Record]] = {}
    for each in records:
        partitions.setdefault((each.topic, each.partition), []).append(each)
    for waiting in partitions.values():
        while waiting:
            del waiting[: delivery.deliver_next(waiting)]
    delivered.handled, delivered.failed = status.handled, status.failed
    return delivered
