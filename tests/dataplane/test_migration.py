"""A consumer group moves from one Kafka to another in the middle of a stream, and back, with MirrorMaker 2 and the shipped files.

The steps are those of docs/migration.md.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme

from tests.dataplane.mirror import MirrorMaker, configuration
from tests.dataplane.sides import (
    PARTITIONS,
    READS,
    TOPIC,
    Side,
    as_in_a_stack,
    grant,
    placeholders,
    self_managed,
    writes,
)
from workbench.prove.replicas import Replicas, wait_until
from workbench.prove.topic import Topic, Writer

DELETED = 40
"""Records at the start of each partition of the source that its retention has deleted. So offsets differ on the target."""

OFFSET_LAG_MAX = 100
"""offset.lag.max in migration/common.properties."""

SOON = {
    "sync.group.offsets.interval.seconds": "1",
    "emit.checkpoints.interval.seconds": "1",
    "refresh.groups.interval.seconds": "1",
}
"""Shorter intervals than in the files, to save time."""

FILES = ("common", "source-scram", "target-strimzi")
POSITIONED = f"Resetting offset for partition {TOPIC}-"
"""Text in MirrorMaker's log for each partition that it starts to read."""


class Seen(NamedTuple):
    """Handled record: when, its key, and the number that the producers gave it."""

    at: float
    key: str
    number: int


class Move(NamedTuple):
    """Offsets of a group that moved, by partition."""

    repeated: Mapping[int, int]
    """Records between the offset on the new cluster and the offset on the old one. The consumers read them again."""
    distance: Mapping[int, int]
    """Records between the offset on the old cluster and the end of its partition."""

    @property
    def bounded(self) -> bool:
        """Whether each partition repeats at most as many records as MirrorMaker allows.

        MirrorMaker writes pairs of offsets every offset.lag.max records. Of the older pairs it keeps fewer, the farther away they are.
        In a simulation of its class (OffsetSyncStore of Kafka 4.3.1), the pair below an offset was never more than twice as far away as
        the newest pair.
        """
        return all(
            0 <= self.repeated[number] <= OFFSET_LAG_MAX + 2 * self.distance[number] for number in range(PARTITIONS)
        )


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def source(authority: trustme.CA, tmp_path: Path) -> Iterator[Side]:
    with self_managed(authority, tmp_path) as side:
        yield side


@pytest.fixture
def target(authority: trustme.CA, tmp_path: Path) -> Iterator[Side]:
    with as_in_a_stack(authority, tmp_path) as side:
        yield side


def test_a_group_moves_in_the_middle_of_a_stream_and_back_without_loss(
    source: Side, target: Side, authority: trustme.CA, tmp_path: Path
):
    environment = placeholders(source, target, authority, tmp_path)
    for side in (source, target):
        Topic(side.connection, TOPIC, PARTITIONS, {})
    early = Writer(source.connection, TOPIC)
    early.fill(PARTITIONS, DELETED + 500)
    source.delete_before(DELETED)
    with ExitStack() as stack:
        old, new, again = (
            stack.enter_context(side.consumers(name, tmp_path / name))
            for name, side in (("old", source), ("new", target), ("again", source))
        )
        old.start(0, 1, 2)
        mirror = stack.enter_context(MirrorMaker(tmp_path / "mirror", configuration(*FILES, changes=SOON), environment))
        with early.writing(PARTITIONS, per_second=300):
            wait_until(lambda: len(target.committed()) == PARTITIONS, "the mirror copies the offsets")
            there = moved(old, source, target, DELETED)
            new.start(0, 1, 2)
            wait_until(lambda: len(new.handled()) > PARTITIONS * 100, "the pipe's consumers read the copied records")

        # The producers move. The way back is open before they write the first record to the target.
        wait_until(lambda: copied(source, target), "the mirror copies the last records")
        mirror.stop()
        grant(target.cluster.administration, READS)
        grant(source.cluster.administration, writes(reader="target"))
        back = stack.enter_context(
            MirrorMaker(tmp_path / "back", configuration(*FILES, "back", changes=SOON), environment)
        )
        back.wait_for(POSITIONED, PARTITIONS)
        middle = Writer(target.connection, TOPIC, first=len(early.written))
        middle.fill(PARTITIONS, 300)
        wait_until(lambda: target.committed() == target.ends(), "the pipe's consumers read the new records")

        # The way back: the group, then the producers.
        middle.fill(PARTITIONS, 300)
        here = moved(new, target, source, -DELETED)
        wait_until(lambda: copied(source, target), "the mirror copies all records back")
        back.stop()
        again.start(0, 1, 2)
        late = Writer(source.connection, TOPIC, first=len(early.written) + len(middle.written))
        late.fill(PARTITIONS, 50)
        wait_until(lambda: source.committed() == source.ends(), "the old consumers read everything")
        assert again.stop(0, 1, 2) == [0, 0, 0]
        first, second, third = numbers(source, old), numbers(target, new), numbers(source, again)

    written = sum(len(writer.written) for writer in (early, middle, late))
    handled = sorted([*first, *second, *third])
    assert {each.number for each in handled} == set(range(PARTITIONS * DELETED, written)), "no record is lost"
    assert out_of_order(handled) == []
    for move, before, after in ((there, first, second), (here, second, third)):
        assert move.bounded, move
        twice = {each.number for each in before} & {each.number for each in after}
        assert len(twice) == sum(move.repeated.values()), "no other record is repeated"


def moved(consumers: Replicas, leave: Side, enter: Side, by: int) -> Move:
    """Stop the consumers, and wait until MirrorMaker has copied their offsets. Offsets are larger by a number where they leave."""
    assert consumers.stop(0, 1, 2) == [0, 0, 0]
    left, ends = leave.committed(), leave.ends()
    entered = unchanged(enter.committed)
    return Move(
        repeated={number: left[number] - by - entered[number] for number in left},
        distance={number: ends[number] - left[number] for number in left},
    )


def unchanged(read: Callable[[], Mapping[int, int]], seconds: float = 3) -> Mapping[int, int]:
    """Wait until offsets stay the same for more than two intervals of MirrorMaker, and return them."""
    last, since = read(), time.monotonic()

    def stable() -> bool:
        nonlocal last, since
        now = read()
        if now != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since > seconds

    wait_until(stable, "the offsets stay the same")
    return last


def copied(source: Side, target: Side) -> bool:
    """Return whether both clusters have the same number of records."""
    return {number: end - DELETED for number, end in source.ends().items()} == target.ends()


def numbers(side: Side, consumers: Replicas) -> list[Seen]:
    """Return the records that the consumers handled."""
    records = side.records()
    return [Seen(each.at, *records[each.partition, each.offset]) for each in consumers.handled()]


def out_of_order(handled: Sequence[Seen]) -> list[Seen]:
    """Return the records that were handled for the first time after a later record of their key."""
    latest, seen, found = dict[str, int](), set[int](), list[Seen]()
    for each in handled:
        if each.number not in seen and each.number < latest.get(each.key, -1):
            found.append(each)
        seen.add(each.number)
        latest[each.key] = max(each.number, latest.get(each.key, -1))
    return found
