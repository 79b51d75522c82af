"""Current state of a consumer, for probes and metrics."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

LIVE_SECONDS = 300.0
"""Maximum seconds between two polls before a consumer counts as stuck: Kafka's max.poll.interval.ms."""


@dataclass(kw_only=True, slots=True)
class Status:
    """State and counters of a consumer. Written by the reading thread, read by the web server's threads."""

    clock: Callable[[], float] = time.monotonic
    ready: bool = False
    """Whether the consumer has joined its group and reads, with or without a partition."""
    partitions: frozenset[str] = frozenset()
    """Partitions assigned to this consumer."""
    handled: int = 0
    failed: int = 0
    """Handler calls that raised an exception."""
    dead: int = 0
    """Records written to the dead letters."""
    lost: int = 0
    """Records that the service deleted before they were read. If the service does not number its records, each gap
    counts as one."""
    lag_records: dict[str, int] = field(default_factory=dict[str, int])
    """Number of unread records per partition, if the service reports it."""
    lag_seconds: dict[str, float] = field(default_factory=dict[str, float])
    """Age of the records being read per partition, if the service reports it."""
    polled: float = field(init=False)
    """Time of the last poll, by the clock."""

    def __post_init__(self) -> None:
        self.polled = self.clock()

    def poll(self) -> None:
        """Record a poll."""
        self.polled = self.clock()

    def set_partitions(self, partitions: Iterable[str]) -> None:
        """Set the assigned partitions and remove the lag of all others."""
        self.partitions = frozenset(partitions)
        for lag in (self.lag_records, self.lag_seconds):
            for partition in lag.keys() - self.partitions:
                lag.pop(partition, None)

    @property
    def seconds_since_poll(self) -> float:
        """Seconds since the last poll."""
        return self.clock() - self.polled

    @property
    def live(self) -> bool:
        """Whether the last poll was recent."""
        return self.seconds_since_poll < LIVE_SECONDS
