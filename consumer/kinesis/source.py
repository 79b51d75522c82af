"""Kinesis Data Streams source: the members of a group share the shards."""

import logging
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from consumer.aws import AwsError, RetryWindow, client, retry
from consumer.delivery import DeadLetters, Delivery
from consumer.kinesis.aggregates import deaggregate
from consumer.kinesis.dead_letters import DeadLetterStream, with_data
from consumer.kinesis.fan_out import FanOutReader
from consumer.kinesis.leases import LeaseTable, WorkerTable
from consumer.kinesis.member import HeldLease, Member, RebalanceTimings
from consumer.kinesis.positions import is_covered
from consumer.kinesis.shards import SHORTEST_RETENTION_SECONDS, Batch, KinesisRecord, PollingReader, ShardReader, Stream
from consumer.variables import Variables

LOGGER = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 5.0
"""Interval of checkpoints within a batch. After a kill, at most this much is delivered again."""

PAUSE = 0.1
"""Seconds to wait if no shard had records."""


def source(variables: Variables) -> "KinesisSource":
    """Return the source for the stream that the environment names. The lease table has the name of the group."""
    region = variables.required("AWS_REGION")
    dead_letters = variables.optional("STREAM_DEAD_LETTERS")
    return KinesisSource(
        region=region,
        stream=variables.required("STREAM_TOPIC"),
        group=variables.required("STREAM_GROUP"),
        consumer_arn=variables.optional("STREAM_CONSUMER_ARN"),
        host=variables.optional("HOSTNAME"),
        dead_letters=DeadLetterStream(stream=dead_letters, region=region, describe=with_data) if dead_letters else None,
    )


@dataclass(frozen=True, kw_only=True)
class KinesisSource:
    """Data stream, read as one worker of its group. A new group starts at the oldest available record."""

    region: str
    stream: str
    group: str
    consumer_arn: str | None
    """Registered consumer with dedicated throughput (enhanced fan-out). None to share the throughput with other
    readers."""
    host: str | None
    """Host name of this replica. Prefix of the worker's name."""
    dead_letters: DeadLetters | None
    timings: RebalanceTimings = field(default_factory=RebalanceTimings)

    def run(self, delivery: Delivery) -> None:
        """Read the shards whose leases this worker owns until it is stopped."""
        seconds = self.timings.retry_seconds
        clients = retry(
            lambda: (client("kinesis", self.region), client("dynamodb", self.region)), delivery.stopping, seconds
        )
        if clients is None:
            return
        kinesis, dynamodb = clients
        stream = Stream(kinesis, self.stream)
        worker = "-".join(filter(None, (self.host, uuid.uuid4().hex[:12])))
        member = Member(
            LeaseTable(dynamodb, self.group, worker),
            WorkerTable(dynamodb, self.group, worker),
            stream.parents,
            timings=self.timings,
        )

        def reader(shard: str, position: str) -> ShardReader:
            if self.consumer_arn:
                return FanOutReader(
                    kinesis, stream=self.stream, consumer=self.consumer_arn, shard=shard, position=position
                )
            return PollingReader(kinesis, stream=self.stream, shard=shard, position=position)

        with member.sharing():
            reading = ShardLoop(member, delivery, reader, stream, RetryWindow(seconds))
            try:
                reading.run()
            finally:
                reading.close()


