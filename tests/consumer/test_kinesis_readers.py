"""How a shard is read, by asking and by being told."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from consumer import kinesis_fan_out
from consumer.kinesis_aws import AwsError
from consumer.kinesis_fan_out import FanOutReader
from consumer.kinesis_shards import PollingReader, parents

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
    """Answers in turn what it was made with, and notes what it was asked for."""

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

    get_records = subscribe_to_shard = list_shards = answer


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


def test_a_shard_is_read_from_its_beginning_or_after_what_is_handled():
    kinesis, _, reader = polling(some(1))
    reader.read()
    assert kinesis.asked[0] == {
        "StreamName": "orders",
        "ShardId": "shard-0",
        "ShardIteratorType": "TRIM_HORIZON",
    }
    kinesis, _, reader = polling(some(18), position="17")
    [first] = reader.read().records
    assert kinesis.asked[0]["ShardIteratorType"] == "AFTER_SEQUENCE_NUMBER"
    assert kinesis.asked[0]["StartingSequenceNumber"] == "17"
    assert (first.position, first.key, first.value) == ("18", b"key", b"data")
    assert first.timestamp == ARRIVED.timestamp()


def test_it_is_asked_at_most_four_times_a_second_and_once_a_second_where_there_is_nothing():
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


def test_the_last_batch_of_a_closed_shard_says_so():
    _, _, reader = polling(some(1, following=None))
    assert reader.read().ended


def test_an_iterator_that_is_too_old_is_renewed_after_the_last_record():
    kinesis, clock, reader = polling(some(1, 2), refused("ExpiredIteratorException"), some(3))
    reader.read()
    clock.now = 400
    assert reader.read() is None
    assert [each.position for each in reader.read().records] == ["3"]
    assert kinesis.asked[-2]["StartingSequenceNumber"] == "2"


def test_where_kinesis_refuses_reads_it_is_asked_ever_more_seldom():
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
    ("error", "told", "passing"),
    [
        (refused("AccessDeniedException"), "reading orders shard-0: AWS refused it: AccessDeniedException: no", False),
        (refused("ThrottlingException"), "reading orders shard-0: AWS refused it: ThrottlingException: no", True),
        (EndpointConnectionError(endpoint_url="https://aws"), "reading orders shard-0: AWS cannot be reached: ", True),
    ],
)
def test_what_is_refused_is_told_in_one_line_with_whether_it_passes(error, told, passing):
    _, _, reader = polling(error)
    with pytest.raises(AwsError) as refusal:
        reader.read()
    assert str(refusal.value).startswith(told)
    assert refusal.value.passing is passing


def test_all_shards_are_listed_with_those_that_they_were_made_from():
    kinesis: Any = Kinesis(
        {"Shards": [{"ShardId": "a"}, {"ShardId": "b"}], "NextToken": "more"},
        {"Shards": [{"ShardId": "c", "ParentShardId": "a", "AdjacentParentShardId": "b"}]},
    )
    assert parents(kinesis, "orders") == {"a": frozenset(), "b": frozenset(), "c": frozenset({"a", "b"})}
    assert kinesis.asked == [{"StreamName": "orders"}, {"NextToken": "more"}]


class Events:
    """The events of a subscription."""

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


def test_a_subscription_that_ends_is_renewed_from_where_it_ended(monkeypatch):
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


def test_a_subscription_that_is_refused_is_told():
    reader = fan_out(Kinesis(refused("AccessDeniedException")))
    with pytest.raises(AwsError, match="subscribing to orders shard-0: AWS refused it: AccessDeniedException"):
        batches(reader, 1)
