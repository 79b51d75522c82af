"""A Kafka member handles its partitions in order, commits handled records, and puts back the rest of slow batches."""

import itertools
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import OFFSET_END, KafkaError, KafkaException, Message, TopicPartition

from consumer.batches import Batches
from consumer.delivery import Delivery
from consumer.errors import ConsumerError
from consumer.kafka import faults as kafka_faults
from consumer.kafka import handling as kafka_handling
from consumer.kafka import member as kafka_member
from consumer.kafka import unreadable as kafka_unreadable
from consumer.kafka.source import KafkaSource, source
from consumer.status import Status
from consumer.variables import Variables

VARIABLES = {"STREAM_TOPIC": "orders", "STREAM_GROUP": "readers", "KAFKA_BOOTSTRAP_SERVERS": "b-1:9092"}


class Clock:
    """Clock that advances only through waiting and work."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@dataclass
class Broker:
    """Replacement for confluent-kafka's Consumer. `polls` defines each poll; the member stops after the last one."""

    clock: Clock
    polls: list[Callable[[], list[Message]]] = field(default_factory=list)
    waiting: list[Message] = field(default_factory=list)
    drained: Callable[[], None] = lambda: None
    """Called while the member takes the available records."""
    stored: dict[int, int] = field(default_factory=dict)
    sought: dict[int, int] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)
    wait: float = 0.0
    """Expected time that the member waits for more records."""
    generation: int = 1
    closed: int = 0
    commits: dict[int, int] = field(default_factory=dict)
    """Offsets that the group has committed before."""
    starts: dict[int, int] = field(default_factory=dict)
    """Log start of each partition, as known to the client."""
    stop: Callable[[], None] = lambda: None
    events: list[str] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)
    """Errors of the next commits."""
    committed_before_leaving: dict[int, int] = field(default_factory=dict)
    asked: Callable[[], None] = lambda: None
    metadata: Callable[[], Any] = lambda: None
    properties: dict[str, Any] = field(default_factory=dict)
    subscribed: list[float] = field(default_factory=list)
    """Times of subscriptions."""
    fatal: bool = False
    """Whether the client has a fatal error, with which it rejects further subscriptions."""

    def make(self, properties: dict[str, Any], logger: Any) -> "Broker":
        self.properties = properties
        return self

    def subscribe(self, topics: list[str], on_assign: Any, on_revoke: Any, on_lost: Any) -> None:
        assert topics == ["orders"]
        if self.fatal and self.subscribed:
            raise KafkaException(KafkaError(KafkaError._FATAL))
        self.subscribed.append(self.clock.now)
        self.assign, self.revoke, self.lose = (
            lambda *numbers, call=call: call(self, [TopicPartition("orders", number) for number in numbers])
            for call in (on_assign, on_revoke, on_lost)
        )

    def poll(self, timeout: float) -> Message | None:
        if self.polls:
            self.waiting += self.polls.pop(0)()
        elif not self.waiting:
            self.stop()
        if self.waiting:
            return self.waiting.pop(0)
        self.clock.now += timeout
        return None

    def consume(self, count: int, timeout: float) -> list[Message]:
        assert timeout == self.wait
        self.drained()
        taken, self.waiting = self.waiting[:count], self.waiting[count:]
        self.sizes.append(1 + len(taken))
        return taken

    def store_offsets(self, message: Message | None = None, offsets: list[TopicPartition] | None = None) -> None:
        for place in offsets or ():
            self.stored[place.partition] = place.offset
        if message is not None:
            self.stored[message.partition() or 0] = (message.offset() or 0) + 1

    def committed(self, places: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        return [TopicPartition("orders", each.partition, self.commits.get(each.partition, -1001)) for each in places]

    def incremental_assign(self, places: list[TopicPartition]) -> None:
        self.events.append(f"assign {[each.partition for each in places]}")

    def offsets_for_times(self, places: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        assert all(each.offset == OFFSET_END for each in places)
        self.events.append(f"ask {[each.partition for each in places]}")
        self.asked()
        return places

    def seek(self, place: TopicPartition) -> None:
        self.sought[place.partition] = place.offset

    def consumer_group_metadata(self) -> bytes:
        return struct.pack("=7si", b"CGMDv2:", self.generation) + b"readers\0me\0\1"

    def get_watermark_offsets(self, place: TopicPartition, cached: bool) -> tuple[int, int]:
        assert cached, "the brokers are not asked"
        return self.starts.get(place.partition, -1001), 100 if place.partition != 2 else -1001

    def position(self, places: list[TopicPartition]) -> list[TopicPartition]:
        return [TopicPartition("orders", place.partition, 40) for place in places]

    def list_topics(self, topic: str, timeout: float) -> Any:
        return self.metadata()

    def commit(self, asynchronous: bool) -> None:
        assert not asynchronous
        if self.refusals:
            raise KafkaException(KafkaError(self.refusals.pop(0)))
        self.committed_before_leaving = dict(self.stored)

    def close(self) -> None:
        self.closed += 1


def record(partition: int, offset: int, value: bytes = b"x") -> Message:
    return Message(topic="orders", partition=partition, offset=offset, value=value)


def problem(code: int, reason: str | None = None) -> Message:
    return Message(topic="orders", error=KafkaError(code, reason))


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(kafka_member, "time", clock)
    monkeypatch.setattr(kafka_handling, "time", clock)
    monkeypatch.setattr(kafka_faults, "time", clock)
    monkeypatch.setattr(kafka_unreadable, "time", clock)
    return clock


@pytest.fixture
def broker(monkeypatch, clock):
    broker = Broker(clock)
    monkeypatch.setattr(kafka_member, "Consumer", broker.make)
    return broker


class Reading:
    """Source that reads from the broker, with its handled records."""

    def __init__(self, broker: Broker, batches: Batches | None = None):
        self.handled: list[str] = []
        self.calls: list[list[str]] = []
        """Records of each call of a batch handler."""
        self.work: Callable[[str], None] = lambda place: None
        self.source: KafkaSource = source(Variables(VARIABLES))
        self.delivery = Delivery(handle=self._handle, tries=1, dead_letters=None, status=Status())
        if batches:
            batches.handle = self._handle_batch
            self.delivery = replace(self.delivery, handle=batches.handle_one, batches=batches)
            broker.wait = batches.seconds
        self.status, broker.stop = self.delivery.status, self.delivery.stopping.set

    def _handle_batch(self, records: Sequence[Any]) -> None:
        self.calls.append([f"{each.partition}@{each.position}" for each in records])
        for each in records:
            self._handle(each)

    def _handle(self, record: Any) -> None:
        place = f"{record.partition}@{record.position}"
        self.work(place)
        self.handled.append(place)

    def run(self) -> None:
        self.source.run(self.delivery)


BATCHES = {"handle": {}, "handle_batch": {"records": 500, "seconds": 0.1, "bytes": 1_000_000}}


@pytest.fixture(params=BATCHES)
def reading(broker, request):
    """Source with each form of handler."""
    limits = BATCHES[request.param]
    return Reading(broker, Batches(**limits) if limits else None)


@pytest.fixture
def single(broker):
    """Source with a handler of single records."""
    return Reading(broker)


@pytest.fixture
def batches(broker):
    """Source with a handler of batches."""
    return Reading(broker, Batches(**BATCHES["handle_batch"]))


def test_records_are_handled_in_order_and_offsets_are_stored_per_partition(broker, reading):
    broker.polls = [
        lambda: [record(0, 5)],
        lambda: [record(1, 7), record(0, 6)],
        lambda: [record(1, 8), record(0, 7), record(0, 8), record(1, 9)],
    ]
    reading.run()
    assert sorted(reading.handled, key=lambda place: place[0]) == ["0@5", "0@6", "0@7", "0@8", "1@7", "1@8", "1@9"]
    assert broker.stored == {0: 9, 1: 10}
    assert broker.closed == 1


def test_batches_grow_until_they_take_one_second(broker, single, clock):
    def work(place: str) -> None:
        clock.now += 0.1

    single.work = work
    broker.polls = [lambda: [record(0, offset) for offset in range(100)], *[list] * 20]
    single.run()
    assert len(single.handled) == 100
    assert broker.sizes[:4] == [2, 4, 8, 9], "9 or 10, because of floating-point rounding"
    assert max(broker.sizes) <= 10


def test_partitions_kept_in_a_rebalance_are_read_again_at_once(broker, reading):
    def unreachable() -> None:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))

    def rebalance(*numbers: int) -> list[Message]:
        broker.assign(*numbers)
        return []

    def fail() -> list[Message]:
        broker.asked = unreachable
        return rebalance()

    broker.polls = [lambda: rebalance(3), rebalance, lambda: rebalance(4), fail, lambda: [record(3, 1)]]
    reading.run()
    assert broker.events[:4] == ["assign []", "ask [3]", "assign [4]", "ask [3]"], "the first one kept nothing"
    assert reading.handled == ["3@1"]