class ShardLoop:
    """Delivers the records of all shards that a member holds, shard by shard."""

    def __init__(
        self,
        member: Member,
        delivery: Delivery,
        reader: Callable[[str, str], ShardReader],
        stream: Stream,
        retry_window: RetryWindow,
    ) -> None:
        self.member = member
        self.delivery = delivery
        self.reader = reader
        self.stream = stream
        self.retry_window = retry_window
        self.readers: dict[str, tuple[HeldLease, ShardReader]] = {}

    def run(self) -> None:
        """Read shard after shard until the delivery is stopped.

        After a temporary AWS failure, continue at the last handled record.
        """
        delivery = self.delivery
        while not delivery.stopping.is_set():
            delivery.status.poll()
            try:
                busy = self._read_all()
            except AwsError as error:
                self.retry_window.record_failure(error)
                LOGGER.warning("%s", error)
                self.close()
                busy = False
            else:
                self.retry_window.reset()
            if not busy:
                delivery.stopping.wait(PAUSE)

    def close(self) -> None:
        """Close all readers. Positions are kept."""
        for shard in list(self.readers):
            self._close(shard)

    def _read_all(self) -> bool:
        """Handle the available records of each shard. Return whether there were any."""
        held_leases = self.member.held_leases()
        status = self.delivery.status
        status.count_lost(self.member.deleted_unread())
        status.set_partitions(held.shard for held in held_leases)
        status.ready = self.member.all_assigned
        for shard in self.readers.keys() - status.partitions:
            self._close(shard)
        busy = False
        for held in held_leases:
            if not held.wanted:
                self._close(held.shard)
                self.member.give_up(held)
                continue
            batch = self._reader(held).read()
            if batch:
                busy = bool(batch.records) or busy
                self._deliver_batch(held, batch)
        return busy

    def _deliver_batch(self, held: HeldLease, batch: Batch) -> None:
        """Deliver what one read returned while this worker owns the shard, and checkpoint."""
        if batch.conclusive:
            self._report_gap(held, batch)
        checkpointed, oldest = time.monotonic(), self.delivery.status.oldest
        for records, position in self._user_records(held, batch):
            done = 0
            while done < len(records):
                self.delivery.status.poll()
                oldest[held.shard] = records[done].timestamp
                if self.delivery.stopping.is_set() or not held.wanted or not self.member.holds(held):
                    self._close(held.shard)
                    return
                done += self.delivery.deliver_next(records[done:])
                if done:
                    held.position, held.until = records[done - 1].position, records[done - 1].timestamp
                if time.monotonic() - checkpointed > CHECKPOINT_SECONDS:
                    self.member.checkpoint(held)
                    checkpointed = time.monotonic()
            held.position = position
        oldest[held.shard] = batch.until if batch.behind_seconds else None
        if batch.conclusive:
            held.until = batch.until
        if batch.ended:
            self._close(held.shard)
            self.member.finish(held)
        else:
            self.member.checkpoint(held)

    def _user_records(self, held: HeldLease, batch: Batch) -> Iterator[tuple[Sequence[KinesisRecord], str]]:
        """Yield the unhandled records that one read returned, as many together as the handler gets at most.

        With each, yield the position after them, which also covers skipped records. Aggregates are deaggregated one
        after the other.

        A user record whose hash key belongs to another shard is skipped. This happens after a reshard: the KPL writes
        exactly those user records again (amazon-kinesis-producer, retrier.cc, read 2026-11-29). KCL skips their whole
        aggregate, so it loses the others (amazon-kinesis-client, AggregatorUtil.java, read 2026-11-29).
        """
        hash_keys, most = self.stream.hash_keys(held.shard), self.delivery.batches.records
        found: list[KinesisRecord] = []
        position = held.position
        for whole in batch.records:
            elsewhere = 0
            for record in deaggregate(whole):
                if is_covered(record.position, held.position):
                    continue
                position = record.position
                if record.hash_key is None or record.hash_key in hash_keys:
                    found.append(record)
                else:
                    elsewhere += 1
                if len(found) == most:
                    yield found, position
                    found = []
            if elsewhere:
                LOGGER.warning(
                    "%s[%s] %s: skipped %d user records of an aggregate whose keys belong to other shards; "
                    "the KPL writes them again",
                    whole.topic,
                    whole.partition,
                    whole.position,
                    elsewhere,
                )
        yield found, position

    def _report_gap(self, held: HeldLease, batch: Batch) -> None:
        """Count and log a gap if records may have been deleted between the last handled record and the batch."""
        first = batch.records[0] if batch.records else None
        if not self._may_have_gap(held, batch):
            return
        self.delivery.status.count_lost(1)
        LOGGER.warning(
            "%s[%s]: records after sequence number %s were deleted before they were read; %s",
            self.stream.name,
            held.shard,
            held.position,
            f"the first available record is {first.position}" if first else "no record is available now",
        )
        held.until = first.timestamp if first else batch.until

    def _may_have_gap(self, held: HeldLease, batch: Batch) -> bool:
        """Return whether records may have been deleted before a batch.

        There is no gap if the start record still exists. If it is deleted, records after it may be deleted too, unless
        none followed: then the shard was handled up to a time within the retention. Leases that KCL wrote have no such
        time.
        """
        if batch.kept:
            return False
        if held.until is None:
            return batch.kept is False
        if batch.read_at - held.until < SHORTEST_RETENTION_SECONDS:
            return False
        return held.until < self.stream.deleted_before(batch.read_at)

    def _reader(self, held: HeldLease) -> ShardReader:
        """Return the reader of a shard, starting at its position."""
        known, reader = self.readers.get(held.shard, (None, None))
        if known is held and reader:
            return reader
        self._close(held.shard)
        made = self.reader(held.shard, held.position)
        self.readers[held.shard] = held, made
        return made

    def _close(self, shard: str) -> None:
        _, reader = self.readers.pop(shard, (None, None))
        if reader:
            reader.close()
