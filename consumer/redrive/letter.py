"""A dead letter, the selection of some of them, and where a service keeps them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from consumer.errors import ConsumerError


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One dead letter: the record that could not be handled, and why."""

    position: str
    """Offset, sequence number or message ID in the dead letters."""
    topic: str
    """Topic or stream that the record came from."""
    partition: str
    """Partition or shard that the record came from. Empty on Pub/Sub."""
    origin: str
    """Position of the record in its topic. Empty on Pub/Sub, which does not keep it."""
    reason: str
    tries: str
    """Number of attempts. Empty if unknown."""
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    """Headers of the record, without those that describe the failure."""
    incomplete: str = ""
    """Why it cannot be replayed. Empty if it contains the whole record."""
    receipt: str = ""
    """ID to acknowledge it with. Only on Pub/Sub."""

    @property
    def source(self) -> str:
        """Place of the record in its topic, such as `orders[1] 179`."""
        return f"{self.topic}[{self.partition}] {self.origin}" if self.partition else self.topic


class Store(Protocol):
    """Dead letters of one pipe."""

    name: str
    """Name of the topic, stream or subscription that keeps the dead letters."""
    unmarked: str
    """Why a dead letter cannot be marked as handled on this service. Empty if it can."""

    def letters(self) -> Iterator[Letter]:
        """Yield the dead letters that exist now and are not marked, oldest first. Raises ConsumerError."""
        ...

    def replay(self, letters: Sequence[Letter]) -> Sequence[str | ConsumerError]:
        """Write records to their source, and wait for the confirmations.

        Return for each its new place, or why it was not written.
        """
        ...

    def mark(self, letters: Sequence[Letter]) -> None:
        """Mark dead letters as handled, so that they are not offered again. Raises ConsumerError."""
        ...

    def close(self) -> None:
        """Release dead letters that are not marked, and close the connections."""
        ...


class SelectionError(Exception):
    """A wrong selection, in one line."""


@dataclass(frozen=True)
class Selection:
    """Dead letters by position, by reason, or both. Without either, all of them.

    Raises SelectionError.
    """

    positions: Sequence[str] = ()
    """Positions, or ranges such as `5-9`, which include both ends."""
    reason: str = ""
    """Text that the reason contains."""

    def __post_init__(self) -> None:
        for each in self.positions:
            match = re.fullmatch(r"(\d+)-(\d+)|\w+", each, re.ASCII)
            if match is None or (match[1] and int(match[1]) > int(match[2])):
                raise SelectionError(
                    f"POSITION: must be a position or a range FIRST-LAST, got {each!r}. Use for example 5 or 5-9."
                )

    def __contains__(self, letter: Letter) -> bool:
        """Return whether the dead letter is selected."""
        if self.reason not in letter.reason:
            return False
        return not self.positions or any(_covers(each, letter.position) for each in self.positions)


def _covers(selected: str, position: str) -> bool:
    first, dash, last = selected.partition("-")
    if not dash:
        return selected == position
    return position.isdigit() and int(first) <= int(position) <= int(last)
