"""Sharing of shards among the members of a group."""

import time
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.aws import AwsError
from consumer.kinesis.leases import Lease
from consumer.kinesis.member import HeartbeatTracker, Member, RebalanceTimings, share


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Tables:
    """Tables of a group, with a view per worker."""

    def __init__(self):
        self.items = {}
        self.beats = {}
        self.worker = ""
        self.writes = 0

    def seen_by(self, worker) -> Any:
        view = Tables()
        view.items, view.beats, view.worker = self.items, self.beats, worker
        return view

    def leases(self):
        return dict(self.items)

    def add(self, shard):
        return self.items.setdefault(shard, Lease(shard=shard, owner=None, counter=0, checkpoint="TRIM_HORIZON"))

    def remove(self, lease, last=None):
        if isinstance(lease, Lease):
            return self.items.pop(lease.shard, None) is not None
        self.beats.pop(lease, None)
        return True

    def take(self, lease):
        if self.items[lease.shard] != lease:
            return None
        return self._put(lease.shard, self.worker, lease.checkpoint, lease.handled_until)

    def renew(self, shard):
        lease = self.items.get(shard)
        return bool(lease) and self._own(shard, self.worker, lease.checkpoint, lease.handled_until)

    def checkpoint(self, shard, position, until):
        return self._own(shard, self.worker, position, until)

    def give_up(self, shard, position, until):
        return self._own(shard, None, position, until)

    def beat(self):
        self.beats[self.worker] = str(int(self.beats.get(self.worker, "0")) + 1)

    def workers(self):
        return dict(self.beats)

    def _own(self, shard, owner, position, until):
        if self.items[shard].owner != self.worker:
            return False
        self._put(shard, owner, position, until)
        return True

    def _put(self, shard, owner, position, until):
        self.writes += 1
        counter = self.items[shard].counter + 1
        self.items[shard] = Lease(shard=shard, owner=owner, counter=counter, checkpoint=position, handled_until=until)
        return self.items[shard]


class Group:
    def __init__(self, **parents):
        self.parents = {shard: frozenset(before) for shard, before in parents.items()}
        self.tables, self.clock = Tables(), Clock()

    def member(self, name):
        view = self.tables.seen_by(name)
        return Member(view, view, lambda: self.parents, timings=RebalanceTimings(lease_seconds=10), clock=self.clock)

    def rounds(self, members, number=4, seconds=2.0):
        """Run rounds of the members, and release unwanted leases."""
        for _ in range(number):
            self.clock.now += seconds
            for member in members:
                member.round()
                for held in member.held_leases():
                    if not held.wanted:
                        member.give_up(held)


def shards_of(member):
    return sorted(held.shard for held in member.held_leases())


@given(workers=st.sets(st.text(min_size=1), min_size=1), shards=st.integers(0, 10_000))
def test_shares_differ_by_at_most_one_and_cover_all_shards(workers, shards):
    shares = [share(workers, worker, shards) for worker in workers]
    assert sum(shares) == shards
    assert max(shares) - min(shares) <= 1


