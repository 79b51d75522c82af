"""Batches are delivered record by record, aggregates are deaggregated, and gaps are counted and logged."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from consumer.aws import AwsError, RetryWindow
from consumer.batches import Batches
from consumer.delivery import Delivery
from consumer.kinesis.member import HeldLease
from consumer.kinesis.shards import Batch, KinesisRecord, Stream
from consumer.kinesis.source import ShardLoop
from consumer.status import LIVE_SECONDS, Status
from tests.dataplane.kpl import Written, aggregate, keys

HOUR = 3600.0
NOW = 1_800_000_000.0
RETENTION_HOURS = 48


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Kinesis:
    """Client that returns the stream's retention and the hash keys of its one shard."""

    def __init__(self, hash_keys: range) -> None:
        self.hash_keys = hash_keys

    def describe_stream_summary(self, **_: str) -> Any:
        return {"StreamDescriptionSummary": {"RetentionPeriodHours": RETENTION_HOURS}}

    def list_shards(self, **_: str) -> Any:
        ends = {"StartingHashKey": str(self.hash_keys[0]), "EndingHashKey": str(self.hash_keys[-1])}
        return {"Shards": [{"ShardId": "shard-0", "HashKeyRange": ends}]}


def stream(hash_keys: range = range(2**128)) -> Stream:
    kinesis: Any = Kinesis(hash_keys)
    found = Stream(kinesis, "orders")
    found.parents()
    return found


def record(position: str, value: bytes = b"", age: float = 0.0) -> KinesisRecord:
    return KinesisRecord(
        topic="orders", partition="shard-0", position=position, key=b"key", value=value, timestamp=NOW - age
    )


def batch(*records: KinesisRecord, kept: bool | None = None, behind: float = 0.0) -> Batch:
    return Batch(records=records, behind_seconds=behind, ended=False, kept=kept, read_at=NOW)


class Run:
    """Reads a shard with the given batches. Stops after the last one, or after that many records."""

    def __init__(
        self,
        *batches: Batch | AwsError,
        position: str = "TRIM_HORIZON",
        until: float | None = None,
        hash_keys: range = range(2**128),
        stop_after: int = 1_000_000,
        dead_letters: Any = None,
        limits: Batches | None = None,
    ) -> None:
        self.handled: list[KinesisRecord] = []
        self.noted: list[tuple[str, float | None]] = []
        self.opened: list[str] = []
        self.oldest: list[float | None] = []
        """Time of the oldest unhandled record, in each read and each call of the handler."""
        self.held = HeldLease(shard="shard-0", position=position, saved_position=position, renewed=0.0, until=until)
        self.batches = list(batches)
        self.stop_after = stop_after
        self.calls: list[list[str]] = []
        self.delivery = Delivery(handle=self.handle, tries=1, dead_letters=dead_letters, status=Status())
        if limits:
            limits.handle = self.handle_batch
            self.delivery = replace(self.delivery, handle=limits.handle_one, batches=limits)
        member: Any = SimpleNamespace(
            held_leases=lambda: [self.held],
            holds=lambda _: True,
            checkpoint=lambda held: self.noted.append((held.position, held.until)),
            all_assigned=True,
            deleted_unread=lambda: 0,
        )
        self.reading = ShardLoop(member, self.delivery, self.open, stream(hash_keys), RetryWindow(0.05))
        self.reading.run()

    def open(self, _shard: str, position: str) -> Any:
        self.opened.append(position)
        return SimpleNamespace(read=self.read, close=lambda: None)

    def read(self) -> Batch | None:
        self._note_oldest()
        if not self.batches:
            self.delivery.stopping.set()
            return None
        found = self.batches.pop(0)
        if isinstance(found, AwsError):
            raise found
        return found

    def handle(self, record: Any) -> None:
        self._note_oldest()
        if record.value == b"poison":
            raise ValueError("this one cannot be handled")
        self.handled.append(record)
        if len(self.handled) == self.stop_after:
            self.delivery.stopping.set()

    def handle_batch(self, records: Sequence[Any]) -> None:
        self.calls.append([each.position for each in records])
        for each in records:
            self.handle(each)

    def _note_oldest(self) -> None:
        self.oldest.append(self.delivery.status.oldest.get("shard-0"))

    @property
    def positions(self) -> list[str]:
        return [each.position for each in self.handled]

    @property
    def lost(self) -> int:
        return self.delivery.status.lost


MakeRun = Callable[..., Run]


@pytest.fixture(params=["handle", "handle_batch"])
def make_run(request: pytest.FixtureRequest) -> MakeRun:
    """Return a function that reads with each form of handler."""
    return lambda *batches, **changes: Run(
        *batches, **changes, limits=Batches(records=500) if request.param == "handle_batch" else None
    )


