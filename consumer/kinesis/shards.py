"""The shards of a stream, and how one of them is read by polling."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from consumer.aws import AwsError, Call, call_aws
from consumer.kinesis.positions import BEGINNING, split

LOGGER = logging.getLogger(__name__)

MOST_RECORDS = 1000
"""How many records are read at once."""

QUICK_PAUSE, IDLE_PAUSE, LONGEST_PAUSE = 0.25, 1.0, 10.0
"""Seconds between two reads of a shard: where there is more, where there is none, and at most where Kinesis refuses reads; a shard
takes five a second, of all who read it (Kinesis API, GetRecords)."""


RETENTION_CACHE_SECONDS = 60.0
"""How long a stream's retention is taken for what it was; DescribeStreamSummary takes 20 calls a second of an account (Kinesis API)."""

SHORTEST_RETENTION_SECONDS = 24 * 3600.0
"""No stream keeps records for less (Kinesis API, DecreaseStreamRetentionPeriod)."""

HASH_KEYS = range(2**128)
"""All hash keys (Kinesis API, HashKeyRange)."""

REFUSED_POSITION = "InvalidArgumentException"
"""How Kinesis refuses to start at a sequence number that is none of the shard, as after a stream was made anew under its name."""


class Kinesis(Protocol):
    """The calls that reading takes, as boto3's client has them."""

    describe_stream_summary: Call
    list_shards: Call
    get_shard_iterator: Call
    get_records: Call
    subscribe_to_shard: Call


@dataclass(frozen=True, kw_only=True, slots=True)
class KinesisRecord:
    """A record of a data stream, or a user record that a producer put into one together with others."""

    topic: str
    partition: str
    position: str
    key: bytes
    value: bytes
    timestamp: float
    headers: Sequence[tuple[str, bytes]] = ()
    hash_key: int | None = None
    """Which shard a user record in an aggregate belongs to; None for a whole record."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What was read of a shard at once."""

    records: Sequence[KinesisRecord]
    behind_seconds: float
    """How far behind the newest record of the shard it is."""
    ended: bool
    """Whether the shard is closed and this was the last of it."""
    kept: bool | None = None
    """Whether the record that reading started at is still there; None if reading did not start here, or if that is not known yet."""
    read_at: float = field(default_factory=time.time)
    """When it was read, in seconds since 1970."""

    @property
    def until(self) -> float:
        """The time up to which the shard is handled once the batch is, in seconds since 1970."""
        return self.read_at - self.behind_seconds

    @property
    def conclusive(self) -> bool:
        """Whether it says where the next record is. Kinesis also returns empty batches on the way to it."""
        return bool(self.records) or not self.behind_seconds or self.ended


class ShardReader(Protocol):
    """Reads one shard from a position on."""

    def read(self) -> Batch | None:
        """What there is by now; None where it is too early to ask."""
        ...

    def close(self) -> None:
        """Read no more."""
        ...


