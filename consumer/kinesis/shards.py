"""Shards of a stream, and reading a shard by polling."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from consumer.aws import AwsError, Call, call_aws
from consumer.kinesis.positions import BEGINNING, split

LOGGER = logging.getLogger(__name__)

MOST_RECORDS = 1000
"""Maximum records per read."""

QUICK_PAUSE, IDLE_PAUSE, LONGEST_PAUSE = 0.25, 1.0, 10.0
"""Seconds between two reads of a shard: if there is more, if there is nothing, and the maximum after throttling. All
readers of a shard share five reads a second (Kinesis API, GetRecords)."""


RETENTION_CACHE_SECONDS = 60.0
"""Seconds for which a stream's retention is cached. An account can call DescribeStreamSummary 20 times a second
(Kinesis API)."""

SHORTEST_RETENTION_SECONDS = 24 * 3600.0
"""Minimum retention of any stream (Kinesis API, DecreaseStreamRetentionPeriod)."""

HASH_KEYS = range(2**128)
"""All hash keys (Kinesis API, HashKeyRange)."""

REFUSED_POSITION = "InvalidArgumentException"
"""Error for a sequence number that is not in the shard, for example after a stream was recreated with the same name."""


class Kinesis(Protocol):
    """The boto3 client methods that reading uses."""

    describe_stream_summary: Call
    list_shards: Call
    get_shard_iterator: Call
    get_records: Call
    subscribe_to_shard: Call


@dataclass(frozen=True, kw_only=True, slots=True)
class KinesisRecord:
    """Record of a data stream, or a user record of an aggregate."""

    topic: str
    partition: str
    position: str
    key: bytes
    value: bytes
    timestamp: float
    headers: Sequence[tuple[str, bytes]] = ()
    hash_key: int | None = None
    """Hash key of a user record in an aggregate, which determines its shard. None for a whole record."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Result of one read of a shard."""

    records: Sequence[KinesisRecord]
    behind_seconds: float
    """Delay behind the newest record of the shard."""
    ended: bool
    """Whether the shard is closed and this was its last batch."""
    kept: bool | None = None
    """Whether the record that reading started at still exists. None if reading did not start here, or if it is not
    known yet."""
    read_at: float = field(default_factory=time.time)
    """Time of the read, in seconds since 1970."""

    @property
    def until(self) -> float:
        """Time up to which the shard is handled after this batch, in seconds since 1970."""
        return self.read_at - self.behind_seconds

    @property
    def conclusive(self) -> bool:
        """Whether the batch shows where the next record is. Kinesis also returns empty batches before it."""
        return bool(self.records) or not self.behind_seconds or self.ended


class ShardReader(Protocol):
    """Reads one shard from a position."""

    def read(self) -> Batch | None:
        """Return the available records. None if it is too early for another read."""
        ...

    def close(self) -> None:
        """Stop reading."""
        ...


class Stream:
    """Metadata of a stream and its shards."""

    def __init__(self, kinesis: Kinesis, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.kinesis = kinesis
        self.name = name
        self.clock = clock
        self._hash_keys: dict[str, range] = {}
        self._retention: tuple[float, float] | None = None

    def parents(self) -> dict[str, frozenset[str]]:
        """Return the shards that are listed, with the parents of each (Kinesis API, ListShards)."""
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
        """Return the hash key range of a shard, as of the last listing."""
        return self._hash_keys.get(shard, HASH_KEYS)

    def deleted_before(self, now: float) -> float:
        """Return the time before which records are deleted. `now` and the result are in seconds since 1970."""
        if not self._retention or self.clock() - self._retention[1] > RETENTION_CACHE_SECONDS:
            answer = call_aws(
                f"reading the retention of {self.name}", self.kinesis.describe_stream_summary, StreamName=self.name
            )
            hours: int = answer["StreamDescriptionSummary"]["RetentionPeriodHours"]
            self._retention = hours * 3600.0, self.clock()
        return now - self._retention[0]


def records(stream: str, shard: str, answer: Mapping[str, Any]) -> list[KinesisRecord]:
    """Return the records of a Kinesis response."""
    return [
        KinesisRecord(
            topic=stream,
            partition=shard,
            position=each["SequenceNumber"],
            key=each["PartitionKey"].encode(errors="surrogatepass"),  # JSON strings can contain a lone surrogate
            value=each["Data"],
            timestamp=each["ApproximateArrivalTimestamp"].timestamp(),
        )
        for each in answer["Records"]
    ]


class StartRecord:
    """The last handled record, at which reading starts. If it still exists, nothing after it was deleted.

    So reading starts at the last handled record, not after it, like KCL (amazon-kinesis-client, IteratorBuilder.java,
    read 2026-11-29). If Kinesis has deleted that record, it starts at the oldest one. Its API returns no error for that
    (GetShardIterator); users reported it (influxdata/telegraf issue 19505, harlow/kinesis-consumer issue 125, with
    empty batches first).
    """

    def __init__(self, position: str) -> None:
        self.sequence = "" if position == BEGINNING else split(position)[0]

    def batch(self, found: Sequence[KinesisRecord], *, behind_seconds: float, ended: bool) -> Batch:
        """Return a batch that shows whether the record still exists, as soon as that is known."""
        kept = found[0].position == self.sequence if found else False
        batch = Batch(records=found, behind_seconds=behind_seconds, ended=ended, kept=kept if self.sequence else None)
        if not batch.conclusive:
            return replace(batch, kept=None)
        self.sequence = ""
        return batch


class PollingReader:
    """Polls a shard within the rate limit that all its readers share."""

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
        """Read, if the pause is over."""
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
        """Do nothing: no connection is open between two reads."""

    def _answer(self) -> Mapping[str, Any]:
        action = f"reading {self.stream} {self.shard}"
        if not self.iterator:
            request: dict[str, str] = (
                {"ShardIteratorType": BEGINNING}
                if self.position == BEGINNING
                else {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": self.position}
            )
            self.iterator = call_aws(
                action, self.kinesis.get_shard_iterator, StreamName=self.stream, ShardId=self.shard, **request
            )["ShardIterator"]
        return call_aws(action, self.kinesis.get_records, ShardIterator=self.iterator, Limit=MOST_RECORDS)

    def _refused(self, error: AwsError) -> None:
        """Handle expired iterators and throttling; raise other errors. The shard listing detects deleted shards."""
        match error.code:
            case "ExpiredIteratorException":
                self.iterator, self.start_record = "", StartRecord(self.position)
            case code if code == REFUSED_POSITION and not self.iterator and self.position != BEGINNING:
                LOGGER.warning("%s. Continuing with the oldest available record.", error)
                self.position = BEGINNING
            case "ProvisionedThroughputExceededException" | "ResourceNotFoundException":
                self.due = self.clock() + self.pause
                self.pause = min(2 * self.pause, LONGEST_PAUSE)
            case _:
                raise error
