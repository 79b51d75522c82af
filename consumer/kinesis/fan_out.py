"""Reader with enhanced fan-out: Kinesis pushes records, and the group has 2 MB/s per shard for itself."""

import logging
import time
from collections.abc import Iterator, Mapping
from threading import Event
from typing import Any

from consumer.aws import AwsError, RetryWindow, call_aws, stream_events
from consumer.kinesis.positions import BEGINNING, split
from consumer.kinesis.shards import REFUSED_POSITION, Batch, Kinesis, StartRecord, records
from consumer.pushed import PrefetchQueue

LOGGER = logging.getLogger(__name__)

SUBSCRIBE_SECONDS = 5.5
"""Minimum seconds between two subscriptions of a consumer to a shard: five seconds (Kinesis API, SubscribeToShard),
plus a margin."""


class FanOutReader:
    """Subscribes to a shard for five minutes at a time. Each subscription starts where the last one ended."""

    def __init__(self, kinesis: Kinesis, *, stream: str, consumer: str, shard: str, position: str) -> None:
        self.kinesis = kinesis
        self.stream = stream
        self.consumer = consumer
        self.shard = shard
        self.start = {"Type": BEGINNING}
        if position != BEGINNING:
            self.start = {"Type": "AT_SEQUENCE_NUMBER", "SequenceNumber": split(position)[0]}
        self.start_record = StartRecord(position)
        self.retry_window = RetryWindow()
        self.action = f"subscribing to {stream} {shard}"
        self.batches = PrefetchQueue(f"fan-out {shard}", self._batches)

    def read(self) -> Batch | None:
        """Return the next pushed batch, if there is one."""
        return self.batches.read()

    def close(self) -> None:
        """Stop reading.

        The subscription ends with the next event, some seconds later, or when another reader subscribes.
        """
        self.batches.close()

    def _batches(self, closed: Event) -> Iterator[Batch]:
        while not closed.is_set():
            subscribed = time.monotonic()
            try:
                for batch in self._subscription():
                    self.retry_window.reset()
                    yield batch
                    if batch.ended or closed.is_set():
                        return
            except AwsError as error:
                if error.code == REFUSED_POSITION and "SequenceNumber" in self.start:
                    LOGGER.warning("%s. Continuing with the oldest available record.", error)
                    self.start = {"Type": BEGINNING}
                else:
                    if error.code != "ResourceInUseException":
                        self.retry_window.record_failure(error)
                    LOGGER.info("%s", error)
            closed.wait(SUBSCRIBE_SECONDS - (time.monotonic() - subscribed))

    def _subscription(self) -> Iterator[Batch]:
        """Yield the batches of one subscription."""
        answer = call_aws(
            self.action,
            self.kinesis.subscribe_to_shard,
            ConsumerARN=self.consumer,
            ShardId=self.shard,
            StartingPosition=self.start,
        )
        events = answer["EventStream"]
        try:
            for each in stream_events(self.action, events):
                event: Mapping[str, Any] = each["SubscribeToShardEvent"]
                if event.get("ContinuationSequenceNumber"):
                    self.start = {
                        "Type": "AFTER_SEQUENCE_NUMBER",
                        "SequenceNumber": event["ContinuationSequenceNumber"],
                    }
                yield self.start_record.batch(
                    records(self.stream, self.shard, event),
                    behind_seconds=event["MillisBehindLatest"] / 1000,
                    ended=bool(event.get("ChildShards")),
                )
        finally:
            events.close()
