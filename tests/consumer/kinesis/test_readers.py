"""Reading a shard by polling and by enhanced fan-out."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from consumer.aws import AwsError, RetryWindow
from consumer.kinesis import fan_out as kinesis_fan_out
from consumer.kinesis.dead_letters import with_data
from consumer.kinesis.fan_out import FanOutReader
from consumer.kinesis.shards import PollingReader, Stream

ARRIVED = datetime(2026, 1, 1, tzinfo=UTC)


def record(number):
    return {
        "SequenceNumber": str(number),
        "PartitionKey": "key",
        "Data": b"data",
        "ApproximateArrivalTimestamp": ARRIVED,
    }


def refused(code):
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Operation")


class Kinesis:
    """Client that returns the given answers in turn and records the requests."""

    def __init__(self, *answers: Any):
        self.answers = list(answers)
        self.asked = []

    def get_shard_iterator(self, **request):
        self.asked.append(request)
        return {"ShardIterator": f"iterator-{len(self.asked)}"}

    def answer(self, **request):
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    get_records = subscribe_to_shard = list_shards = describe_stream_summary = answer


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def polling(*answers: Any, position="TRIM_HORIZON") -> Any:
    kinesis: Any = Kinesis(*answers)
    clock = Clock()
    return kinesis, clock, PollingReader(kinesis, stream="orders", shard="shard-0", position=position, clock=clock)


def some(*numbers: int, following: str | None = "next", behind=0):
    found = {"Records": [record(number) for number in numbers], "MillisBehindLatest": behind}
    return {**found, "NextShardIterator": following} if following else found


def test_reading_starts_at_the_oldest_or_the_last_handled_record():
    kinesis, _, reader = polling(some(1))
    assert reader.read().kept is None
    assert kinesis.asked[0] == {
        "StreamName": "orders",
        "ShardId": "shard-0",
        "ShardIteratorType": "TRIM_HORIZON",
    }
    kinesis, _, reader = polling(some(17, 18), position="17")
    [_, last] = reader.read().records
    assert kinesis.asked[0]["ShardIteratorType"] == "AT_SEQUENCE_NUMBER"
    assert kinesis.asked[0]["StartingSequenceNumber"] == "17"
    assert (last.position, last.key, last.value) == ("18", b"key", b"data")
    assert last.timestamp == ARRIVED.timestamp()


def test_within_an_aggregate_reading_starts_at_the_whole_record():
    kinesis, _, reader = polling(some(17), position="17:3")
    assert reader.read().kept is True
    assert kinesis.asked[0]["StartingSequenceNumber"] == "17"


def test_a_batch_reports_that_the_last_handled_record_still_exists():
    _, clock, reader = polling(some(behind=86_400_000), some(17, 18), some(19), position="17")
    found = []
    for _ in range(3):
        found.append(reader.read().kept)
        clock.now += 10
    assert found == [None, True, None], "only with the first record"


@pytest.mark.parametrize(
    "answer", [some(20), some(), some(behind=5000, following=None)], ids=["another", "none", "closed"]
)
def test_a_batch_reports_that_the_last_handled_record_is_deleted(answer):
    _, _, reader = polling(answer, position="17")
    assert reader.read().kept is False


def test_an_invalid_position_falls_back_to_the_oldest_record(caplog):
    kinesis, _, reader = polling(refused("InvalidArgumentException"), some(20), position="17")
    kinesis.get_shard_iterator = kinesis.answer
    kinesis.answers.insert(1, {"ShardIterator": "oldest"})
    assert reader.read() is None
    batch = reader.read()
    assert [each.position for each in batch.records] == ["20"]
    assert batch.kept is False
    assert kinesis.asked[1]["ShardIteratorType"] == "TRIM_HORIZON"
    assert (
        "AWS returned an error: InvalidArgumentException: no. Continuing with the oldest available record"
        in caplog.text
    )


def test_a_shard_is_polled_at_most_four_times_a_second_and_once_a_second_if_idle():
    _, clock, reader = polling(some(1, behind=2500), some(), some(2))
    assert reader.read().behind_seconds == 2.5
    clock.now = 0.24
    assert reader.read() is None
    clock.now = 0.25
    assert reader.read().records == []
    clock.now = 1.2
    assert reader.read() is None
    clock.now = 1.3
    assert len(reader.read().records) == 1


def test_a_key_with_a_lone_surrogate_can_be_read_and_dead_lettered():
    answer = some(1)
    answer["Records"][0]["PartitionKey"] = "half \ud800"
    _, _, reader = polling(answer)
    [found] = reader.read().records
    assert found.key == b"half \xed\xa0\x80"
    assert with_data(found)["partitionKey"] == "half \\xed\\xa0\\x80"


def test_the_last_batch_of_a_closed_shard_is_marked():
    _, _, reader = polling(some(1, following=None))
    assert reader.read().ended


def test_an_expired_iterator_is_renewed_at_the_last_record():
    kinesis, clock, reader = polling(some(1, 2), refused("ExpiredIteratorException"), some(2, 3))
    reader.read()
    clock.now = 400
    assert reader.read() is None
    batch = reader.read()
    assert [each.position for each in batch.records] == ["2", "3"]
    assert batch.kept is True
    assert kinesis.asked[-2]["StartingSequenceNumber"] == "2"


def test_throttled_reads_have_growing_pauses():
    kinesis, clock, reader = polling(*[refused("ProvisionedThroughputExceededException")] * 20)
    asked = []
    while clock.now < 60:
        before = len(kinesis.asked)
        assert reader.read() is None
        if len(kinesis.asked) > before:
            asked.append(clock.now)
        clock.now += 1
    assert asked[:6] == [0, 1, 3, 7, 15, 25]


@pytest.mark.parametrize(
    ("error", "message", "retryable"),
    [
        (
            refused("AccessDeniedException"),
            "reading orders shard-0: AWS returned an error: AccessDeniedException: no",
            False,
        ),
        (
            refused("ThrottlingException"),
            "reading orders shard-0: AWS returned an error: ThrottlingException: no",
            True,
        ),
        (EndpointConnectionError(endpoint_url="https://aws"), "reading orders shard-0: cannot reach AWS: ", True),
    ],
)
def test_errors_are_reported_in_one_line_and_marked_retryable_or_not(error, message, retryable):
    _, _, reader = polling(error)
    with pytest.raises(AwsError) as refusal:
        reader.read()
    assert str(refusal.value).startswith(message)
    assert refusal.value.retryable is retryable


def listed(shard, first=0, last=2**128 - 1, **before):
    return {"ShardId": shard, "HashKeyRange": {"StartingHashKey": str(first), "EndingHashKey": str(last)}, **before}


def test_all_shards_are_listed_with_parents_and_hash_keys():
    kinesis: Any = Kinesis(
        {"Shards": [listed("a", 0, 9), listed("b", 10, 19)], "NextToken": "more"},
        {"Shards": [listed("c", 0, 19, ParentShardId="a", AdjacentParentShardId="b")]},
    )
    stream = Stream(kinesis, "orders")
    assert stream.parents() == {"a": frozenset(), "b": frozenset(), "c": frozenset({"a", "b"})}
    assert kinesis.asked == [{"StreamName": "orders"}, {"NextToken": "more"}]
    assert [stream.hash_keys(shard) for shard in "abc"] == [range(10), range(10, 20), range(20)]


def test_the_retention_is_read_once_a_minute():
    kinesis: Any = Kinesis(*({"StreamDescriptionSummary": {"RetentionPeriodHours": hours}} for hours in (24, 48)))
    clock = Clock()
    stream = Stream(kinesis, "orders", clock)
    assert stream.deleted_before(1_000_000.0) == 1_000_000 - 24 * 3600
    clock.now = 59
    assert stream.deleted_before(1_000_001.0) == 1_000_001 - 24 * 3600
    clock.now = 61
    assert stream.deleted_before(1_000_002.0) == 1_000_002 - 48 * 3600


class Events:
    """Events of a subscription."""

    def __init__(self, *events: Any):
        self.events = events
        self.closed = False

    def __iter__(self):
        for event in self.events:
            if isinstance(event, Exception):
                raise event
            yield {"SubscribeToShardEvent": event}

    def close(self):
        self.closed = True


def event(*numbers: int, on, children=()):
    found = {"Records": [record(number) for number in numbers], "ContinuationSequenceNumber": on}
    return {**found, "MillisBehindLatest": 500, **({"ChildShards": list(children)} if children else {})}


def batches(reader, number):
    found = []
    deadline = time.monotonic() + 60
    while len(found) < number:
        assert time.monotonic() < deadline
        batch = reader.read()
        if batch:
            found.append(batch)
        else:
            time.sleep(0.01)
    return found


def fan_out(kinesis: Any, position="TRIM_HORIZON"):
    return FanOutReader(kinesis, stream="orders", consumer="arn:consumer", shard="shard-0", position=position)


def test_an_ended_subscription_is_renewed_where_it_ended(monkeypatch):
    monkeypatch.setattr(kinesis_fan_out, "SUBSCRIBE_SECONDS", 0.01)
    first = Events(event(1, 2, on="2"), event(on="5"))
    cut = Events(event(6, on="6"), EndpointConnectionError(endpoint_url="https://aws"))
    last = Events(event(7, on="7", children=[{"ShardId": "child"}]))
    kinesis = Kinesis(
        *({"EventStream": first}, refused("ResourceInUseException"), {"EventStream": cut}, {"EventStream": last})
    )
    found = batches(fan_out(kinesis), 4)
    assert [[each.position for each in batch.records] for batch in found] == [["1", "2"], [], ["6"], ["7"]]
    assert [batch.ended for batch in found] == [False, False, False, True]
    assert {batch.behind_seconds for batch in found} == {0.5}
    begun = [request["StartingPosition"] for request in kinesis.asked]
    after = {"Type": "AFTER_SEQUENCE_NUMBER"}
    assert begun == [
        {"Type": "TRIM_HORIZON"},
        {**after, "SequenceNumber": "5"},
        {**after, "SequenceNumber": "5"},
        {**after, "SequenceNumber": "6"},
    ]
    assert first.closed
    assert cut.closed


def test_a_rejected_subscription_is_reported():
    reader = fan_out(Kinesis(refused("AccessDeniedException")))
    with pytest.raises(AwsError, match="subscribing to orders shard-0: AWS returned an error: AccessDeniedException"):
        batches(reader, 1)


def test_the_first_batch_of_a_subscription_reports_whether_the_last_handled_record_exists(monkeypatch):
    monkeypatch.setattr(kinesis_fan_out, "SUBSCRIBE_SECONDS", 0.01)
    streams = ({"EventStream": Events(event(17, 18, on="18"))}, {"EventStream": Events(event(20, on="20"))})
    kinesis = Kinesis(*streams)
    reader = fan_out(kinesis, "17:3")
    assert [batch.kept for batch in batches(reader, 2)] == [True, None]
    reader.close()
    assert [request["StartingPosition"] for request in kinesis.asked[:2]] == [
        {"Type": "AT_SEQUENCE_NUMBER", "SequenceNumber": "17"},
        {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": "18"},
    ]
    reader = fan_out(Kinesis({"EventStream": Events(event(20, on="20", children=["child"]))}), "17")
    assert [batch.kept for batch in batches(reader, 1)] == [False]


def test_a_subscription_at_an_invalid_position_starts_at_the_oldest_record(monkeypatch):
    monkeypatch.setattr(kinesis_fan_out, "SUBSCRIBE_SECONDS", 0.01)
    kinesis = Kinesis(
        refused("InvalidArgumentException"), {"EventStream": Events(event(20, on="20", children=["child"]))}
    )
    [batch] = batches(fan_out(kinesis, "17"), 1)
    assert batch.kept is False
    assert kinesis.asked[-1]["StartingPosition"] == {"Type": "TRIM_HORIZON"}


def test_temporary_errors_of_a_subscription_are_raised_after_the_retry_window(monkeypatch):
    monkeypatch.setattr(kinesis_fan_out, "SUBSCRIBE_SECONDS", 0.01)
    monkeypatch.setattr(kinesis_fan_out, "RetryWindow", lambda: RetryWindow(0.05))
    reader = fan_out(Kinesis(*[refused("LimitExceededException")] * 1000))
    with pytest.raises(AwsError, match="LimitExceededException") as error:
        batches(reader, 1)
    assert error.value.retryable is False, "callers must not retry it"
