"""How a shard is read that Kinesis pushes: enhanced fan-out, with 2 MB/s for the group alone."""

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
"""How long a shard takes no second subscription of the same consumer: five seconds (Kinesis API, SubscribeToShard), and a little."""


class FanOutReader:
    """Subscribes to a shard, for five minutes at a time, each time from where the last subscription ended."""

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
        self.what = f"subscribing to {stream} {shard}"
        self.batches = PrefetchQueue(f"fan-out {shard}", self._batches)

    def read(self) -> Batch | None:
        """What was pushed by now."""
        return self.batches.read()

    def close(self) -> None:
        """Read no more: the subscription ends with the next event, some seconds later, or goes to the next one who subscribes."""
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
                    LOGGER.warning("%s. Reading goes on with the oldest record that is kept.", error)
                    self.start = {"Type": BEGINNING}
                else:
                    if error.code != "ResourceInUseException":
                        self.retry_window.record_failure(error)
                    LOGGER.info("%s", error)
            closed.wait(SUBSCRIBE_SECONDS - (time.monotonic() - subscribed))

    def _subscription(self) -> Iterator[Batch]:
        """What one subscription pushes."""
        answer = call_aws(
            self.what,
            self.kinesis.subscribe_to_shard,
            ConsumerARN=self.consumer,
            ShardId=self.shard,
            StartingPosition=self.start,
        )
        events = answer["EventStream"]
        try:
            for each in stream_events(self.what, events):
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
