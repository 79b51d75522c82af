"""Reads a Kinesis data stream: as many members of a group as it has shards read one each."""

import logging
import time
import uuid
from collections.abc import Callable, Iterator
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
"""How often it is written down how far a shard is handled while a batch is: what may come again after a replica is killed."""

PAUSE = 0.1
"""Seconds to wait where nothing was there to be handled."""


def source(variables: Variables) -> "KinesisSource":
    """The stream that the environment names, with the lease table named as the group."""
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
    """A data stream, as one worker of its group reads it; a group that is new begins with the oldest records that are kept."""

    region: str
    stream: str
    group: str
    consumer_arn: str | None
    """The registered consumer to read through, with throughput of its own (enhanced fan-out); None shares it with all others."""
    host: str | None
    """What the platform calls this replica; the worker's name begins with it."""
    dead_letters: DeadLetters | None
    timings: RebalanceTimings = field(default_factory=RebalanceTimings)

    def run(self, delivery: Delivery) -> None:
        """Read the shards whose leases this worker has, until it is told to stop."""
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
    """Hands over the records of all shards that a member holds, one at a time."""

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
        """Go round until it is time to stop; what AWS cannot do just now is tried again from where handling is."""
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
        """Read no more; handling goes on where it is."""
        for shard in list(self.readers):
            self._close(shard)

    def _read_all(self) -> bool:
        """Handle what there is in each shard; whether there was anything."""
        held_leases = self.member.held_leases()
        status = self.delivery.status
        status.lost += self.member.deleted_unread()
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
                status.lag_seconds[held.shard] = batch.behind_seconds
                busy = bool(batch.records) or busy
                self._deliver_batch(held, batch)
        return busy

    def _deliver_batch(self, held: HeldLease, batch: Batch) -> None:
        """Deliver a batch as long as the shard is the worker's own, and write down how far that came."""
        if batch.conclusive:
            self._report_gap(held, batch)
        checkpointed = time.monotonic()
        for record in self._user_records(held, batch):
            self.delivery.status.poll()
            stopping = self.delivery.stopping.is_set()
            if stopping or not held.wanted or not self.member.holds(held) or not self.delivery.deliver(record):
                self._close(held.shard)
                return
            held.position, held.until = record.position, record.timestamp
            if time.monotonic() - checkpointed > CHECKPOINT_SECONDS:
                self.member.checkpoint(held)
                checkpointed = time.monotonic()
        if batch.conclusive:
            held.until = batch.until
        if batch.ended:
            self._close(held.shard)
            self.member.finish(held)
        else:
            self.member.checkpoint(held)

    def _user_records(self, held: HeldLease, batch: Batch) -> Iterator[KinesisRecord]:
        """The records of a batch that are still to be handled; aggregates are taken apart one after the other.

        Left out is a user record whose hash key belongs to another shard. That happens after a reshard: the KPL then writes again exactly
        those user records (amazon-kinesis-producer, retrier.cc, read 2026-11-29). KCL leaves out their whole aggregate, so the others are
        lost to it (amazon-kinesis-client, AggregatorUtil.java, read 2026-11-29).
        """
        hash_keys = self.stream.hash_keys(held.shard)
        for whole in batch.records:
            elsewhere = 0
            for record in deaggregate(whole):
                if is_covered(record.position, held.position):
                    continue
                if record.hash_key is None or record.hash_key in hash_keys:
                    yield record
                else:
                    elsewhere += 1
                    held.position = record.position
            if elsewhere:
                LOGGER.warning(
                    "%s[%s] %s: left out %d user records of an aggregate whose keys belong to other shards; "
                    "the KPL writes them again",
                    whole.topic,
                    whole.partition,
                    whole.position,
                    elsewhere,
                )

    def _report_gap(self, held: HeldLease, batch: Batch) -> None:
        """Count one and warn if records may have been deleted between what is handled and the batch."""
        first = batch.records[0] if batch.records else None
        if not self._may_have_gap(held, batch):
            return
        self.delivery.status.lost += 1
        LOGGER.warning(
            "%s[%s]: what was written after sequence number %s was deleted before it was read; %s",
            self.stream.name,
            held.shard,
            held.position,
            f"the first record that is still there is {first.position}" if first else "no record is there now",
        )
        held.until = first.timestamp if first else batch.until

    def _may_have_gap(self, held: HeldLease, batch: Batch) -> bool:
        """Whether records may have been deleted before a batch.

        There are none if the record that reading started at is still there. If it is gone, records after it are too, unless nothing came
        after it: then the shard was handled up to a time that is within the retention. A lease of KCL's has no such time.
        """
        if batch.kept:
            return False
        if held.until is None:
            return batch.kept is False
        if batch.read_at - held.until < SHORTEST_RETENTION_SECONDS:
            return False
        return held.until < self.stream.deleted_before(batch.read_at)

    def _reader(self, held: HeldLease) -> ShardReader:
        """What reads a shard from where its handling is."""
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
