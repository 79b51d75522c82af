"""Consumer on a Kinesis data stream, simulated by moto's server: one lease per replica, no loss, keys in order."""

import json
import os
import re
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from components.aws.kinesis.access import READ_ACTIONS, TABLE_ACTIONS
from tests.dataplane.kinesis_consumer import POISON
from tests.dataplane.kinesis_replica import FORMS, Replica, replica, until
from tests.dataplane.kpl import Written, aggregate, keys
from tests.dataplane.moto_server import REGION, MotoServer, moto_server
from tests.dataplane.unavailable import temporarily_unavailable


@pytest.fixture(scope="session")
def moto() -> Iterator[MotoServer]:
    with moto_server() as server:
        yield server


@pytest.fixture(scope="session")
def rights(moto: MotoServer) -> dict[str, str]:
    """Credentials of a consumer, with exactly the permissions that the stack grants."""
    return moto.user("consumer", [*READ_ACTIONS, *TABLE_ACTIONS, "kinesis:PutRecord"])


@dataclass
class Stream:
    """Stream with the tables of its group, as in the stack, and the consumers of a test."""

    moto: MotoServer
    rights: dict[str, str]
    directory: Path
    name: str
    ended: ExitStack
    form: str = "handle"
    """Form of the consumers' handler."""
    replicas: list[Replica] = field(default_factory=list)
    produced: Counter[str] = field(default_factory=Counter)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.moto.url,
            "AWS_REGION": REGION,
            "STREAM_SERVICE": "kinesis",
            "STREAM_TOPIC": self.name,
            "STREAM_GROUP": self.name,
            "STREAM_DEAD_LETTERS": f"{self.name}.dead-letters",
            "STREAM_MAX_DELIVERY_ATTEMPTS": "2",
            **({"STREAM_BATCH_RECORDS": "8"} if self.form == "handle_batch" else {}),
            **self.rights,
        }

    def start(self, number: int = 1, *, seconds: float = 0.0, **changes: str) -> list[Replica]:
        started = [
            self.ended.enter_context(
                replica(self.directory, {**self.environment, **changes}, seconds=seconds, form=self.form)
            )
            for _ in range(number)
        ]
        self.replicas += started
        return started

    def produce(self, number: int, keys: int = 20) -> None:
        """Write that many records per key, with consecutive numbers per key."""
        for _ in range(number):
            names = [f"key-{key}" for key in range(keys)]
            entries = [{"PartitionKey": name, "Data": str(self.produced[name]).encode()} for name in names]
            self.moto.client("kinesis").put_records(StreamName=self.name, Records=entries)
            self.produced.update(names)

    @property
    def leases(self) -> dict[str, dict[str, str]]:
        items = self.moto.client("dynamodb").scan(TableName=self.name, ConsistentRead=True)["Items"]
        return {
            item["leaseKey"]["S"]: {name: next(iter(value.values())) for name, value in item.items()} for item in items
        }

    @property
    def owners(self) -> Counter[str]:
        """Number of open shards per worker."""
        return Counter(lease["leaseOwner"] for lease in self.leases.values() if "leaseOwner" in lease)

    @property
    def handled(self) -> dict[str, list[int]]:
        """Numbers of each key's records, in the order of first handling by any replica."""
        notes = sorted((note for each in self.replicas for note in each.handled), key=lambda note: note["at"])
        found: dict[str, dict[int, None]] = {}
        for note in notes:
            found.setdefault(note["key"], {})[int(note["value"])] = None
        return {key: list(numbers) for key, numbers in found.items()}

    @property
    def complete(self) -> bool:
        return {key: len(numbers) for key, numbers in self.handled.items()} == dict(self.produced)

    def assert_all_handled_in_order(self) -> None:
        until("every record is handled", lambda: self.complete)
        assert self.handled == {key: list(range(number)) for key, number in self.produced.items()}


