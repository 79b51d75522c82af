"""What a consumer tells of itself while it runs."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

LIVE_SECONDS = 300.0
"""How long a consumer may be busy with what it has read before it counts as stuck: Kafka's max.poll.interval.ms."""


@dataclass(kw_only=True, slots=True)
class Status:
    """Whether a consumer lives and reads, and what it has done; written by its one thread, read by that of its web server."""

    clock: Callable[[], float] = time.monotonic
    ready: bool = False
    """Whether it has joined the others of its group, with or without a partition, and reads."""
    partitions: frozenset[str] = frozenset()
    """The partitions that are its own at present."""
    handled: int = 0
    failed: int = 0
    """How often the handler raised."""
    dead: int = 0
    """Records that were set aside."""
    lost: int = 0
    """Records that the service deleted before they were read. A service that does not number its records counts one for each gap."""
    lag_records: dict[str, int] = field(default_factory=dict[str, int])
    """How many records of a partition are still to be read, where the service says so."""
    lag_seconds: dict[str, float] = field(default_factory=dict[str, float])
    """How old what is read from a partition is, where the service says so."""
    polled: float = field(init=False)
    """When it asked for more last, by the clock."""

    def __post_init__(self) -> None:
        self.polled = self.clock()

    def poll(self) -> None:
        """Note that the consumer asks for more."""
        self.polled = self.clock()

    def set_partitions(self, partitions: Iterable[str]) -> None:
        """Note which partitions are the consumer's own from now on, and forget how far it was behind in others."""
        self.partitions = frozenset(partitions)
        for lag in (self.lag_records, self.lag_seconds):
            for partition in lag.keys() - self.partitions:
                lag.pop(partition, None)

    @property
    def seconds_since_poll(self) -> float:
        """For how many seconds it has not asked for more."""
        return self.clock() - self.polled

    @property
    def live(self) -> bool:
        """Whether it has asked for more lately."""
        return self.seconds_since_poll < LIVE_SECONDS
