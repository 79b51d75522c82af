"""Member of a Kinesis consumer group: takes its share of the shards, renews its leases and releases the rest."""

import logging
import time
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, Thread

from consumer.aws import RETRY_SECONDS, AwsError, RetryWindow
from consumer.kinesis.leases import Lease, LeaseTable, WorkerTable
from consumer.kinesis.positions import END

LOGGER = logging.getLogger(__name__)

UNTIL_SECONDS = 60.0
"""Interval of saving handled_until for a shard without new records."""


@dataclass(frozen=True, kw_only=True)
class RebalanceTimings:
    """Timings of leases, heartbeats and rebalancing."""

    lease_seconds: float = 10.0
    """Seconds after which an unchanged lease or heartbeat counts as abandoned: KCL's failoverTimeMillis."""
    round_seconds: float = 2.0
    """Interval of renewing leases, listing shards and rebalancing."""
    retry_seconds: float = RETRY_SECONDS
    """Maximum duration of temporary AWS failures before the consumer exits."""


@dataclass(kw_only=True)
class HeldLease:
    """Lease that this worker owns."""

    shard: str
    position: str
    """Position of the last handled record. Updated by the reading thread."""
    saved_position: str
    """Position in the lease table."""
    renewed: float
    until: float | None = None
    """Time up to which the shard is handled, in seconds since 1970. None if unknown."""
    saved_until: float = 0.0
    """Time in the lease table."""
    wanted: bool = True
    """Whether the lease is part of this worker's share. If not, the reading thread releases it."""


class HeartbeatTracker:
    """Detects values that no longer change. Uses this process's clock only, because other clocks may be wrong."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self.seconds = seconds
        self.clock = clock
        self.seen: dict[str, tuple[object, float]] = {}

    def is_stale(self, name: str, value: object) -> bool:
        """Return whether the value of a name has been unchanged for longer than the limit."""
        seen, since = self.seen.get(name, (None, 0.0))
        if seen != value:
            self.seen[name] = (value, self.clock())
            return False
        return self.clock() - since > self.seconds


def share(workers: Collection[str], worker: str, shards: int) -> int:
    """Return a worker's number of shards. Shares differ by at most one; the first workers get the larger ones."""
    each, more = divmod(shards, len(workers))
    return each + (sorted(workers).index(worker) < more)