@pytest.fixture
def make(moto: MotoServer, rights: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Stream]]:
    """Return a function that creates a stream with dead letters and tables."""
    kinesis, dynamodb = moto.client("kinesis"), moto.client("dynamodb")
    with ExitStack() as ended:

        def made(shards: int, form: str = "handle") -> Stream:
            name = f"pipes-{uuid4().hex[:8]}"
            kinesis.create_stream(StreamName=name, ShardCount=shards)
            kinesis.create_stream(StreamName=f"{name}.dead-letters", ShardCount=1)
            for suffix, key in (("", "leaseKey"), ("-WorkerMetricStats", "wid")):
                dynamodb.create_table(
                    TableName=f"{name}{suffix}",
                    BillingMode="PAY_PER_REQUEST",
                    KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                    AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                )
            return Stream(moto, rights, tmp_path, name, ended, form)

        yield made


def test_each_replica_reads_one_shard_and_an_extra_one_is_idle_and_ready(make):
    stream = make(3)
    replicas = stream.start(3)
    until("each replica has a lease", lambda: sorted(stream.owners.values()) == [1, 1, 1])
    stream.produce(5)
    stream.assert_all_handled_in_order()
    assert [len({note["shard"] for note in each.handled}) for each in replicas] == [1, 1, 1]
    [idle] = stream.start()
    until("all are ready", lambda: all(each.ready for each in stream.replicas))
    stream.produce(5)
    stream.assert_all_handled_in_order()
    assert sorted(stream.owners.values()) == [1, 1, 1]
    assert idle.process.poll() is None


@FORMS
def test_a_replica_that_joins_later_gets_its_share(make, form):
    stream = make(3, form)
    stream.start(seconds=0.01)
    until("one replica has all shards", lambda: sorted(stream.owners.values()) == [3])
    stream.produce(20)
    stream.start(seconds=0.01)
    until("two replicas share them", lambda: sorted(stream.owners.values()) == [1, 2])
    stream.produce(5)
    stream.assert_all_handled_in_order()


@FORMS
def test_the_shard_of_a_killed_replica_is_taken_over_without_loss(make, form):
    stream = make(2, form)
    first, second = stream.start(2, seconds=0.01)
    until("each replica has a lease", lambda: sorted(stream.owners.values()) == [1, 1])
    stream.produce(30)
    until("both are in the middle of it", lambda: len(first.handled) > 20 and len(second.handled) > 20)
    first.process.kill()
    stream.produce(5)
    stream.assert_all_handled_in_order()
    assert {note["shard"] for note in second.handled} == set(stream.leases)
    assert sorted(stream.owners.values()) == [2]


@FORMS
def test_a_stopped_replica_finishes_its_record_and_releases_its_leases_at_once(make, form):
    stream = make(2, form)
    [reader] = stream.start(seconds=0.05)
    stream.produce(20)
    until("it is in the middle of it", lambda: len(reader.handled) > 10)
    assert reader.stop() == 0
    assert stream.owners == {}
    workers = stream.moto.client("dynamodb").scan(TableName=f"{stream.name}-WorkerMetricStats")["Items"]
    assert workers == []
    stopped = len(reader.handled)
    assert stopped < sum(stream.produced.values())
    [other] = stream.start()
    stream.assert_all_handled_in_order()
    assert stopped + len(other.handled) == sum(stream.produced.values()), "nothing comes twice after an orderly stop"


@FORMS
def test_a_reshard_keeps_each_key_in_order(make, form):
    stream = make(2, form)
    stream.start(4, seconds=0.05)
    until("all are ready", lambda: all(each.ready for each in stream.replicas))
    stream.produce(10)
    stream.moto.client("kinesis").update_shard_count(
        StreamName=stream.name, TargetShardCount=4, ScalingType="UNIFORM_SCALING"
    )
    stream.produce(10)
    stream.assert_all_handled_in_order()
    until("each replica has one of the new shards", lambda: sorted(stream.owners.values()) == [1, 1, 1, 1])
    leases = stream.leases.values()
    assert sorted(lease["checkpoint"] == "SHARD_END" for lease in leases) == [False] * 4 + [True] * 2