def test_a_long_batch_stays_live_if_each_record_is_quick():
    clock, lived = Clock(), []
    held = HeldLease(shard="shard-0", position="TRIM_HORIZON", saved_position="TRIM_HORIZON", renewed=0.0)
    delivery: Delivery

    def handle(_: object) -> None:
        clock.now += 0.8 * LIVE_SECONDS
        lived.append(delivery.status.live)
        if len(lived) == 3:
            delivery.stopping.set()

    delivery = Delivery(handle=handle, tries=5, dead_letters=None, status=Status(clock=clock))
    member: Any = SimpleNamespace(
        held_leases=lambda: [held],
        holds=lambda _: True,
        checkpoint=lambda _: None,
        all_assigned=True,
        deleted_unread=lambda: 0,
    )
    read = batch(record("1"), record("2"), record("3"))
    reader: Any = SimpleNamespace(read=lambda: read, close=lambda: None)
    ShardLoop(member, delivery, lambda _shard, _position: reader, stream(), RetryWindow()).run()
    assert lived == [True, True, True]
    assert held.position == "3"


THREE = aggregate(Written("red", b"1"), Written("blue", b"2"), Written("red", b"3"))


def test_the_user_records_of_an_aggregate_are_handled_one_by_one_among_plain_ones(make_run: MakeRun):
    run = make_run(batch(record("1", b"plain"), record("2", THREE), record("3", b"plain")))
    assert [(each.position, each.key, each.value) for each in run.handled] == [
        ("1", b"key", b"plain"),
        ("2:0", b"red", b"1"),
        ("2:1", b"blue", b"2"),
        ("2:2", b"red", b"3"),
        ("3", b"key", b"plain"),
    ]
    assert run.noted == [("3", NOW)]


@pytest.mark.parametrize("handled", [1, 2, 3])
def test_a_restart_within_an_aggregate_continues_after_the_last_handled_user_record(handled: int):
    first = Run(batch(record("2", THREE), record("3")), stop_after=handled)
    assert first.held.position == f"2:{handled - 1}"
    second = Run(batch(record("2", THREE), record("3"), kept=True), position=first.held.position)
    assert first.positions + second.positions == ["2:0", "2:1", "2:2", "3"]
    assert second.opened == [first.held.position]


def test_a_corrupt_aggregate_is_handled_as_one_record(make_run: MakeRun):
    run = make_run(batch(record("2", THREE[:-1] + b"?"), record("3")))
    assert run.positions == ["2", "3"]
    assert run.handled[0].value == THREE[:-1] + b"?"


def test_user_records_of_other_shards_are_skipped_and_logged(make_run: MakeRun, caplog: pytest.LogCaptureFixture):
    here, there = range(2**127), range(2**127, 2**128)
    mine, other = keys(here, 2), keys(there, 2)
    value = aggregate(
        Written(mine[0], b"mine"),
        Written(other[0], b"other"),
        Written(mine[1], b"sent elsewhere", there[5]),
        Written(other[1], b"sent here", here[5]),
    )
    run = make_run(batch(record("2", value)), hash_keys=here)
    assert [(each.position, each.value) for each in run.handled] == [("2:0", b"mine"), ("2:3", b"sent here")]
    assert "orders[shard-0] 2: skipped 2 user records of an aggregate whose keys belong to other shards" in caplog.text


def test_an_aggregate_of_only_other_shards_is_checkpointed(make_run: MakeRun):
    here = range(2**127)
    value = aggregate(*(Written(key, b"other") for key in keys(range(2**127, 2**128), 3)))
    run = make_run(batch(record("1"), record("2", value)), hash_keys=here)
    assert run.positions == ["1"]
    assert run.noted == [("2:2", NOW)]


GONE = "orders[shard-0]: records after sequence number 17:3 were deleted before they were read; "


@pytest.mark.parametrize(
    ("until", "found", "message"),
    [
        pytest.param(None, batch(record("20"), kept=False), "the first available record is 20", id="KCL's"),
        pytest.param(NOW - 49 * HOUR, batch(record("20"), kept=False), "the first available record is 20", id="away"),
        pytest.param(NOW - 49 * HOUR, batch(kept=False), "no record is available now", id="all of it"),
        pytest.param(NOW - 49 * HOUR, batch(record("20")), "the first available record is 20", id="reading too slowly"),
    ],
)
def test_deleted_records_count_as_one_gap_and_are_logged(
    make_run: MakeRun, until: float | None, found: Batch, message: str, caplog: pytest.LogCaptureFixture
):
    run = make_run(found, batch(record("21")), position="17:3", until=until)
    assert run.lost == 1
    assert GONE + message in caplog.text
    assert run.positions[-1] == "21"


@pytest.mark.parametrize(
    ("position", "until", "found"),
    [
        pytest.param("17:3", NOW - 49 * HOUR, batch(record("17"), record("20"), kept=True), id="still there"),
        pytest.param("17:3", None, batch(record("17"), kept=True), id="still there, KCL's"),
        pytest.param("17:3", NOW - 47 * HOUR, batch(record("20"), kept=False), id="nothing came after it"),
        pytest.param("17:3", NOW - HOUR, batch(record("20"), kept=False), id="nothing came for long"),
        pytest.param("TRIM_HORIZON", None, batch(record("20")), id="a new group"),
        pytest.param("17:3", NOW - 49 * HOUR, batch(behind=48 * HOUR), id="not known yet"),
        pytest.param("17:3", None, batch(behind=48 * HOUR), id="not known yet, KCL's"),
    ],
)
def test_possible_explanations_without_a_loss_are_not_counted(
    make_run: MakeRun, position: str, until: float | None, found: Batch
):
    assert make_run(found, position=position, until=until).lost == 0


