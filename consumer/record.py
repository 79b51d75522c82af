"""What a consumer is given to handle."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias


class Record(Protocol):
    """One record of a topic, whatever the service."""

    @property
    def topic(self) -> str:
        """The topic or stream that it was read from."""
        ...

    @property
    def partition(self) -> str:
        """Where in the topic: a partition's number, a shard's id."""
        ...

    @property
    def position(self) -> str:
        """Which one there: an offset, a sequence number, a message's id."""
        ...

    @property
    def key(self) -> bytes | None:
        """What records have in common that keep their order."""
        ...

    @property
    def value(self) -> bytes | None:
        """The content; None says in a compacted topic that the key is gone."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """What the producer said besides."""
        ...

    @property
    def timestamp(self) -> float:
        """When it was written, in seconds since 1970; 0 where the service does not say."""
        ...


Handler: TypeAlias = Callable[[Record], None]
"""Handles one record, and returns once that is done for good; what it raises, it is called again for."""