def letters(stream: Stream) -> list[dict[str, Any]]:
    """Return the dead letters of a stream."""
    kinesis = stream.moto.client("kinesis")
    iterator = kinesis.get_shard_iterator(
        StreamName=f"{stream.name}.dead-letters", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    return [
        json.loads(each["Data"]) for each in kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    ]


def put(stream: Stream, data: bytes) -> str:
    """Write a record and return its sequence number."""
    client = stream.moto.client("kinesis")
    return client.put_record(StreamName=stream.name, PartitionKey="key", Data=data)["SequenceNumber"]


def notes(*replicas: Replica) -> list[tuple[str, str, str]]:
    """Return position, key and value of each handled record, by replica."""
    return [(note["position"], note["key"], note["value"]) for each in replicas for note in each.handled]


def test_a_restart_within_an_aggregate_continues_after_the_last_handled_user_record(make):
    stream = make(1)
    plain = put(stream, b"plain")
    whole = put(stream, aggregate(*(Written(f"key-{number % 3}", str(number).encode()) for number in range(40))))
    last = put(stream, b"last")
    [first] = stream.start(seconds=0.1)
    until("it is within the aggregate", lambda: len(first.handled) > 3)
    assert first.stop() == 0
    [lease] = stream.leases.values()
    assert first.handled[-1]["position"] == f"{lease['checkpoint']}:{lease['checkpointSubSequenceNumber']}"
    assert lease["checkpoint"] == whole
    assert len(first.handled) < 41
    [second] = stream.start()
    until("all are handled", lambda: len(first.handled) + len(second.handled) == 42)
    assert notes(first, second) == [
        (plain, "key", "plain"),
        *((f"{whole}:{number}", f"key-{number % 3}", str(number)) for number in range(40)),
        (last, "key", "last"),
    ]
    assert second.lost == 0


@FORMS
def test_only_the_failed_user_record_goes_to_the_dead_letters_with_its_sub_sequence_number(make, form):
    stream = make(1, form)
    stream.start()
    whole = put(stream, aggregate(Written("red", b"1"), Written("blue", POISON), Written("red", b"3")))
    [reader] = stream.replicas
    others = [(f"{whole}:0", "red", "1"), (f"{whole}:2", "red", "3")]
    until("the others are handled", lambda: list(dict.fromkeys(notes(reader))) == others)
    [letter] = letters(stream)
    assert (letter["sequenceNumber"], letter["subSequenceNumber"]) == (whole, 1)
    assert (letter["partitionKey"], b64decode(letter["data"])) == ("blue", POISON)


def test_after_a_reshard_a_user_record_is_handled_only_in_its_new_shard(make):
    stream = make(2)
    replicas = stream.start(2)
    until("each replica has a lease", lambda: sorted(stream.owners.values()) == [1, 1])
    low, high = keys(range(2**127), 2), keys(range(2**127, 2**128), 1)
    client = stream.moto.client("kinesis")
    mixed = aggregate(Written(low[0], b"here"), Written(high[0], b"elsewhere"), Written(low[1], b"here too"))
    client.put_record(StreamName=stream.name, PartitionKey="key", ExplicitHashKey="0", Data=mixed)
    again = aggregate(Written(high[0], b"again"))
    client.put_record(StreamName=stream.name, PartitionKey="key", ExplicitHashKey=str(2**128 - 1), Data=again)
    until("all are handled", lambda: sum(len(each.handled) for each in replicas) == 3)
    assert sorted(value for _, _, value in notes(*replicas)) == ["again", "here", "here too"]
    assert "skipped 1 user records" in "".join(each.log for each in replicas)


def test_records_deleted_while_no_consumer_ran_are_counted_and_logged(make):
    stream = make(1)
    client = stream.moto.client("kinesis")
    client.increase_stream_retention_period(StreamName=stream.name, RetentionPeriodHours=48)
    handled = put(stream, b"handled")
    [first] = stream.start()
    until("it is handled", lambda: len(first.handled) == 1)
    assert first.stop() == 0
    put(stream, b"lost")
    kept = put(stream, b"kept")
    client.decrease_stream_retention_period(StreamName=stream.name, RetentionPeriodHours=24)
    stream.moto.client("dynamodb").update_item(
        TableName=stream.name,
        Key={"leaseKey": {"S": "shardId-000000000000"}},
        UpdateExpression="SET handledUntil = :then",
        ExpressionAttributeValues={":then": {"N": str(int((time.time() - 25 * 3600) * 1000))}},
    )
    [second] = stream.start()
    until("what is left is handled", lambda: notes(second) == [(kept, "key", "kept")])
    assert second.lost == 1
    assert (
        f"{stream.name}[shardId-000000000000]: records after sequence number {handled} were deleted before they were "
        f"read; the first available record is {kept}"
    ) in second.log


def test_a_quiet_shard_whose_last_record_was_deleted_has_lost_nothing(make):
    stream = make(1)
    client = stream.moto.client("kinesis")
    client.increase_stream_retention_period(StreamName=stream.name, RetentionPeriodHours=48)
    put(stream, b"handled")
    [first] = stream.start()
    until("it is handled", lambda: len(first.handled) == 1)
    assert first.stop() == 0
    kept = put(stream, b"kept")
    client.decrease_stream_retention_period(StreamName=stream.name, RetentionPeriodHours=24)
    [second] = stream.start()
    until("what is left is handled", lambda: notes(second) == [(kept, "key", "kept")])
    assert second.lost == 0


def test_temporary_aws_errors_at_the_start_are_retried(make):
    stream = make(1)
    stream.produce(1)
    with temporarily_unavailable(stream.moto.url, answers=9) as url:
        [reader] = stream.start(AWS_ENDPOINT_URL=url)
        stream.assert_all_handled_in_order()
        assert "AWS returned an error: 503" in reader.log
        assert reader.stop() == 0


@FORMS
def test_a_failed_record_goes_to_the_dead_letters_and_does_not_block_others(make, form):
    stream = make(1, form)
    stream.start()
    stream.produce(1)
    kinesis = stream.moto.client("kinesis")
    put = kinesis.put_record(StreamName=stream.name, PartitionKey="key-0", Data=POISON)
    stream.produce(1)
    stream.assert_all_handled_in_order()
    [letter] = letters(stream)
    assert b64decode(letter.pop("data")) == POISON
    assert letter.pop("timestamp") > 1_700_000_000
    assert letter == {
        "stream": stream.name,
        "shard": "shardId-000000000000",
        "sequenceNumber": put["SequenceNumber"],
        "partitionKey": "key-0",
        "reason": "ValueError: this one cannot be handled",
        "tries": 2,
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"AWS_ACCESS_KEY_ID": os.urandom(10).hex()}, "AWS returned an error: 403: .*InvalidClientTokenId"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "no AWS credentials"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "cannot reach AWS: .*127.0.0.1:9"),
        ({"STREAM_TOPIC": "other"}, "listing the shards of other: AWS returned an error: ResourceNotFoundException"),
        ({"STREAM_GROUP": "other"}, "other-WorkerMetricStats: AWS returned an error: ResourceNotFoundException"),
        (
            {"STREAM_DEAD_LETTERS": "other"},
            "writing a dead letter to other: AWS returned an error: ResourceNotFoundException",
        ),
    ],
)
def test_permanent_errors_end_it_with_one_line(make, changes, message):
    stream = make(1)
    stream.moto.client("kinesis").put_record(StreamName=stream.name, PartitionKey="key", Data=POISON)
    [reader] = stream.start(**changes)
    line = reader.end()
    assert re.fullmatch(f"consumer: .*{message}.*", line)
    assert stream.rights["AWS_SECRET_ACCESS_KEY"] not in line
    assert stream.owners == {}, "its leases are released"


def test_a_missing_permission_is_named(make):
    stream = make(1)
    [reader] = stream.start(**stream.moto.user(f"{stream.name}-nobody", ["dynamodb:PutItem"]))
    assert "AccessDenied" in reader.end()
