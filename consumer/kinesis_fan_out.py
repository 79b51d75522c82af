"""How a shard is read that Kinesis pushes: enhanced fan-out, with 2 MB/s for the group alone."""

import logging
import time
from collections.abc import Iterator, Mapping
from threading import Event
from typing import Any

from consumer.kinesis_aws import AwsError, asked, streamed
from consumer.kinesis_leases import BEGINNING
from consumer.kinesis_pushed import Pushed
from consumer.kinesis_shards import Batch, Kinesis, records

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
        self.position = position
        self.what = f"subscribing to {stream} {shard}"
        self.batches = Pushed(f"fan-out {shard}", self._batches)

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
                    yield batch
                    if batch.ended or closed.is_set():
                        return
            except AwsError as error:
                if not error.passing and error.code != "ResourceInUseException":
                    raise
                LOGGER.info("%s", error)
            closed.wait(SUBSCRIBE_SECONDS - (time.monotonic() - subscribed))

    def _subscription(self) -> Iterator[Batch]:
        """What one subscription pushes."""
        start = (
            {"Type": BEGINNING}
            if self.position == BEGINNING
            else {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self.position}
        )
        answer = asked(
            self.what,
            self.kinesis.subscribe_to_shard,
            ConsumerARN=self.consumer,
            ShardId=self.shard,
            StartingPosition=start,
        )
        events = answer["EventStream"]
        try:
            for each in streamed(self.what, events):
                event: Mapping[str, Any] = each["SubscribeToShardEvent"]
                self.position = event.get("ContinuationSequenceNumber") or self.position
                yield Batch(
                    records=records(self.stream, self.shard, event),
                    behind_seconds=event["MillisBehindLatest"] / 1000,
                    ended=bool(event.get("ChildShards")),
                )
        finally:
            events.close()
