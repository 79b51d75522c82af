"""Compares the written messages with the handled messages."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby, pairwise


@dataclass(frozen=True, kw_only=True)
class Handled:
    """A message handled by a replica."""

    at: float
    """Seconds of the machine's monotonic clock, which all processes share."""
    replica: str
    partition: int
    offset: int


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Handled, redelivered, lost and reordered messages."""

    written: int
    handled: int
    """Number of written messages that were handled at least once."""
    again: int
    """Number of repeated deliveries."""
    lost: tuple[str, ...]
    """Messages that were not handled, such as `2@117`: offset 117 of partition 2."""
    out_of_order: tuple[str, ...]
    """Messages whose first delivery came before that of an earlier message in their partition."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Problems: lost messages, and messages out of order."""
        found: list[str] = []
        if self.lost:
            found.append(f"{len(self.lost)} of {self.written} messages were lost: {some(self.lost)}")
        if self.out_of_order:
            found.append(f"{len(self.out_of_order)} messages were handled out of order: {some(self.out_of_order)}")
        return tuple(found)


def tally(written: Collection[tuple[int, int]], handled: Iterable[Handled]) -> Tally:
    """Compare the written partitions and offsets with the handled messages.

    A partition, and so each key, is in order if the first delivery of each message comes after those of all earlier messages.
    Redeliveries after a replica died do not count.
    """
    again, seen, out_of_order = 0, set[tuple[int, int]](), list[str]()
    in_time = sorted(handled, key=lambda each: (each.partition, each.at))
    for partition, each_of in groupby(in_time, key=lambda each: each.partition):
        expected = sorted(offset for where, offset in written if where == partition)
        ahead = 0
        for each in each_of:
            position = (partition, each.offset)
            if position in seen:
                again += 1
                continue
            seen.add(position)
            while ahead < len(expected) and (partition, expected[ahead]) in seen:
                ahead += 1
            if ahead < len(expected) and expected[ahead] < each.offset:
                out_of_order.append(f"{partition}@{each.offset}")
    wanted = set(written)
    return Tally(
        written=len(wanted),
        handled=len(wanted & seen),
        again=again,
        lost=tuple(f"{partition}@{offset}" for partition, offset in sorted(wanted - seen)),
        out_of_order=tuple(out_of_order),
    )


def longest_pauses(handled: Iterable[Handled], until: float) -> dict[int, float]:
    """Return the longest time without a handled message per partition, in seconds after its first message."""
    pauses: dict[int, float] = {}
    in_time = sorted(handled, key=lambda each: (each.partition, each.at))
    for partition, each_of in groupby(in_time, key=lambda each: each.partition):
        at = [each.at for each in each_of if each.at < until]
        pauses[partition] = max((after - before for before, after in pairwise([*at, until])), default=0.0)
    return pauses


def some(positions: Collection[str]) -> str:
    """Return the first five positions."""
    shown = sorted(positions)[:5]
    return ", ".join(shown) + (" and others" if len(positions) > len(shown) else "")
