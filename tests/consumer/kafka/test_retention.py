"""Only unread records below the start of the log are lost, and each is counted once."""

from dataclasses import dataclass, field

import pytest
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from consumer.kafka.retention import KafkaRetention
from consumer.status import Status


@dataclass
class Client:
    """Replacement for confluent-kafka's Consumer."""

    commits: dict[int, int] = field(default_factory=dict)
    starts: dict[int, int] = field(default_factory=dict)
    stored: dict[int, int] = field(default_factory=dict)
    refused: bool = False

    def committed(self, places: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        if self.refused:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return [TopicPartition("orders", each.partition, self.commits.get(each.partition, -1001)) for each in places]

    def get_watermark_offsets(self, place: TopicPartition, cached: bool) -> tuple[int, int]:
        assert cached, "the brokers are not asked"
        return self.starts.get(place.partition, -1001), 100

    def store_offsets(self, offsets: list[TopicPartition]) -> None:
        self.stored |= {each.partition: each.offset for each in offsets}


class Reading:
    def __init__(self, **state):
        self.client, self.status = Client(**state), Status()
        self.retention = KafkaRetention(self.client, "orders", self.status)  # pyright: ignore[reportArgumentType]

    def assign(self, *numbers: int) -> None:
        self.retention.assign([TopicPartition("orders", number) for number in numbers])

    def handle(self, *places: tuple[int, int], behind: dict[int, int] | None = None) -> None:
        """Handle records. `behind` is the state before a deletion during handling."""
        messages = [Message(topic="orders", partition=number, offset=offset) for number, offset in places]
        last = {message.partition() or 0: message for message in messages}
        self.retention.record_handled(messages, last, self.retention.behind() if behind is None else behind)


@pytest.fixture
def gaps(caplog):
    return lambda: [each.getMessage().partition(" were deleted")[0] for each in caplog.records]


def test_only_gaps_below_the_start_of_the_log_count_as_lost(gaps):
    reading = Reading(commits={0: 5}, starts={0: 9})
    reading.assign(0)
    reading.handle((0, 12), (0, 20), (0, 21))
    assert (reading.status.lost, gaps()) == (4, ["orders[0]: offsets 5 to 8"])


def test_a_gap_before_a_record_that_is_put_back_is_counted_once_it_is_handled(gaps):
    reading = Reading(commits={0: 5, 1: 5}, starts={0: 5, 1: 9})
    reading.assign(0, 1)
    messages = [Message(topic="orders", partition=number, offset=9) for number in (0, 1)]
    reading.retention.record_handled(messages, {0: messages[0]}, reading.retention.behind())
    assert (reading.status.lost, gaps()) == (0, [])
    reading.handle((1, 9))
    assert (reading.status.lost, gaps()) == (4, ["orders[1]: offsets 5 to 8"])


def test_gaps_from_compaction_or_transactions_are_not_lost(gaps):
    reading = Reading(commits={0: 5}, starts={0: 5})
    reading.assign(0)
    reading.handle((0, 8), (0, 20))
    reading.handle((0, 30))
    reading.retention.idle()
    reading.retention.idle()
    assert (reading.status.lost, gaps()) == (0, [])


def test_records_fetched_before_the_deletion_are_not_lost_and_the_rest_is_counted(gaps):
    reading = Reading(commits={0: 5, 1: 0}, starts={0: 0, 1: 0})
    reading.assign(0, 1)
    reading.handle((0, 5), (1, 0))
    reading.client.starts[0] = 50
    reading.handle((0, 6), (1, 1), (0, 7))
    assert reading.status.lost == 0
    reading.handle((0, 8), (0, 50), (1, 3), (0, 51))
    assert (reading.status.lost, gaps()) == (41, ["orders[0]: offsets 9 to 49"])
    reading.handle((0, 52))
    assert reading.status.lost == 41


def test_records_deleted_while_their_batch_is_handled_are_not_lost(gaps):
    reading = Reading(commits={0: 5}, starts={0: 0})
    reading.assign(0)
    before = reading.retention.behind()
    reading.client.starts[0] = 50
    reading.handle((0, 5), (0, 9), behind=before)
    assert (reading.status.lost, gaps()) == (0, [])


def test_records_put_back_and_then_deleted_are_counted_once(gaps):
    reading = Reading(commits={0: 0}, starts={0: 0})
    reading.assign(0)
    reading.handle((0, 0))  # 1 and 2 were fetched and put back
    reading.client.starts[0] = 3
    reading.handle((0, 3))
    reading.retention.idle()
    assert (reading.status.lost, gaps()) == (2, ["orders[0]: offsets 1 to 2"])


def test_without_new_records_a_loss_is_counted_after_two_idle_polls_and_committed(gaps):
    reading = Reading(commits={0: 5}, starts={0: 9})
    reading.assign(0)
    reading.retention.idle()
    assert reading.status.lost == 0, "records fetched earlier may still arrive"
    reading.retention.idle()
    reading.retention.idle()
    assert (reading.status.lost, reading.client.stored, gaps()) == (4, {0: 9}, ["orders[0]: offsets 5 to 8"])


def test_a_new_group_has_lost_nothing_and_commits_its_start():
    reading = Reading(starts={0: 9})
    reading.assign(0, 1)
    reading.retention.idle()
    reading.retention.idle()
    assert (reading.status.lost, reading.client.stored) == (0, {0: 9})


def test_without_known_commits_nothing_is_counted_or_committed_before_the_first_record(caplog):
    reading = Reading(starts={0: 9}, refused=True)
    reading.assign(0)
    reading.retention.idle()
    reading.retention.idle()
    assert (reading.status.lost, reading.client.stored) == (0, {}), "another member may have handled more"
    assert "records that are already deleted cannot be counted" in caplog.text
    reading.handle((0, 9))
    reading.client.starts[0] = 12
    reading.handle((0, 12))
    assert reading.status.lost == 2


def test_a_reassigned_partition_starts_at_the_committed_offset():
    reading = Reading(commits={0: 5}, starts={0: 9})
    reading.assign(0)
    reading.retention.idle()
    reading.retention.revoke([0])
    reading.client.commits[0] = 30
    reading.assign(0)
    reading.retention.idle()
    reading.retention.idle()
    assert reading.status.lost == 0
