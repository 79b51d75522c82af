"""Redrive of dead letters on Kinesis, simulated by moto's server."""

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from consumer.kinesis.dead_letters import DeadLetterStream, with_data
from consumer.kinesis.shards import KinesisRecord
from tests.dataplane.kinesis_replica import NO_CREDENTIALS
from tests.dataplane.moto_server import REGION, MotoServer, moto_server
from workbench.stack_file import ROOT

RIGHTS = ["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:PutRecord"]
"""docs/procedures.md, Dead letters, required rights."""


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoServer]:
    with moto_server() as server:
        yield server


@pytest.fixture(scope="module")
def rights(moto: MotoServer) -> dict[str, str]:
    return moto.user("redrive", RIGHTS)


@dataclass
class Pipe:
    moto: MotoServer
    rights: dict[str, str]
    name: str

    def redrive(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {
            "AWS_ENDPOINT_URL": self.moto.url,
            "AWS_REGION": REGION,
            "STREAM_SERVICE": "kinesis",
            "STREAM_TOPIC": self.name,
            "STREAM_GROUP": self.name,
            "STREAM_DEAD_LETTERS": f"{self.name}.dead-letters",
            **NO_CREDENTIALS,
            **self.rights,
        }
        command = [sys.executable, "-m", "consumer.redrive", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    def records(self, stream: str) -> list[dict[str, Any]]:
        kinesis = self.moto.client("kinesis")
        start = {"StreamName": stream, "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
        iterator = kinesis.get_shard_iterator(**start)["ShardIterator"]
        return kinesis.get_records(ShardIterator=iterator)["Records"]

    @property
    def written(self) -> list[tuple[str, bytes]]:
        return [(each["PartitionKey"], each["Data"]) for each in self.records(self.name)]

    @property
    def positions(self) -> list[str]:
        """Sequence numbers of the dead letters."""
        return [each["SequenceNumber"] for each in self.records(f"{self.name}.dead-letters")]


@pytest.fixture
def pipe(moto: MotoServer, rights: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Pipe:
    """Return a stream without records, whose dead letters have three, and one record that is no dead letter."""
    name = f"orders-{uuid4().hex[:8]}"
    kinesis = moto.client("kinesis")
    for stream in (name, f"{name}.dead-letters"):
        kinesis.create_stream(StreamName=stream, ShardCount=1)
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto.url)
    for variable, value in moto.keys.items():
        monkeypatch.setenv(variable, value)
    letters = DeadLetterStream(stream=f"{name}.dead-letters", region=REGION, describe=with_data)
    for number in range(3):
        record = KinesisRecord(
            topic=name,
            partition="shardId-000000000000",
            position=f"{number}:{number}",
            key=f"key-{number}".encode(),
            value=bytes([255, number]),
            timestamp=1.0,
        )
        letters.put(record, reason=f"reason {number % 2}", tries=2)
    kinesis.put_record(StreamName=f"{name}.dead-letters", PartitionKey="x", Data=b"[1]")
    return Pipe(moto, rights, name)


def test_selected_records_are_written_with_their_key_and_data_and_stay(pipe):
    first, second, third, foreign = pipe.positions
    done = pipe.redrive("replay", f"{first}-{foreign}", "--reason", "reason 0", "--yes")
    assert done.returncode == 0
    assert pipe.written == [("key-0", b"\xff\x00"), ("key-2", b"\xff\x02")]
    assert done.stdout.splitlines() == [
        *(
            f"{pipe.name}.dead-letters {letter}: written to {pipe.name}[shardId-000000000000] {place['SequenceNumber']}"
            for letter, place in zip((first, third), pipe.records(pipe.name), strict=True)
        ),
        "2 dead letters replayed, 0 skipped",
    ]
    assert done.stderr.startswith("Kinesis cannot mark or delete single records: ")
    assert pipe.redrive("list").stdout.splitlines()[0] == f"{pipe.name}.dead-letters: 4 dead letters"
    assert pipe.redrive("show", second).returncode == 0


def test_all_are_replayed_except_what_is_no_dead_letter(pipe):
    done = pipe.redrive("replay", "--all", "--yes")
    assert done.stdout.splitlines()[-1] == "3 dead letters replayed, 1 skipped"
    assert [key for key, _ in pipe.written] == ["key-0", "key-1", "key-2"]


def test_a_dry_run_writes_nothing_and_nothing_can_be_dropped(pipe):
    done = pipe.redrive("replay", "--all")
    assert done.stdout.splitlines()[-1] == "3 dead letters would be replayed, 1 skipped"
    dropped = pipe.redrive("drop", "--all", "--yes")
    assert dropped.returncode == 1
    assert dropped.stderr.startswith(f"redrive: {pipe.name}.dead-letters: cannot drop dead letters. ")
    assert pipe.written == []
    assert len(pipe.positions) == 4


def test_saved_ones_have_all_parts(pipe):
    done = pipe.redrive("save", "-", pipe.positions[1])
    assert json.loads(done.stdout) == {
        "position": pipe.positions[1],
        "topic": pipe.name,
        "partition": "shardId-000000000000",
        "origin": "1:1",
        "reason": "reason 1",
        "tries": "2",
        "incomplete": "",
        "key": b64encode(b"key-1").decode(),
        "headers": [],
        "value": b64encode(b"\xff\x01").decode(),
    }


def test_without_rights_the_action_is_named_in_one_line(pipe):
    pipe.rights = pipe.moto.user("consumer-only", ["kinesis:PutRecord"])
    done = pipe.redrive("list")
    assert done.returncode == 1
    assert done.stderr.startswith(f"redrive: listing the shards of {pipe.name}.dead-letters: AWS returned an error: ")
    assert len(done.stderr.splitlines()) == 1
