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
    wall_clock: Callable[[], float] = time.time
    """Clock that counts from 1970, like the timestamps of records."""
    ready: bool = False
    """Whether the consumer has joined its group and reads, with or without a partition."""
    partitions: frozenset[str] = frozenset()
    """Partitions assigned to this consumer."""
    has_partitions: bool = True
    """Whether the service assigns partitions to its consumers."""
    handled: int = 0
    failed: int = 0
    """Handler calls that raised an exception."""
    dead: int = 0
    """Records written to the dead letters."""
    dead_at: float | None = None
    """Time of the last one, in seconds since 1970. None if there was none."""
    lost: int = 0
    """Records that the service deleted before they were read. If the service does not number its records, each gap
    counts as one."""
    lost_at: float | None = None
    """Time at which the last loss was noticed, in seconds since 1970. None if there was none."""
    lag_records: dict[str, int] = field(default_factory=dict[str, int])
    """Number of unhandled records per partition, if the service reports it."""
    oldest: dict[str, float | None] = field(default_factory=dict[str, float | None])
    """Time at which the oldest unhandled record of a partition was written, in seconds since 1970. None if all known
    records are handled. A time and not an age, so that the age grows while the handler is stuck."""
    update_lag: Callable[[], None] = lambda: None
    """Measures the lag before it is read, if the client can do so at any time. Called on the web server's threads."""
    started: float = field(init=False)
    """Start of the consumer, in seconds since 1970."""
    polled: float = field(init=False)
    """Time of the last poll, by the clock."""

    def __post_init__(self) -> None:
        self.polled, self.started = self.clock(), self.wall_clock()

    def poll(self) -> None:
        """Record a poll."""
        self.polled = self.clock()

    def count_dead(self) -> None:
        """Record that a record was written to the dead letters."""
        self.dead, self.dead_at = self.dead + 1, self.wall_clock()

    def count_lost(self, records: int) -> None:
        """Record that the service deleted records, or no record if there are none."""
        if records:
            self.lost, self.lost_at = self.lost + records, self.wall_clock()

    def set_partitions(self, partitions: Iterable[str]) -> None:
        """Set the assigned partitions and remove the lag of all others."""
        self.partitions = frozenset(partitions)
        for lag in (self.lag_records, self.oldest):
            for partition in lag.keys() - self.partitions:
                lag.pop(partition, None)

    @property
    def lag_seconds(self) -> dict[str, float]:
        """Age of the oldest unhandled record per partition. 0 if all known records are handled."""
        now = self.wall_clock()
        return {name: 0.0 if at is None else max(0.0, now - at) for name, at in dict(self.oldest).items()}

    @property
    def seconds_since_poll(self) -> float:
        """Seconds since the last poll."""
        return self.clock() - self.polled

    @property
    def live(self) -> bool:
        """Whether the last poll was recent."""
        return self.seconds_since_poll < LIVE_SECONDS