def test_a_gap_found_after_empty_batches_is_counted(make_run: MakeRun):
    run = make_run(batch(behind=48 * HOUR), batch(behind=47 * HOUR), batch(record("20"), kept=False), position="17")
    assert run.lost == 1


def test_a_gap_is_not_counted_again_after_a_reconnect(make_run: MakeRun):
    passes = AwsError("cannot reach AWS", retryable=True)
    run = make_run(batch(kept=False), passes, batch(record("20"), kept=False), position="17", until=NOW - 49 * HOUR)
    assert run.lost == 1
    assert run.opened == ["17", "17"]


class Refusing:
    """Dead letters that fail at first."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.errors = [AwsError("cannot reach AWS", retryable=True)]

    def put(self, record: Any, **_: Any) -> None:
        if self.errors:
            raise self.errors.pop()
        self.kept.append(record.position)


def test_a_gap_is_not_counted_again_if_its_first_record_is_redelivered(make_run: MakeRun):
    dead_letters, found = Refusing(), batch(record("20", b"poison", age=HOUR), kept=False)
    run = make_run(found, found, position="17", until=NOW - 49 * HOUR, dead_letters=dead_letters)
    assert dead_letters.kept == ["20"]
    assert run.opened == ["17", "17"]
    assert run.lost == 1


def test_handled_until_follows_the_batches():
    run = Run(batch(record("1"), behind=600.0), batch(behind=300.0), batch())
    assert run.noted == [("1", NOW - 600), ("1", NOW - 600), ("1", NOW)]
    stopped = Run(batch(record("1", age=500.0), record("2", age=400.0), behind=300.0), stop_after=1)
    assert (stopped.held.position, stopped.held.until) == ("1", NOW - 500)


def test_the_age_is_that_of_the_record_that_is_handled_and_then_of_the_next_one():
    run = Run(batch(record("1", age=500.0), record("2", age=400.0), behind=300.0), batch(behind=200.0), batch())
    assert run.oldest == [None, NOW - 500, NOW - 400, NOW - 300, NOW - 200, None]


def test_a_batch_handler_gets_the_user_records_of_several_aggregates_in_order():
    run = Run(batch(record("1"), record("2", THREE), record("3", THREE), record("4")), limits=Batches(records=3))
    assert run.calls == [["1", "2:0", "2:1"], ["2:2", "3:0", "3:1"], ["3:2", "4"]]
    assert run.noted == [("4", NOW)]


def test_only_the_record_at_fault_in_a_batch_is_a_dead_letter():
    dead_letters = Refusing()
    dead_letters.errors.clear()
    found = [record(str(number), b"poison" if number == 7 else b"") for number in range(1, 21)]
    run = Run(batch(*found), limits=Batches(records=500), dead_letters=dead_letters)
    assert dead_letters.kept == ["7"]
    assert list(dict.fromkeys(run.positions)) == [str(number) for number in range(1, 21) if number != 7]
    assert run.held.position == "20"


@pytest.mark.parametrize("handled", [1, 2, 3, 4])
def test_a_stop_finishes_the_current_batch_and_the_next_reader_continues_after_it(handled: int):
    found = batch(record("1"), record("2", THREE), record("3"))
    first = Run(found, stop_after=handled, limits=Batches(records=2))
    assert first.held.position == first.positions[-1]
    second = Run(batch(record("2", THREE), record("3"), kept=True), position=first.held.position)
    assert first.positions + second.positions == ["1", "2:0", "2:1", "2:2", "3"]


def test_records_of_other_shards_are_not_covered_before_the_batch_is_handled():
    here = range(2**127)
    mine, other = keys(here, 2), keys(range(2**127, 2**128), 2)
    value = aggregate(*(Written(key, b"1") for key in (mine[0], other[0], mine[1], other[1])))
    run = Run(batch(record("2", value)), hash_keys=here, limits=Batches(records=2))
    assert run.calls == [["2:0", "2:2"]]
    seen: list[str] = []
    run.batches.append(batch(record("3", value), record("4", value), record("5", value)))
    run.delivery.stopping.clear()
    run.delivery.batches.handle = lambda _: seen.append(run.held.position)
    run.reading.run()
    assert seen == ["2:3", "3:2", "4:2"]
    assert run.held.position == "5:3"


def test_temporary_errors_are_retried_and_then_raised(make_run: MakeRun):
    passes = [AwsError("cannot reach AWS", retryable=True) for _ in range(3)]
    run = make_run(passes[0], batch(record("1")), passes[1])
    assert run.positions == ["1"]
    began = time.monotonic()
    with pytest.raises(AwsError, match="cannot reach AWS"):
        make_run(*[AwsError("cannot reach AWS", retryable=True) for _ in range(100)])
    assert time.monotonic() - began > 0.05