def test_batches_of_large_records_hold_about_a_megabyte(broker, reading):
    value = b"x" * 300_000
    broker.polls = [lambda: [record(0, offset, value) for offset in range(30)], *[list] * 20]
    reading.run()
    assert len(reading.handled) == 30
    assert max(broker.sizes) == 3


def test_a_batch_handler_gets_the_records_of_one_partition_in_order(broker, batches):
    broker.polls = [
        lambda: broker.assign(0, 1) or [record(0, 0)],
        lambda: [record(1, 0), record(0, 1)],
        lambda: [record(1, 1), record(0, 2), problem(KafkaError._TRANSPORT), record(1, 2)],
        lambda: [record(0, 3)],
    ]
    batches.run()
    assert batches.calls == [["0@0"], ["1@0"], ["0@1"], ["1@1", "1@2"], ["0@2"], ["0@3"]]
    assert broker.stored == {0: 4, 1: 3}


def test_batches_grow_up_to_the_configured_records_although_the_handler_is_slow(broker, batches, clock):
    def work(place: str) -> None:
        clock.now += 0.1

    batches.work = work
    broker.polls = [
        lambda: broker.assign(0) or [record(0, offset) for offset in range(2000)],
        *[list] * 20,
    ]
    batches.run()
    assert [len(call) for call in batches.calls] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 500, 500, 489]


