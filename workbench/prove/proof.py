"""What `prove` found out."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from workbench.equation import counted
from workbench.prove.tally import Tally

Owners = Mapping[str, tuple[int, ...]]
"""The partitions of each replica, as the broker has it."""


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """How replicas share the partitions of a topic."""

    partitions: int
    replicas: int
    owners: Owners

    def __str__(self) -> str:
        """`2 replicas for 3 partitions: orders-0 reads 0 and 2, orders-1 reads 1; orders-0 works double`."""
        reads = ", ".join(f"{name} reads {_and(owned)}" for name, owned in self.owners.items() if owned)
        said = [reads or "nobody reads"]
        if self.double:
            said.append(f"{_and(self.double)} {'works' if len(self.double) == 1 else 'work'} double")
        if self.idle:
            said.append(f"{_and(self.idle)} {'is' if len(self.idle) == 1 else 'are'} idle")
        return f"{_equation(self.replicas, self.partitions)}: {'; '.join(said)}"

    @property
    def double(self) -> tuple[str, ...]:
        """Who reads more than one partition."""
        return tuple(name for name, owned in self.owners.items() if len(owned) > 1)

    @property
    def idle(self) -> tuple[str, ...]:
        """Who reads none."""
        return tuple(name for name, owned in self.owners.items() if not owned)

    @property
    def problems(self) -> Iterator[str]:
        """What must not be: a partition that is not read by exactly one, a replica with two while another has none."""
        where = _equation(self.replicas, self.partitions)
        readers = sorted(partition for owned in self.owners.values() for partition in owned)
        if readers != list(range(self.partitions)):
            yield f"{where}: partitions are read by {readers}, and each must be by one replica"
        if len(self.owners) != self.replicas:
            yield f"{where}: the group has {counted(len(self.owners), 'member', 'members')}"
        elif self.double and self.idle:
            yield f"{where}: {_and(self.double)} with more than one, {_and(self.idle)} with none"


@dataclass(frozen=True, kw_only=True)
class Rate:
    """What replicas handled of as many partitions, in some time with more to do in each."""

    sharing: Sharing
    handled: int
    seconds: float

    def __str__(self) -> str:
        """`6 replicas for 6 partitions: 1177 messages/s`."""
        where = _equation(self.sharing.replicas, self.sharing.partitions)
        return f"{where}: {self.per_second:.0f} messages/s"

    @property
    def per_second(self) -> float:
        """Messages per second, by all replicas together."""
        return self.handled / self.seconds


@dataclass(frozen=True, kw_only=True)
class Growth:
    """A topic that grew while it was written to, and whose replicas did; then one was killed, and started again."""

    before: Sharing
    after: Sharing
    killed: str
    without: Sharing
    again: Sharing
    pauses: Mapping[int, float]
    """For each partition, the longest time in which nothing of it was handled meanwhile, in seconds."""
    tally: Tally

    @property
    def problems(self) -> Iterator[str]:
        """What must not be."""
        for sharing in (self.before, self.after, self.without, self.again):
            yield from sharing.problems
        yield from self.tally.problems


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Everything that was found out."""

    stack: str
    pipe: str
    config: Mapping[str, str]
    """The settings with which the topics were made."""
    sharings: tuple[Sharing, ...]
    rates: tuple[Rate, ...]
    growth: Growth
    notes: tuple[str, ...]
    """What is real in this, and what is not."""

    @property
    def problems(self) -> list[str]:
        """Where the equation does not hold; none if all is well."""
        sharings = (*self.sharings, *(rate.sharing for rate in self.rates))
        return [*(problem for sharing in sharings for problem in sharing.problems), *self.growth.problems]

    def times(self, rate: Rate) -> float:
        """How many times as much as one replica handles."""
        return rate.per_second / self.rates[0].per_second

    def as_json(self) -> dict[str, Any]:
        """Every figure."""
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


def _and(things: tuple[Any, ...]) -> str:
    *ahead, last = map(str, things)
    return f"{', '.join(ahead)} and {last}" if ahead else last