class Stream:
    """What Kinesis says of a stream and its shards."""

    def __init__(self, kinesis: Kinesis, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.kinesis = kinesis
        self.name = name
        self.clock = clock
        self._hash_keys: dict[str, range] = {}
        self._retention: tuple[float, float] | None = None

    def parents(self) -> dict[str, frozenset[str]]:
        """The shards that still hold records or get some, and those that each was made from (Kinesis API, ListShards)."""
        request: dict[str, Any] = {"StreamName": self.name}
        found: dict[str, frozenset[str]] = {}
        while True:
            answer = call_aws(f"listing the shards of {self.name}", self.kinesis.list_shards, **request)
            for shard in answer["Shards"]:
                before = (shard.get(name) for name in ("ParentShardId", "AdjacentParentShardId"))
                found[shard["ShardId"]] = frozenset(filter(None, before))
                keys = shard["HashKeyRange"]
                self._hash_keys[shard["ShardId"]] = range(int(keys["StartingHashKey"]), int(keys["EndingHashKey"]) + 1)
            if not answer.get("NextToken"):
                return found
            request = {"NextToken": answer["NextToken"]}

    def hash_keys(self, shard: str) -> range:
        """The hash keys of a shard's records, as they were listed."""
        return self._hash_keys.get(shard, HASH_KEYS)

    def deleted_before(self, now: float) -> float:
        """The time before which records are deleted at some moment, both in seconds since 1970."""
        if not self._retention or self.clock() - self._retention[1] > RETENTION_CACHE_SECONDS:
            answer = call_aws(
                f"reading the retention of {self.name}", self.kinesis.describe_stream_summary, StreamName=self.name
            )
            hours: int = answer["StreamDescriptionSummary"]["RetentionPeriodHours"]
            self._retention = hours * 3600.0, self.clock()
        return now - self._retention[0]


def records(stream: str, shard: str, answer: Mapping[str, Any]) -> list[KinesisRecord]:
    """The records of an answer of Kinesis."""
    return [
        KinesisRecord(
            topic=stream,
            partition=shard,
            position=each["SequenceNumber"],
            key=each["PartitionKey"].encode(errors="surrogatepass"),  # JSON can hold half a character
            value=each["Data"],
            timestamp=each["ApproximateArrivalTimestamp"].timestamp(),
        )
        for each in answer["Records"]
    ]


class StartRecord:
    """The record that reading starts at: it was handled already, and shows whether anything was deleted after it.

    So reading starts at the last record that was handled, not after it, as KCL does too (amazon-kinesis-client, IteratorBuilder.java, read
    2026-11-29). If Kinesis no longer has that record, it starts at the oldest one. Its API has no error for that (GetShardIterator); users
    saw it (influxdata/telegraf issue 19505, harlow/kinesis-consumer issue 125, with empty batches first).
    """

    def __init__(self, position: str) -> None:
        self.sequence = "" if position == BEGINNING else split(position)[0]

    def batch(self, found: Sequence[KinesisRecord], *, behind_seconds: float, ended: bool) -> Batch:
        """A batch that says whether the record is still there, as soon as that is known."""
        kept = found[0].position == self.sequence if found else False
        batch = Batch(records=found, behind_seconds=behind_seconds, ended=ended, kept=kept if self.sequence else None)
        if not batch.conclusive:
            return replace(batch, kept=None)
        self.sequence = ""
        return batch


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
        self.position, _ = split(position)
        self.start_record = StartRecord(position)
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
        return self.start_record.batch(found, behind_seconds=behind, ended=not self.iterator)

    def close(self) -> None:
        """Nothing is open between two reads."""

    def _answer(self) -> Mapping[str, Any]:
        what = f"reading {self.stream} {self.shard}"
        if not self.iterator:
            request: dict[str, str] = (
                {"ShardIteratorType": BEGINNING}
                if self.position == BEGINNING
                else {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": self.position}
            )
            self.iterator = call_aws(
                what, self.kinesis.get_shard_iterator, StreamName=self.stream, ShardId=self.shard, **request
            )["ShardIterator"]
        return call_aws(what, self.kinesis.get_records, ShardIterator=self.iterator, Limit=MOST_RECORDS)

    def _refused(self, error: AwsError) -> None:
        """Go on where Kinesis wants another iterator or fewer reads; whether a shard is still there, the list of them tells."""
        match error.code:
            case "ExpiredIteratorException":
                self.iterator, self.start_record = "", StartRecord(self.position)
            case code if code == REFUSED_POSITION and not self.iterator and self.position != BEGINNING:
                LOGGER.warning("%s. Reading goes on with the oldest record that is kept.", error)
                self.position = BEGINNING
            case "ProvisionedThroughputExceededException" | "ResourceNotFoundException":
                self.due = self.clock() + self.pause
                self.pause = min(2 * self.pause, LONGEST_PAUSE)
            case _:
                raise error