def test_offsets_are_stored_after_the_batch_is_handled(broker, batches):
    seen: list[dict[int, int]] = []
    batches.work = lambda place: seen.append(dict(broker.stored))
    broker.polls = [lambda: [record(0, 0)], lambda: [record(0, 1), record(0, 2)]]
    batches.run()
    assert seen == [{}, {0: 1}, {0: 1}]
    assert broker.stored == {0: 3}


class Shelf:
    """Dead letters of a test."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def put(self, record: Any, *, reason: str, tries: int) -> None:
        self.kept.append(f"{record.partition}@{record.position}")


def test_only_the_record_at_fault_in_a_batch_is_a_dead_letter(broker, batches):
    def work(place: str) -> None:
        if place == "0@300":
            raise ValueError

    shelf = Shelf()
    batches.delivery = replace(batches.delivery, dead_letters=shelf)
    batches.work = work
    broker.polls = [lambda: [record(0, offset) for offset in range(1000)], *[list] * 20]
    batches.run()
    assert shelf.kept == ["0@300"]
    assert list(dict.fromkeys(batches.handled)) == [f"0@{offset}" for offset in range(1000) if offset != 300]
    assert broker.stored == {0: 1000}
    assert broker.sought == {}


def test_a_batch_that_fails_slowly_is_put_back_and_split_over_several_polls(broker, batches, clock):
    def work(place: str) -> None:
        clock.now += 30
        raise ConnectionError

    shelf = Shelf()
    batches.delivery = replace(batches.delivery, dead_letters=shelf)
    batches.work = work
    polled: list[float] = []

    def poll() -> list[Message]:
        polled.append(clock.now)
        broker.waiting.clear()
        return [record(0, offset) for offset in range(max(broker.stored.get(0, 0), broker.sought.get(0, 0)), 20)]

    broker.polls = [lambda: broker.assign(0) or [], *[poll] * 40]
    batches.run()
    assert max(after - before for before, after in itertools.pairwise(polled)) < 60
    assert shelf.kept == [f"0@{offset}" for offset in range(20)]


def test_a_stop_ends_a_poll_after_the_batch_of_one_partition(broker, batches):
    def work(place: str) -> None:
        if place == "0@1":
            batches.delivery.stopping.set()

    batches.work = work
    broker.polls = [lambda: broker.assign(0, 1) or [record(0, 0)], lambda: [record(0, 1), record(1, 0)]]
    batches.run()
    assert batches.calls == [["0@0"], ["0@1"]]
    assert broker.stored == {0: 2}
    assert broker.sought == {}


def test_a_stop_finishes_the_current_batch_and_commits_it(broker, batches):
    def work(place: str) -> None:
        if place == "0@1":
            batches.delivery.stopping.set()

    batches.work = work
    broker.polls = [lambda: [record(0, 0)], lambda: [record(0, 1), record(0, 2)], lambda: [record(0, 3)]]
    batches.run()
    assert batches.handled == ["0@0", "0@1", "0@2"]
    assert broker.stored == {0: 3}


def test_batches_become_small_when_records_become_large_and_hold_at_least_one(broker, reading):
    small = [record(0, offset) for offset in range(511)]
    large = [record(0, 511 + offset, b"x" * 2_000_000) for offset in range(20)]
    broker.polls = [lambda: [*small, *large[:10]], *[list] * 9, lambda: large[10:], *[list] * 20]
    reading.run()
    assert len(reading.handled) == 531
    assert broker.sizes == [2, 4, 8, 16, 32, 64, 128, 256, 10], "a batch of one takes no more from the client"


def test_if_a_batch_becomes_slow_the_rest_is_put_back_and_not_committed(broker, single, clock):
    broker.polls = [
        lambda: [record(0, 0)],
        lambda: [record(0, 1), record(0, 2)],
        lambda: [record(0, offset) for offset in range(3, 7)],
        lambda: [record(0, 7), record(1, 0), record(1, 1), record(0, 8), record(1, 2), record(0, 9)],
    ]

    def work(place: str) -> None:
        if place in {"0@7", "1@0"}:
            clock.now += 4

    single.work = work
    single.run()
    assert single.handled[-2:] == ["0@7", "1@0"]
    assert broker.stored == {0: 8, 1: 1}
    assert broker.sought == {0: 8, 1: 1}, "each partition continues where it was left"


def test_errors_among_the_rest_of_a_batch_are_not_seek_positions(broker, reading, clock):
    broker.polls = [
        lambda: [record(0, 0)],
        lambda: [record(0, 1), record(0, 2)],
        lambda: [record(0, 3), problem(KafkaError._TRANSPORT)],
    ]

    def work(place: str) -> None:
        if place == "0@3":
            clock.now += 8

    reading.work = work
    reading.run()
    assert reading.handled[-1] == "0@3"
    assert broker.sought == {}


def test_records_of_a_revoked_partition_are_not_handled(broker, reading):
    def assign() -> list[Message]:
        broker.assign(0, 1)
        return [record(1, 0)]

    broker.polls = [assign, lambda: [record(0, 5), record(1, 1)]]
    broker.drained = lambda: broker.revoke(0)
    reading.run()
    assert reading.handled == ["1@0", "1@1"]
    assert broker.stored == {1: 2}


@pytest.mark.parametrize("way", ["revoke", "lose"])
def test_the_first_record_of_a_reassigned_partition_is_handled(broker, reading, way):
    def go_and_come() -> list[Message]:
        getattr(broker, way)(0)
        broker.assign(0)
        return [record(0, 5)]

    broker.polls = [lambda: broker.assign(0) or [], go_and_come, lambda: [record(0, 6)]]
    reading.run()
    assert reading.handled == ["0@5", "0@6"]
    assert broker.stored == {0: 7}


@pytest.mark.parametrize("way", ["revoke", "lose"])
def test_the_status_reports_assigned_partitions(broker, reading, way):
    seen: list[frozenset[str]] = []

    def step(change: Callable[[], None]) -> Callable[[], list[Message]]:
        def poll() -> list[Message]:
            change()
            seen.append(reading.status.partitions)
            return []

        return poll

    broker.polls = [
        step(lambda: broker.assign(0, 1)),
        step(lambda: broker.assign(2)),
        step(lambda: getattr(broker, way)(0)),
    ]
    reading.run()
    assert seen == [{"0", "1"}, {"0", "1", "2"}, {"1", "2"}]
    assert reading.status.partitions == frozenset(), "none after leaving"


def test_it_is_ready_after_joining_even_without_a_partition(broker, reading):
    seen: list[bool] = []

    def poll() -> list[Message]:
        seen.append(reading.status.ready)
        return []

    def joins() -> list[Message]:
        broker.generation = 3
        return poll()

    broker.generation = -1
    broker.polls = [poll, poll, joins, poll]
    reading.run()
    assert seen == [False, False, False, True]
    assert not reading.status.ready, "not ready after leaving"


def test_the_lag_is_reported_if_it_is_known(broker, reading):
    lag: dict[str, int] = {}

    def assign() -> list[Message]:
        broker.assign(1, 2)
        return []

    def look() -> list[Message]:
        lag.update(reading.status.lag_records)
        return []

    broker.polls = [assign, list, look]
    reading.run()
    assert lag == {"1": 60}


def test_a_stop_finishes_the_current_record_and_commits_it(broker, single):
    def work(place: str) -> None:
        if place == "0@1":
            single.delivery.stopping.set()

    single.work = work
    broker.polls = [lambda: [record(0, 0)], lambda: [record(0, 1), record(0, 2)]]
    single.run()
    assert single.handled == ["0@0", "0@1"]
    assert broker.stored == {0: 2}
    assert broker.closed == 1


def test_a_failed_record_without_dead_letters_ends_it_after_a_commit_of_the_records_before(broker, reading):
    def work(place: str) -> None:
        if place == "0@2":
            raise ValueError

    reading.work = work
    broker.polls = [lambda: [record(0, 0)], lambda: [record(0, 1), record(0, 2)]]
    with pytest.raises(ConsumerError, match="dead letters are disabled"):
        reading.run()
    assert broker.stored == {0: 2}
    assert broker.closed == 1


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, "permission to read the topic"),
        (KafkaError.GROUP_AUTHORIZATION_FAILED, "permission to read as this group"),
        (KafkaError.INCONSISTENT_GROUP_PROTOCOL, "Stop them first"),
    ],
)
def test_a_permanent_error_ends_it_with_a_fix(broker, reading, code, fix):
    broker.polls = [lambda: [problem(code)]]
    with pytest.raises(ConsumerError, match=f"^orders: cannot read from b-1:9092 with PLAINTEXT: .*{fix}"):
        reading.run()
    assert broker.closed == 1


def test_the_records_before_a_permanent_error_are_handled_and_committed(broker, reading):
    broker.polls = [
        lambda: broker.assign(0) or [record(0, 0)],
        lambda: [record(0, 1), problem(KafkaError.TOPIC_AUTHORIZATION_FAILED)],
    ]
    with pytest.raises(ConsumerError, match="permission to read the topic"):
        reading.run()
    assert reading.handled == ["0@0", "0@1"]
    assert broker.stored == {0: 2}


def test_a_fatal_error_with_its_reason_in_its_text_is_reported_with_a_fix(broker, reading):
    fenced = KafkaError(KafkaError.FENCED_INSTANCE_ID).str()
    broker.polls = [lambda: [problem(KafkaError._FATAL, f"Fatal error: {fenced}")]]
    with pytest.raises(ConsumerError, match="Set a different one for each replica"):
        reading.run()


def test_it_falls_back_to_the_classic_group_protocol(broker, reading, caplog):
    reading.source = source(
        Variables({**VARIABLES, "KAFKA_GROUP_PROTOCOL": "consumer", "KAFKA_GROUP_INSTANCE_ID": "orders-0"})
    )
    unsupported = KafkaError(KafkaError.UNSUPPORTED_VERSION).str()
    broker.polls = [lambda: [problem(KafkaError._FATAL, f"Fatal error: {unsupported}")], lambda: [record(0, 1)]]
    reading.run()
    assert reading.handled == ["0@1"]
    assert broker.closed == 2
    assert "group.protocol" not in broker.properties
    assert broker.properties["partition.assignment.strategy"] == "cooperative-sticky"
    assert broker.properties["session.timeout.ms"] == 45_000
    assert broker.properties["group.instance.id"] == "orders-0"
    assert "using the classic protocol" in caplog.text


@pytest.mark.parametrize(("protocol", "heartbeats"), [("consumer", [0, 0.75, 1.5, 2.25]), ("classic", [0])])
def test_in_the_newer_protocol_heartbeats_do_not_wait_for_the_brokers_interval(
    broker, reading, clock, protocol, heartbeats
):
    def work(place: str) -> None:
        clock.now += 0.25

    reading.source = source(Variables({**VARIABLES, "KAFKA_GROUP_PROTOCOL": protocol}))
    reading.work = work
    begun = clock.now
    broker.polls = [lambda offset=offset: [record(0, offset)] for offset in range(12)]
    reading.run()
    assert [at - begun for at in broker.subscribed if at - begun < 3] == heartbeats


def test_a_fatal_error_is_reported_with_its_reason_also_if_a_heartbeat_was_due(broker, reading, clock):
    def fail() -> list[Message]:
        broker.fatal = True
        clock.now += 1
        return []

    reading.source = source(Variables({**VARIABLES, "KAFKA_GROUP_PROTOCOL": "consumer"}))
    fenced = KafkaError(KafkaError.FENCED_INSTANCE_ID).str()
    broker.polls = [fail, lambda: [problem(KafkaError._FATAL, f"Fatal error: {fenced}")]]
    with pytest.raises(ConsumerError, match="Set a different one for each replica"):
        reading.run()


def test_a_fatal_error_with_an_unknown_reason_ends_it(broker, reading):
    broker.polls = [lambda: [problem(KafkaError._FATAL, "Fatal error: the moon is full")]]
    with pytest.raises(ConsumerError, match="the moon is full"):
        reading.run()


def test_temporary_errors_are_retried(broker, reading):
    broker.polls = [
        lambda: [problem(KafkaError._TRANSPORT), record(0, 1)],
        lambda: [problem(KafkaError.UNKNOWN_TOPIC_OR_PART)],
        lambda: [record(0, 2)],
    ]
    reading.run()
    assert reading.handled == ["0@1", "0@2"]


def unreadable(offset: int) -> list[Message]:
    return [Message(topic="orders", partition=0, offset=offset, error=KafkaError(KafkaError._BAD_MSG))]


def test_a_batch_that_becomes_readable_is_handled(broker, reading):
    broker.commits = {0: 3}
    broker.polls = [
        lambda: broker.assign(0) or [],
        *[lambda: [*unreadable(3)], list] * 2,
        lambda: [record(0, 3)],
        *[list] * 20,
    ]
    reading.run()
    assert reading.handled == ["0@3"]
    assert broker.sought == {}


def test_an_unreadable_batch_without_dead_letters_ends_it(broker, reading):
    broker.commits = {0: 4}  # in the middle of the batch
    broker.polls = [lambda: broker.assign(0) or [], *[lambda: [*unreadable(3)], list] * 9]
    with pytest.raises(ConsumerError, match=r"^orders\[0\] 4: cannot be handled, .* the record cannot be read: "):
        reading.run()
    assert (broker.stored, broker.sought) == ({}, {})


def test_a_sign_in_that_every_broker_rejects_ends_it(broker, reading, clock):
    def refuse() -> list[Message]:
        broker.properties["error_cb"](KafkaError(KafkaError._AUTHENTICATION, "Invalid username or password"))
        return []

    def nobody() -> None:
        raise KafkaException(KafkaError(KafkaError._TRANSPORT))

    begun = clock.now
    broker.metadata = nobody
    broker.polls = [refuse] * 30
    with pytest.raises(ConsumerError, match=r"Invalid username or password .*Check the user and password"):
        reading.run()
    assert 5 <= clock.now - begun < 10


def test_a_sign_in_that_only_one_broker_rejects_is_retried(broker, reading, clock):
    def refuse() -> list[Message]:
        broker.properties["error_cb"](KafkaError(KafkaError._AUTHENTICATION, "not yet known"))
        return []

    broker.polls = [refuse, *[list] * 20, lambda: [record(0, 1)]]
    reading.run()
    assert reading.handled == ["0@1"]


def test_a_topic_that_is_missing_for_a_minute_ends_it(broker, reading, clock):
    missing = SimpleNamespace(error=KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
    begun = clock.now
    broker.metadata = lambda: SimpleNamespace(topics={"orders": missing})
    broker.polls = [list] * 100
    with pytest.raises(ConsumerError, match="Check STREAM_TOPIC and KAFKA_BOOTSTRAP_SERVERS"):
        reading.run()
    assert 60 <= clock.now - begun < 70


def test_an_idle_member_of_an_existing_topic_keeps_waiting(broker, reading):
    broker.metadata = lambda: SimpleNamespace(topics={"orders": SimpleNamespace(error=None)})
    broker.polls = [list] * 300
    reading.run()
    assert reading.handled == []


def test_an_instance_id_in_use_is_retried(broker, reading, monkeypatch):
    monkeypatch.setattr("consumer.kafka.source.RELEASE_PAUSE", 0.0)
    taken = KafkaError(KafkaError.UNRELEASED_INSTANCE_ID).str()
    broker.polls = [
        *[lambda: [problem(KafkaError._FATAL, f"Fatal error: {taken}")]] * 3,
        lambda: [record(0, 1)],
    ]
    reading.run()
    assert reading.handled == ["0@1"]
    assert broker.closed == 4


def test_an_instance_id_that_stays_in_use_ends_it(broker, reading, monkeypatch):
    monkeypatch.setattr("consumer.kafka.source.RELEASE_PAUSE", 0.0)
    taken = KafkaError(KafkaError.UNRELEASED_INSTANCE_ID).str()
    broker.polls = [lambda: [problem(KafkaError._FATAL, f"Fatal error: {taken}")]] * 100
    with pytest.raises(ConsumerError, match=r"^KAFKA_GROUP_INSTANCE_ID: must be different for each replica"):
        reading.run()


def test_a_commit_that_a_rebalance_refuses_is_sent_again_before_leaving(broker, reading):
    broker.refusals = [KafkaError.ILLEGAL_GENERATION, KafkaError.REBALANCE_IN_PROGRESS]
    broker.polls = [lambda: [record(0, 1)]]
    reading.run()
    assert broker.committed_before_leaving == {0: 2}
    assert broker.closed == 1


@pytest.mark.parametrize("refusals", [[KafkaError._NO_OFFSET], [KafkaError.ILLEGAL_GENERATION] * 1000])
def test_it_leaves_if_there_is_nothing_to_commit_or_commits_are_refused(broker, reading, refusals):
    broker.refusals = list(refusals)
    broker.polls = [lambda: [record(0, 1)]]
    reading.run()
    assert broker.committed_before_leaving == {}
    assert broker.closed == 1


def test_unresponsive_brokers_do_not_block_the_shutdown(broker, reading, monkeypatch, caplog):
    answered = Event()
    monkeypatch.setattr(kafka_member, "LEAVE_SECONDS", 0.05)
    broker.close = answered.wait
    reading.run()
    answered.set()
    assert "no broker responds; the last handled records will be delivered again" in caplog.text
