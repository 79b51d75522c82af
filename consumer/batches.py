"""Batches: the handler of a batch, its limits, and the search for a record at fault."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from consumer.record import BatchHandler, Record
from consumer.variables import Variables

RecordT = TypeVar("RecordT", bound=Record)

RECORDS, MILLISECONDS, BYTES = 500, 100, 16_000_000
"""Defaults of STREAM_BATCH_RECORDS, STREAM_BATCH_MILLISECONDS and STREAM_BATCH_BYTES. The first two are also those of
`consumer.batch` in a stack file."""


def _no_batches(records: Sequence[Record]) -> None:
    """Refuse a batch. It is never called: without a batch handler, every batch has one record, which the other handler gets."""
    raise NotImplementedError(len(records))


@dataclass(kw_only=True, slots=True)
class Batches:
    """Batch handler with its limits, and how many records it gets in its next call.

    Without a batch handler, every batch is one record, which the handler of single records gets.

    A batch that failed is split in halves until one record is left. That record is delivered as a single one. If it
    cannot be handled, the next batch has one record, and each batch that is handled doubles the next one. So while
    everything fails, records are tried one by one, not in batch after batch that cannot succeed.
    """

    handle: BatchHandler = _no_batches
    records: int = 1
    """Maximum records of a batch."""
    seconds: float = 0.0
    """Maximum seconds that the first record of a batch waits for others."""
    bytes: int = 1
    """Target size of a batch: the sum of its values."""
    size: int = field(init=False)
    """Maximum records of the next batch."""
    suspects: int = field(init=False, default=0)
    """Number of next records that failed as one batch. One of them is at fault, or was."""

    def __post_init__(self) -> None:
        self.size = self.records

    def handle_one(self, record: Record) -> None:
        """Handle a batch of one record."""
        self.handle([record])
        self.succeeded(1)

    def succeeded(self, records: int) -> None:
        """Record that the next records are handled."""
        self.suspects = max(0, self.suspects - records)
        self.size = max(1, self.suspects // 2) if self.suspects else min(2 * self.size, self.records)

    def failed(self, records: int) -> None:
        """Record that a batch failed. If it had one record, that record is not delivered again here."""
        self.suspects = records if records > 1 else max(0, self.suspects - 1)
        self.size = max(1, records // 2)


class Waiting(Generic[RecordT]):
    """Records that wait until their batch is complete."""

    def __init__(self, batches: Batches, clock: Callable[[], float] = time.monotonic) -> None:
        self.batches = batches
        self.clock = clock
        self.records: list[RecordT] = []
        self._bytes = 0
        self._since = 0.0

    def add(self, record: RecordT) -> None:
        """Add the next record."""
        if not self.records:
            self._bytes, self._since = 0, self.clock()
        self.records.append(record)
        self._bytes += len(record.value or b"")

    @property
    def seconds_left(self) -> float:
        """Seconds until the batch is due. 0 if it is complete, or its first record has waited long enough."""
        batches = self.batches
        if len(self.records) >= batches.records or self._bytes >= batches.bytes:
            return 0.0
        return max(0.0, self._since + batches.seconds - self.clock())

    def take(self) -> list[RecordT]:
        """Return the records and remove them."""
        taken, self.records = self.records, []
        return taken


def read(handle: BatchHandler | None, variables: Variables) -> Batches:
    """Return the batches that the environment configures, and record all errors in it.

    Without a batch handler, the environment must not configure batches: the handler would get single records.
    """
    if handle is None:
        if variables.optional("STREAM_BATCH_RECORDS"):
            variables.errors.append(
                "STREAM_BATCH_RECORDS: must not be set (the handler defines handle(record), which gets single records). "
                "Remove consumer.batch from the stack file, or define handle_batch(records) instead."
            )
        return Batches()
    return Batches(
        handle=handle,
        records=variables.number("STREAM_BATCH_RECORDS", RECORDS),
        seconds=variables.number("STREAM_BATCH_MILLISECONDS", MILLISECONDS) / 1000,
        bytes=variables.number("STREAM_BATCH_BYTES", BYTES),
    )