@given(members=st.integers(1, 6), shards=st.integers(1, 6))
def test_after_some_rounds_every_shard_has_one_owner(members, shards):
    group = Group(**{f"shard-{number}": () for number in range(shards)})
    joined = []
    for number in range(members):
        joined.append(group.member(f"worker-{number}"))
        group.rounds(joined, 1)
    group.rounds(joined)
    assert sorted(chain.from_iterable(map(shards_of, joined))) == sorted(group.parents)
    assert {len(shards_of(member)) for member in joined} <= {shards // members, -(-shards // members)}
    assert all(member.all_assigned for member in joined)


def test_leases_of_a_dead_worker_are_taken_only_after_they_expire():
    group = Group(a=(), b=())
    first, second = group.member("first"), group.member("second")
    group.rounds([first, second])
    assert (len(shards_of(first)), len(shards_of(second))) == (1, 1)
    group.rounds([second], 4)
    assert len(shards_of(second)) == 1
    assert first.held_leases(), "it may read until the lease expires"
    group.rounds([second], 2)
    assert shards_of(second) == ["a", "b"]
    assert shards_of(first) == [], "it knows from its own clock that its leases have expired"
    assert group.tables.beats.keys() == {"second"}


def test_a_member_that_lost_its_lease_cannot_checkpoint():
    group = Group(a=())
    first, second = group.member("first"), group.member("second")
    group.rounds([first])
    [held] = first.held_leases()
    group.rounds([second], 8)
    held.position = "17"
    first.checkpoint(held)
    first.give_up(held)
    assert (group.tables.items["a"].owner, group.tables.items["a"].checkpoint) == ("second", "TRIM_HORIZON")


def test_a_shard_is_read_only_after_all_its_parents_are_handled():
    group = Group(a=(), b=(), merged=("a", "b"))
    member = group.member("only")
    group.rounds([member])
    assert shards_of(member) == ["a", "b"]
    for held in member.held_leases():
        assert "merged" not in shards_of(member)
        member.finish(held)
        group.rounds([member], 1)
    assert shards_of(member) == ["merged"]


def test_the_lease_of_a_deleted_shard_is_removed_and_does_not_block_its_children():
    group = Group(a=(), child=("a",))
    member = group.member("only")
    group.rounds([member])
    del group.parents["a"]
    group.rounds([member])
    assert group.tables.items.keys() == {"child"}
    assert shards_of(member) == ["child"]


def test_a_shard_deleted_before_its_end_was_read_is_counted_once_and_logged(caplog):
    group = Group(a=(), b=(), child=("a",))
    member = group.member("only")
    group.rounds([member])
    [finished] = [held for held in member.held_leases() if held.shard == "a"]
    member.finish(finished)
    group.rounds([member])
    del group.parents["a"], group.parents["b"]
    group.rounds([member])
    assert "b: the shard was deleted before the records after TRIM_HORIZON were read" in caplog.text
    assert "a: the shard" not in caplog.text, "that shard was read"
    assert (member.deleted_unread(), member.deleted_unread()) == (1, 0)


def test_handled_until_of_a_quiet_shard_is_saved_once_a_minute():
    group = Group(a=())
    member = group.member("only")
    group.rounds([member])
    [held] = member.held_leases()
    noted = []
    for second in range(0, 180, 10):
        held.until = 1_800_000_000.0 + second
        member.checkpoint(held)
        noted.append(group.tables.items["a"].handled_until - 1_800_000_000)
    assert noted == [0] * 6 + [60] * 6 + [120] * 6
    member.give_up(held)
    other = group.member("other")
    group.rounds([other], 8)
    [taken] = other.held_leases()
    assert taken.until == 1_800_000_170.0


class Refusing:
    """Shard listing that fails once per given error."""

    def __init__(self, parents, errors):
        self.parents = parents
        self.errors = errors

    def __call__(self):
        if self.errors:
            raise self.errors.pop(0)
        return self.parents


def until(reached):
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def refused(*, retryable):
    return AwsError("listing the shards of orders: AWS returned an error", retryable=retryable)


def joining(errors, retry_seconds):
    group = Group(a=())
    view = group.tables.seen_by("only")
    timings = RebalanceTimings(round_seconds=0.01, retry_seconds=retry_seconds)
    return group, Member(view, view, Refusing(group.parents, errors), timings=timings)


def test_temporary_errors_are_retried_from_the_first_round():
    group, member = joining([refused(retryable=True) for _ in range(3)], 60)
    with member.sharing():
        until(member.held_leases)
        assert member.all_assigned
    assert group.tables.items["a"].owner is None


@pytest.mark.parametrize(("retryable", "retry_seconds"), [(False, 60), (True, 0.05)], ids=["permanent", "too long"])
def test_permanent_errors_are_raised_in_the_reading_thread(retryable, retry_seconds):
    _, member = joining([refused(retryable=retryable) for _ in range(1000)], retry_seconds)

    def told():
        try:
            return member.held_leases()
        except AwsError as error:
            return str(error) == "listing the shards of orders: AWS returned an error" and not error.retryable

    with member.sharing():
        until(told)


def test_a_changing_value_is_never_stale():
    clock = Clock()
    watch = HeartbeatTracker(10, clock)
    for moved in range(5):
        assert not watch.is_stale("lease", moved)
        clock.now += 9
    assert not watch.is_stale("lease", 4)
    clock.now += 2
    assert watch.is_stale("lease", 4)
