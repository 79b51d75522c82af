"""Counts what was written against what was handled."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby, pairwise


@dataclass(frozen=True, kw_only=True)
class Handled:
    """That a replica handled a record."""

    at: float
    """By the machine's monotonic clock, in seconds; the same for all processes."""
    replica: str
    partition: int
    offset: int


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What became of the records that were written."""

    written: int
    handled: int
    """How many of them were handled, however often."""
    again: int
    """How often a record was handled that had been handled before."""
    lost: tuple[str, ...]
    """Those that nobody handled, such as `2@117`: offset 117 of partition 2."""
    out_of_order: tuple[str, ...]
    """Those that were handled for the first time before one that stands ahead of them in their partition."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What must not be."""
        found: list[str] = []
        if self.lost:
            found.append(f"{len(self.lost)} of {self.written} messages were lost: {_some(self.lost)}")
        if self.out_of_order:
            found.append(f"{len(self.out_of_order)} messages were handled out of order: {_some(self.out_of_order)}")
        return tuple(found)


def tally(written: Collection[tuple[int, int]], handled: Iterable[Handled]) -> Tally:
    """Compare the partitions and offsets that were written with what was handled.

    Order holds in a partition, and so for each key, if a record is handled for the first time only after all ahead of it; those
    that come again later, after a replica died, do not count against it.
    """
    again, seen, out_of_order = 0, set[tuple[int, int]](), list[str]()
    in_time = sorted(handled, key=lambda each: (each.partition, each.at))
    for partition, each_of in groupby(in_time, key=lambda each: each.partition):
        expected = sorted(offset for where, offset in written if where == partition)
        ahead = 0
        for each in each_of:
            place = (partition, each.offset)
            if place in seen:
                again += 1
                continue
            seen.add(place)
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
    """For each partition, the longest time in which nothing of it was handled, in seconds: from its first message on."""
    pauses: dict[int, float] = {}
    in_time = sorted(handled, key=lambda each: (each.partition, each.at))
    for partition, each_of in groupby(in_time, key=lambda each: each.partition):
        at = [each.at for each in each_of if each.at < until]
        pauses[partition] = max((after - before for before, after in pairwise([*at, until])), default=0.0)
    return pauses


def _some(places: Collection[str]) -> str:
    shown = sorted(places)[:5]
    return ", ".join(shown) + (" and others" if len(places) > len(shown) else "")
