"""Interface between the consumer and a handler."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias


class Record(Protocol):
    """One record of a topic, on any service."""

    @property
    def topic(self) -> str:
        """Topic or stream of the record."""
        ...

    @property
    def partition(self) -> str:
        """Partition number or shard ID."""
        ...

    @property
    def position(self) -> str:
        """Offset, sequence number, fragment number or message ID."""
        ...

    @property
    def key(self) -> bytes | None:
        """Key of the record. Records with the same key keep their order."""
        ...

    @property
    def value(self) -> bytes | None:
        """Content of the record. None is a tombstone in a compacted topic."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Headers set by the producer."""
        ...

    @property
    def timestamp(self) -> float:
        """Time of writing in seconds since 1970. 0 if the service does not report it."""
        ...


Handler: TypeAlias = Callable[[Record], None]
"""Handles one record and returns when it is done. If it raises, the record is delivered again."""

BatchHandler: TypeAlias = Callable[[Sequence[Record]], None]
"""Handles records of one partition in their order and returns when all are done. If it raises, they are delivered again in
smaller batches."""
