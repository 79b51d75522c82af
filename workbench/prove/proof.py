"""Results of `prove`."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from workbench.equation import counted
from workbench.prove.tally import Tally

Owners = Mapping[str, tuple[int, ...]]
"""Partitions assigned to each replica, as reported by the broker."""


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """Assignment of a topic's partitions to replicas."""

    partitions: int
    replicas: int
    owners: Owners

    def __str__(self) -> str:
        """`2 replicas for 3 partitions: orders-0 reads 0 and 2, orders-1 reads 1; orders-0 is overloaded`."""
        reads = ", ".join(f"{name} reads {_and(owned)}" for name, owned in self.owners.items() if owned)
        parts = [reads or "no replica reads"]
        if self.double:
            parts.append(f"{_and(self.double)} {'is' if len(self.double) == 1 else 'are'} overloaded")
        if self.idle:
            parts.append(f"{_and(self.idle)} {'is' if len(self.idle) == 1 else 'are'} idle")
        return f"{_equation(self.replicas, self.partitions)}: {'; '.join(parts)}"

    @property
    def double(self) -> tuple[str, ...]:
        """Replicas that read more than one partition."""
        return tuple(name for name, owned in self.owners.items() if len(owned) > 1)

    @property
    def idle(self) -> tuple[str, ...]:
        """Replicas that read no partition."""
        return tuple(name for name, owned in self.owners.items() if not owned)

    @property
    def problems(self) -> Iterator[str]:
        """Problems: a partition without exactly one reader, or a replica with two partitions while another has none."""
        where = _equation(self.replicas, self.partitions)
        readers = sorted(partition for owned in self.owners.values() for partition in owned)
        if readers != list(range(self.partitions)):
            yield f"{where}: each partition must have exactly one replica, got readers for the partitions {readers}"
        if len(self.owners) != self.replicas:
            yield f"{where}: the group must have one member per replica, got {counted(len(self.owners), 'member', 'members')}"
        elif self.double and self.idle:
            yield f"{where}: partitions must be spread evenly, got more than one for {_and(self.double)} and none for {_and(self.idle)}"


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Messages that N replicas handled from N partitions in a given time, with more messages waiting in each."""

    sharing: Sharing
    handled: int
    seconds: float

    def __str__(self) -> str:
        """`6 replicas for 6 partitions: 1177 messages/s`."""
        where = _equation(self.sharing.replicas, self.sharing.partitions)
        return f"{where}: {self.per_second:.0f} messages/s"

    @property
    def per_second(self) -> float:
        """Messages per second of all replicas together."""
        return self.handled / self.seconds


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Growth of a topic and its replicas during writes. Then one replica was killed and started again."""

    before: Sharing
    after: Sharing
    killed: str
    without: Sharing
    again: Sharing
    pauses: Mapping[int, float]
    """Longest time without a handled message per partition, in seconds."""
    tally: Tally

    @property
    def problems(self) -> Iterator[str]:
        """Problems of the assignments, and lost or reordered messages."""
        for sharing in (self.before, self.after, self.without, self.again):
            yield from sharing.problems
        yield from self.tally.problems


@dataclass(frozen=True, kw_only=True)
class Proof:
    """All results of `prove`."""

    stack: str
    pipe: str
    config: Mapping[str, str]
    """Settings of the topics."""
    sharings: tuple[Sharing, ...]
    rates: tuple[Rate, ...]
    growth: Growth
    notes: tuple[str, ...]
    """Notes on what is real and what is simulated."""

    @property
    def problems(self) -> list[str]:
        """Problems found. Empty if partitions = replicas holds everywhere and no message was lost."""
        sharings = (*self.sharings, *(rate.sharing for rate in self.rates))
        return [*(problem for sharing in sharings for problem in sharing.problems), *self.growth.problems]

    def times(self, rate: Rate) -> float:
        """Return the rate as a multiple of one replica's rate."""
        return rate.per_second / self.rates[0].per_second

    def as_json(self) -> dict[str, Any]:
        """Return all results as JSON."""
        return {
            "stack": self.stack,
            "pipe": self.pipe,
            "topic": dict(self.config),
            "sharings": [asdict(sharing) for sharing in self.sharings],
            "rates": [
                {
                    "replicas": rate.sharing.replicas,
                    "owners": dict(rate.sharing.owners),
                    "messages_per_second": round(rate.per_second, 1),
                    "times_one_replica": round(self.times(rate), 3),
                    "efficiency": round(self.times(rate) / rate.sharing.replicas, 3),
                }
                for rate in self.rates
            ],
            "growth": asdict(self.growth),
            "notes": list(self.notes),
            "problems": self.problems,
        }


def _equation(replicas: int, partitions: int) -> str:
    return f"{counted(replicas, 'replica', 'replicas')} for {counted(partitions, 'partition', 'partitions')}"


def _and(items: tuple[Any, ...]) -> str:
    *first, last = map(str, items)
    return f"{', '.join(first)} and {last}" if first else last
