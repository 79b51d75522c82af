"""One member of a group: takes its share of the shards, keeps it, and leaves the rest to others."""

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
"""How often the time is noted up to which a shard is handled in which nothing is written."""


@dataclass(frozen=True, kw_only=True)
class RebalanceTimings:
    """How often the members of a group look at what the others do."""

    lease_seconds: float = 10.0
    """After how long a lease or a worker that does not move counts as given up: KCL's failoverTimeMillis."""
    round_seconds: float = 2.0
    """How often leases are renewed, shards listed and shares counted."""
    retry_seconds: float = RETRY_SECONDS
    """How long AWS may be out of reach before the consumer ends."""


@dataclass(kw_only=True)
class HeldLease:
    """A lease that is this worker's own."""

    shard: str
    position: str
    """How far the shard is handled: moved by the one who reads."""
    saved_position: str
    """What of it is written down."""
    renewed: float
    until: float | None = None
    """The time up to which the shard is handled, in seconds since 1970; None if that is not known."""
    saved_until: float = 0.0
    """What of it is written down."""
    wanted: bool = True
    """Whether it is part of the worker's share; if not, the one who reads gives it up."""


class HeartbeatTracker:
    """Tells what has not moved for a while, by this process's own clock: those of others may be wrong."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self.seconds = seconds
        self.clock = clock
        self.seen: dict[str, tuple[object, float]] = {}

    def is_stale(self, name: str, value: object) -> bool:
        """Whether the value that stands under a name has been the same for longer than anything that lives would leave it."""
        seen, since = self.seen.get(name, (None, 0.0))
        if seen != value:
            self.seen[name] = (value, self.clock())
            return False
        return self.clock() - since > self.seconds


def share(workers: Collection[str], worker: str, shards: int) -> int:
    """How many of the shards are for one of the workers: as many as for each other one, or one more for the first of them."""
    each, more = divmod(shards, len(workers))
    return each + (sorted(workers).index(worker) < more)


class Member:
    """Holds leases for the one who reads, while a thread of its own keeps them and looks what has changed."""

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
        """Whether, at some time, every shard was somebody's."""
        self._lock = Lock()
        self._holdings: dict[str, HeldLease] = {}
        self._lease_heartbeats, self._worker_heartbeats = (
            HeartbeatTracker(timings.lease_seconds, clock),
            HeartbeatTracker(timings.lease_seconds, clock),
        )
        self._error: Exception | None = None
        self._deleted_unread = 0

    @contextmanager
    def sharing(self) -> Generator[None]:
        """Join the group; in the end, leave every lease to the others at once."""
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
        """What is this worker's own now; raises what its thread ended with."""
        if self._error:
            raise self._error
        return [held for held in self._all() if self.holds(held)]

    def deleted_unread(self) -> int:
        """How many shards were deleted before they were read to their end, since this was asked last."""
        with self._lock:
            deleted, self._deleted_unread = self._deleted_unread, 0
        return deleted

    def holds(self, held: HeldLease) -> bool:
        """Whether nobody else can have taken a lease yet."""
        with self._lock:
            mine = self._holdings.get(held.shard) is held
        return mine and self.clock() - held.renewed < self.timings.lease_seconds

    def checkpoint(self, held: HeldLease) -> None:
        """Write down how far a shard is handled."""
        position, until = held.position, held.until
        if position == held.saved_position and (until or 0.0) - held.saved_until < UNTIL_SECONDS:
            return
        if self.leases.checkpoint(held.shard, position, until):
            held.saved_position, held.saved_until = position, until or 0.0
        else:
            self._drop(held)

    def give_up(self, held: HeldLease) -> None:
        """Write down how far a shard is handled, and leave it to others."""
        self._drop(held)
        self.leases.give_up(held.shard, held.position, held.until)

    def finish(self, held: HeldLease) -> None:
        """Write down that a closed shard is handled to its end, so that those made from it may be read."""
        held.position = END
        self.give_up(held)

    def round(self) -> None:
        """Show that this worker lives, and take or mark as unwanted what makes its share."""
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
        self.all_assigned = self.all_assigned or all(lease.shard in self._holdings for lease in free)

    def _all(self) -> list[HeldLease]:
        with self._lock:
            return list(self._holdings.values())

    def _drop(self, held: HeldLease) -> None:
        with self._lock:
            if self._holdings.get(held.shard) is held:
                del self._holdings[held.shard]

    def _live_workers(self) -> set[str]:
        """The workers that move; those that have not for long are removed."""
        alive = {self.workers.worker}
        for worker, last in self.workers.workers().items():
            if not self._worker_heartbeats.is_stale(worker, last):
                alive.add(worker)
            elif worker != self.workers.worker:
                self.workers.remove(worker, last)
        return alive

    def _readable_leases(self) -> list[Lease]:
        """The leases of all shards that can be read now: the shards that each was made from are handled, so keys keep their order.

        Leases are read before shards are listed: one whose shard is not in the list is of a shard that is gone, never of a new one.
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
        """Remove the lease of a shard that is gone; whoever holds it finds out when it is renewed."""
        if self.leases.remove(lease) and not lease.finished:
            LOGGER.warning(
                "%s: the whole shard was deleted before everything after %s was read", lease.shard, lease.checkpoint
            )
            with self._lock:
                self._deleted_unread += 1

    def _is_free(self, lease: Lease) -> bool:
        """Whether nobody has a lease who would still renew it."""
        if lease.shard in self._holdings:
            return False
        still = self._lease_heartbeats.is_stale(lease.shard, (lease.owner, lease.counter))
        return lease.owner is None or still

    def _rebalance(self, wanted: int, free: list[Lease], rank: int) -> None:
        """Take leases or mark some as unwanted, until there are as many as wanted."""
        held_leases = sorted(self._all(), key=lambda held: held.shard)
        for number, held in enumerate(held_leases):
            held.wanted = number < wanted
        first = rank % (len(free) or 1)  # so that not all begin with the same one
        for lease in (free[first:] + free[:first])[: max(0, wanted - len(held_leases))]:
            taken = self.leases.take(lease)
            if taken:
                LOGGER.info("reading %s from %s on", taken.shard, taken.checkpoint)
                held = HeldLease(
                    shard=taken.shard,
                    position=taken.checkpoint,
                    saved_position=taken.checkpoint,
                    renewed=self.clock(),
                    until=taken.handled_until,
                    saved_until=taken.handled_until or 0.0,
                )
                with self._lock:
                    self._holdings[taken.shard] = held

    def _run_rounds(self, leaving: Event) -> None:
        """Go on with one round after the other, from the first one; what will not mend, the one who reads is told."""
        retry_window = RetryWindow(self.timings.retry_seconds, self.clock)
        while True:
            try:
                self._try_round(retry_window)
            except Exception as error:  # noqa: BLE001  told to the one who reads
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
            LOGGER.warning("left without a word, so others wait %s s: %s", self.timings.lease_seconds, error)
