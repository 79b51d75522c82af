"""The lag is right while a handler is stuck, and whatever producers write as timestamps."""

from dataclasses import dataclass, field

import pytest
from confluent_kafka import TIMESTAMP_CREATE_TIME, KafkaError, Message, TopicPartition

from consumer.kafka.lag import KafkaLag
from consumer.kafka.retention import KafkaRetention
from consumer.status import Status

NEW = -1001
"""Committed offset of a partition that the group has not read yet."""


@dataclass
class Client:
    """Replacement for confluent-kafka's Consumer."""

    commits: dict[int, int] = field(default_factory=dict)
    logs: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Start and end of each partition's log, as known to the client."""

    def committed(self, places: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        return [TopicPartition("orders", each.partition, self.commits.get(each.partition, NEW)) for each in places]

    def get_watermark_offsets(self, place: TopicPartition, cached: bool) -> tuple[int, int]:
        assert cached, "the brokers are not asked"
        return self.logs.get(place.partition, (-1001, -1001))


class Reading:
    now = 1_800_000_000.0

    def __init__(self, commits: dict[int, int], logs: dict[int, tuple[int, int]], *numbers: int) -> None:
        self.client, self.status = Client(commits, logs), Status(wall_clock=lambda: self.now)
        self.retention = KafkaRetention(self.client, "orders", self.status)  # pyright: ignore[reportArgumentType]
        self.lag = KafkaLag(self.retention, self.status)
        self.retention.assign([TopicPartition("orders", number) for number in numbers or (0,)])
        self.idle()

    def record(self, offset: int, age: float | None = 0.0, partition: int = 0) -> Message:
        """Return a record that was written so many seconds ago. None: without a timestamp."""
        at = -1 if age is None else int((self.now - age) * 1000)
        return Message(topic="orders", partition=partition, offset=offset, timestamp=(TIMESTAMP_CREATE_TIME, at))

    def begin(self, *batch: Message, handled: int = 0) -> None:
        """Begin a batch, of which the first records are already handled."""
        self.retention.behind()
        self.last = {message.partition() or 0: message for message in batch[:handled]}
        self.lag.begin(batch, self.last)

    def handle(self, *batch: Message) -> None:
        """Handle a whole batch."""
        self.begin(*batch, handled=len(batch))
        self.retention.record_handled(batch, self.last, {})
        self.lag.record_handled(self.last)

    def idle(self) -> None:
        """End a poll without a record."""
        self.retention.behind()

    def find_end(self, offset: int) -> None:
        self.lag.record_end(Message(topic="orders", partition=0, offset=offset))

    def records(self, number: int = 0) -> int | None:
        self.lag.measure()
        return self.status.lag_records.get(str(number))

    def seconds(self, number: int = 0) -> float | None:
        self.lag.measure()
        return self.status.lag_seconds.get(str(number))


def test_all_handled_is_no_lag():
    reading = Reading({0: 5}, {0: (0, 5)})
    assert (reading.records(), reading.seconds()) == (0, 0.0)
    reading.client.logs[0] = (0, 6)
    reading.handle(reading.record(5, age=100))
    reading.now += 3600
    assert (reading.records(), reading.seconds()) == (0, 0.0)


def test_the_oldest_unhandled_record_of_a_batch_counts():
    reading = Reading({0: 5, 1: 0}, {0: (0, 100), 1: (0, 9)}, 0, 1)
    batch = [reading.record(5, 90), reading.record(0, 70, partition=1), reading.record(6, 80), reading.record(7, 60)]
    reading.begin(*batch)
    assert (reading.seconds(0), reading.seconds(1)) == (90, 70)
    reading.begin(*batch, handled=3)
    assert (reading.seconds(0), reading.records(0)) == (60, 93)
    assert reading.seconds(1) is not None


def test_between_two_batches_the_age_stays_that_of_the_last_handled_record():
    """A scrape can come between two batches. Without this, an alarm on the age would be reset by chance."""
    reading = Reading({0: 5}, {0: (0, 100)})
    reading.handle(reading.record(5, age=7200))
    assert reading.seconds() == 7200


def test_errors_in_place_of_records_are_not_unhandled_records():
    reading = Reading({0: 5}, {0: (0, 5)})
    reading.begin(Message(topic="orders", partition=0, offset=5, error=KafkaError(KafkaError._PARTITION_EOF)))
    assert (reading.records(), reading.seconds()) == (0, 0.0)


@pytest.mark.parametrize("age", [None, -3600.0], ids=["no timestamp", "a clock that is an hour ahead"])
def test_without_a_usable_timestamp_the_age_counts_from_the_first_measurement(age):
    reading = Reading({0: 5}, {0: (0, 9)})
    reading.begin(reading.record(5, age))
    assert reading.seconds() == 0
    reading.now += 60
    assert reading.seconds() == 60


def test_old_timestamps_cannot_make_the_age_longer_than_the_wait():
    """A producer copies records of last year. None of them waits longer than since all were handled."""
    reading = Reading({0: 5}, {0: (0, 5)})
    assert reading.seconds() == 0
    reading.now += 10
    reading.client.logs[0] = (0, 6)
    reading.begin(reading.record(5, age=365 * 86400))
    assert reading.seconds() == 10


def test_records_of_another_partition_wait_behind_a_stuck_one():
    reading = Reading({0: 5, 1: 5}, {0: (0, 6), 1: (0, 5)}, 0, 1)
    assert reading.seconds(1) == 0
    reading.now += 30
    reading.client.logs[1] = (0, 7)
    reading.begin(reading.record(5))
    assert reading.records(1) == 2
    reading.now += 60
    assert reading.seconds(1) == 60


def test_the_end_of_a_transaction_is_not_unhandled_and_has_no_age():
    reading = Reading({0: 5}, {0: (0, 7)})
    reading.handle(reading.record(5, age=20))
    assert (reading.records(), reading.seconds()) == (1, 20)
    reading.find_end(7)
    reading.now += 600
    assert (reading.records(), reading.seconds()) == (0, 0)
    reading.now += 60
    reading.client.logs[0] = (0, 8)
    reading.begin(reading.record(7, age=3))
    assert (reading.records(), reading.seconds()) == (1, 3)


def test_a_new_group_has_the_whole_log_before_it():
    reading = Reading({}, {0: (10, 30)})
    assert reading.records() == 20


def test_deleted_records_are_not_unhandled():
    reading = Reading({0: 5}, {0: (10, 30)})
    reading.handle(reading.record(5))
    reading.client.logs[0] = (12, 30)
    reading.begin()
    assert reading.records() == 18


def test_an_unknown_position_or_log_end_is_not_reported():
    reading = Reading({0: 5, 1: 5}, {1: (-1001, -1001), 2: (0, 9)}, 0, 1, 2)
    reading.retention.new.clear()  # the committed offset of partition 2 is not known
    assert [reading.records(number) for number in range(3)] == [None, None, None]
    assert reading.status.lag_seconds == {}


def test_a_partition_that_comes_back_is_measured_from_its_committed_offset():
    reading = Reading({0: 0}, {0: (0, 100)})
    reading.begin(reading.record(0, 500), reading.record(1, 500), handled=1)
    reading.find_end(100)
    reading.retention.revoke([0])
    reading.lag.forget([0])
    assert (reading.records(), reading.seconds()) == (None, None)
    reading.client.commits[0] = 40
    reading.retention.assign([TopicPartition("orders", 0)])
    reading.idle()
    assert (reading.records(), reading.seconds()) == (60, 0)


def test_the_client_is_not_called_on_the_thread_of_the_metrics():
    """confluent-kafka admits one call at a time: the scrape would wait for the poll."""
    reading = Reading({0: 5}, {0: (0, 9)})
    reading.begin(reading.record(5))
    reading.client.get_watermark_offsets = lambda place, cached: pytest.fail("the client is called")
    reading.lag.measure()
    assert reading.status.lag_records == {"0": 4}