class Member:
    """Holds leases for the reading thread. A background thread renews and rebalances them."""

    def __init__(
        self,
        leases: LeaseTable,
        workers: WorkerTable,
        parents: Callable[[], Mapping[str, frozenset[str]]],
        *,
        timings: RebalanceTimings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.leases = leases
        self.workers = workers
        self.parents = parents
        self.timings = timings
        self.clock = clock
        self.all_assigned = False
        """Whether every shard has had an owner at least once."""
        self._lock = Lock()
        self._held: dict[str, HeldLease] = {}
        self._lease_heartbeats, self._worker_heartbeats = (
            HeartbeatTracker(timings.lease_seconds, clock),
            HeartbeatTracker(timings.lease_seconds, clock),
        )
        self._error: Exception | None = None
        self._deleted_unread = 0

    @contextmanager
    def sharing(self) -> Generator[None]:
        """Join the group. On exit, release all leases at once."""
        leaving = Event()
        thread = Thread(target=self._run_rounds, args=(leaving,), name="leases", daemon=True)
        thread.start()
        try:
            yield
        finally:
            leaving.set()
            thread.join()
            self._leave()

    def held_leases(self) -> list[HeldLease]:
        """Return the leases that this worker owns now. Raise the error that ended the background thread, if any."""
        if self._error:
            raise self._error
        return [held for held in self._all() if self.holds(held)]

    def deleted_unread(self) -> int:
        """Return the number of shards deleted before they were read to their end, since the last call."""
        with self._lock:
            deleted, self._deleted_unread = self._deleted_unread, 0
        return deleted

    def holds(self, held: HeldLease) -> bool:
        """Return whether no other worker can have taken the lease yet."""
        with self._lock:
            mine = self._held.get(held.shard) is held
        return mine and self.clock() - held.renewed < self.timings.lease_seconds

    def checkpoint(self, held: HeldLease) -> None:
        """Save the position of a shard."""
        position, until = held.position, held.until
        if position == held.saved_position and (until or 0.0) - held.saved_until < UNTIL_SECONDS:
            return
        if self.leases.checkpoint(held.shard, position, until):
            held.saved_position, held.saved_until = position, until or 0.0
        else:
            self._drop(held)

    def give_up(self, held: HeldLease) -> None:
        """Save the position of a shard and release its lease."""
        self._drop(held)
        self.leases.give_up(held.shard, held.position, held.until)

    def finish(self, held: HeldLease) -> None:
        """Mark a closed shard as handled to its end, so that its child shards can be read."""
        held.position = END
        self.give_up(held)

    def round(self) -> None:
        """Renew leases, write the heartbeat and rebalance."""
        for held in self._all():
            if self.leases.renew(held.shard):
                held.renewed = self.clock()
            else:
                self._drop(held)
        self.workers.beat()
        alive = self._live_workers()
        leases = self._readable_leases()
        free = [lease for lease in leases if self._is_free(lease)]
        self._rebalance(share(alive, self.workers.worker, len(leases)), free, sorted(alive).index(self.workers.worker))
        self.all_assigned = self.all_assigned or all(lease.shard in self._held for lease in free)

    def _all(self) -> list[HeldLease]:
        with self._lock:
            return list(self._held.values())

    def _drop(self, held: HeldLease) -> None:
        with self._lock:
            if self._held.get(held.shard) is held:
                del self._held[held.shard]

    def _live_workers(self) -> set[str]:
        """Return the workers with a recent heartbeat. Remove the others."""
        alive = {self.workers.worker}
        for worker, last in self.workers.workers().items():
            if not self._worker_heartbeats.is_stale(worker, last):
                alive.add(worker)
            elif worker != self.workers.worker:
                self.workers.remove(worker, last)
        return alive

    def _readable_leases(self) -> list[Lease]:
        """Return the leases of all shards that can be read now: parents come first, so keys keep their order.

        Leases are read before shards are listed. So a lease whose shard is not listed belongs to a deleted shard, never
        to a new one.
        """
        leases = self.leases.leases()
        parents = self.parents()
        for shard in leases.keys() - parents.keys():
            self._remove(leases.pop(shard))
        for shard in parents.keys() - leases.keys():
            leases[shard] = self.leases.add(shard)
        return [
            lease
            for shard, lease in sorted(leases.items())
            if not lease.finished and all(leases[each].finished for each in parents[shard] & leases.keys())
        ]

    def _remove(self, lease: Lease) -> None:
        """Remove the lease of a deleted shard. Its owner notices at the next renewal."""
        if self.leases.remove(lease) and not lease.finished:
            LOGGER.warning(
                "%s: the shard was deleted before the records after %s were read", lease.shard, lease.checkpoint
            )
            with self._lock:
                self._deleted_unread += 1

    def _is_free(self, lease: Lease) -> bool:
        """Return whether no live worker owns a lease."""
        if lease.shard in self._held:
            return False
        still = self._lease_heartbeats.is_stale(lease.shard, (lease.owner, lease.counter))
        return lease.owner is None or still

    def _rebalance(self, wanted: int, free: list[Lease], rank: int) -> None:
        """Take leases, or mark some as unwanted, to reach the wanted number."""
        held_leases = sorted(self._all(), key=lambda held: held.shard)
        for number, held in enumerate(held_leases):
            held.wanted = number < wanted
        first = rank % (len(free) or 1)  # so that workers do not compete for the same lease
        for lease in (free[first:] + free[:first])[: max(0, wanted - len(held_leases))]:
            taken = self.leases.take(lease)
            if taken:
                LOGGER.info("reading %s from %s", taken.shard, taken.checkpoint)
                held = HeldLease(
                    shard=taken.shard,
                    position=taken.checkpoint,
                    saved_position=taken.checkpoint,
                    renewed=self.clock(),
                    until=taken.handled_until,
                    saved_until=taken.handled_until or 0.0,
                )
                with self._lock:
                    self._held[taken.shard] = held

    def _run_rounds(self, leaving: Event) -> None:
        """Run rounds until the member leaves. A permanent error is passed to the reading thread."""
        retry_window = RetryWindow(self.timings.retry_seconds, self.clock)
        while True:
            try:
                self._try_round(retry_window)
            except Exception as error:  # noqa: BLE001 - raised again in held_leases()
                self._error = error
                return
            if leaving.wait(self.timings.round_seconds):
                return

    def _try_round(self, retry_window: RetryWindow) -> None:
        try:
            self.round()
        except AwsError as error:
            retry_window.record_failure(error)
            LOGGER.warning("%s", error)
        else:
            retry_window.reset()

    def _leave(self) -> None:
        try:
            for held in self._all():
                self.give_up(held)
            self.workers.remove(self.workers.worker)
        except AwsError as error:
            LOGGER.warning(
                "cannot release the leases; other workers take them after %s s: %s", self.timings.lease_seconds, error
            )
