"""The shards of a stream, and how one of them is read by polling."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from consumer.kinesis_aws import AwsError, Call, asked
from consumer.kinesis_leases import BEGINNING

MOST_RECORDS = 1000
"""How many records are read at once."""

QUICK_PAUSE, IDLE_PAUSE, LONGEST_PAUSE = 0.25, 1.0, 10.0
"""Seconds between two reads of a shard: where there is more, where there is none, and at most where Kinesis refuses reads; a shard
takes five a second, of all who read it (Kinesis API, GetRecords)."""


class Kinesis(Protocol):
    """The calls that reading takes, as boto3's client has them."""

    list_shards: Call
    get_shard_iterator: Call
    get_records: Call
    subscribe_to_shard: Call


@dataclass(frozen=True, kw_only=True)
class KinesisRecord:
    """A record of a data stream; one that a producer put several into (KPL aggregation) is handed over as it is."""

    topic: str
    partition: str
    position: str
    key: bytes
    value: bytes
    timestamp: float
    headers: Sequence[tuple[str, bytes]] = ()


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What was read of a shard at once."""

    records: Sequence[KinesisRecord]
    behind_seconds: float
    """How far behind the newest record of the shard it is."""
    ended: bool
    """Whether the shard is closed and this was the last of it."""


class ShardReader(Protocol):
    """Reads one shard from a position on."""

    def read(self) -> Batch | None:
        """What there is by now; None where it is too early to ask."""
        ...

    def close(self) -> None:
        """Read no more."""
        ...


def parents(kinesis: Kinesis, stream: str) -> dict[str, frozenset[str]]:
    """The shards of a stream that still hold records or get some, and those that each was made from (Kinesis API, ListShards)."""
    request: dict[str, Any] = {"StreamName": stream}
    found: dict[str, frozenset[str]] = {}
    while True:
        answer = asked(f"listing the shards of {stream}", kinesis.list_shards, **request)
        for shard in answer["Shards"]:
            before = (shard.get(name) for name in ("ParentShardId", "AdjacentParentShardId"))
            found[shard["ShardId"]] = frozenset(filter(None, before))
        if not answer.get("NextToken"):
            return found
        request = {"NextToken": answer["NextToken"]}


def records(stream: str, shard: str, answer: Mapping[str, Any]) -> list[KinesisRecord]:
    """The records of an answer of Kinesis."""
    return [
        KinesisRecord(
            topic=stream,
            partition=shard,
            position=each["SequenceNumber"],
            key=each["PartitionKey"].encode(),
            value=each["Data"],
            timestamp=each["ApproximateArrivalTimestamp"].timestamp(),
        )
        for each in answer["Records"]
    ]


class PollingReader:
    """Asks for the records of a shard, no more often than all of its readers together may."""

    def __init__(
        self,
        kinesis: Kinesis,
        *,
        stream: str,
        shard: str,
        position: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.kinesis = kinesis
        self.stream = stream
        self.shard = shard
        self.position = position
        self.clock = clock
        self.iterator = ""
        self.due = clock()
        self.pause = IDLE_PAUSE

    def read(self) -> Batch | None:
        """Ask, if it is time to."""
        if self.clock() < self.due:
            return None
        try:
            answer = self._answer()
        except AwsError as error:
            self._refused(error)
            return None
        found = records(self.stream, self.shard, answer)
        if found:
            self.position = found[-1].position
        self.iterator = answer.get("NextShardIterator") or ""
        behind = answer.get("MillisBehindLatest", 0) / 1000
        self.pause = IDLE_PAUSE
        self.due = self.clock() + (QUICK_PAUSE if found or behind else IDLE_PAUSE)
        return Batch(records=found, behind_seconds=behind, ended=not self.iterator)

    def close(self) -> None:
        """Nothing is open between two reads."""

    def _answer(self) -> Mapping[str, Any]:
        what = f"reading {self.stream} {self.shard}"
        if not self.iterator:
            request: dict[str, str] = (
                {"ShardIteratorType": BEGINNING}
                if self.position == BEGINNING
                else {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": self.position}
            )
            self.iterator = asked(
                what, self.kinesis.get_shard_iterator, StreamName=self.stream, ShardId=self.shard, **request
            )["ShardIterator"]
        return asked(what, self.kinesis.get_records, ShardIterator=self.iterator, Limit=MOST_RECORDS)

    def _refused(self, error: AwsError) -> None:
        """Go on where Kinesis wants another iterator or fewer reads; whether a shard is still there, the list of them tells."""
        match error.code:
            case "ExpiredIteratorException":
                self.iterator = ""
            case "ProvisionedThroughputExceededException" | "ResourceNotFoundException":
                self.due = self.clock() + self.pause
                self.pause = min(2 * self.pause, LONGEST_PAUSE)
            case _:
                raise error
