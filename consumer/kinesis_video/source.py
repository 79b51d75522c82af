"""Kinesis Video source: one consumer reads a video stream fragment by fragment."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from threading import Event
from typing import Any

from consumer.aws import RETRY_PAUSE_SECONDS, AwsError, RetryWindow, call_aws, client, retry
from consumer.batches import Waiting
from consumer.delivery import DeadLetters, Delivery
from consumer.kinesis.dead_letters import DeadLetterStream
from consumer.kinesis_video.fragments import NO_LONGER_KEPT, Fragment, fragments, text
from consumer.kinesis_video.position import Position
from consumer.pushed import PrefetchQueue
from consumer.record import Record
from consumer.variables import Variables

LOGGER = logging.getLogger(__name__)

EARLIEST = {"StartSelectorType": "EARLIEST"}
"""Start with the oldest available fragment (Kinesis Video Streams API, GetMedia)."""

NOT_KEPT = frozenset({NO_LONGER_KEPT, "InvalidArgumentException"})
"""Errors of GetMedia if it cannot start after a fragment. The fragment is no longer kept, or never existed, for example
after the stream was recreated with the same name (source as for EARLIEST)."""

PAUSE = 0.1
"""Seconds to wait if no fragment is available."""


def source(variables: Variables) -> "KinesisVideoSource":
    """Return the source for the video stream that the environment names.

    The table of positions has the name of the group.
    """
    region = variables.required("AWS_REGION")
    dead_letters = variables.optional("STREAM_DEAD_LETTERS")
    return KinesisVideoSource(
        region=region,
        stream=variables.required("STREAM_TOPIC"),
        group=variables.required("STREAM_GROUP"),
        partition=variables.required("STREAM_PARTITION"),
        dead_letters=DeadLetterStream(stream=dead_letters, region=region, describe=without_data)
        if dead_letters
        else None,
    )


@dataclass(frozen=True, kw_only=True)
class VideoRecord:
    """Fragment of a video stream. The value is a Matroska document, the headers are its tags."""

    topic: str
    partition: str
    position: str
    """Number of the fragment."""
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    timestamp: float
    key: None = None


def without_data(record: Record) -> Mapping[str, Any]:
    """Return the description of a fragment.

    The fragment is too large for a data stream; it stays in the video stream for its retention.
    """
    return {
        "stream": record.topic,
        "partition": record.partition,
        "fragmentNumber": record.position,
        "timestamp": record.timestamp,
        "tags": {name: text(value) for name, value in record.headers},
    }


def start_after(number: str | None) -> Mapping[str, str]:
    """Start after the fragment with that number, or with the oldest available fragment if there is none."""
    return {"StartSelectorType": "FRAGMENT_NUMBER", "AfterFragmentNumber": number} if number else EARLIEST


def _deliver(records: Sequence[VideoRecord], delivery: Delivery, position: Position) -> None:
    """Deliver fragments and store the position after each call of the handler, until the delivery is stopped."""
    while records and not delivery.stopping.is_set():
        delivery.status.poll()
        delivery.status.oldest[records[0].partition] = records[0].timestamp or None
        done = delivery.deliver_next(records)
        if done:
            position.write(records[done - 1].position, delivery.stopping)
        records = records[done:]


@dataclass(frozen=True, kw_only=True)
class KinesisVideoSource:
    """Video stream with one reader, which continues after the last handled fragment.

    If no fragment was handled, or the last one is no longer kept, it starts with the oldest available fragment.
    """

    region: str
    stream: str
    group: str
    partition: str
    dead_letters: DeadLetters | None

    def run(self, delivery: Delivery) -> None:
        """Deliver fragments and store the position after each call of the handler, until the delivery is stopped."""
        status, connected = delivery.status, Event()
        waiting: Waiting[VideoRecord] = Waiting(delivery.batches)
        position = retry(self._position, delivery.stopping)
        if position is None:
            return
        last = retry(position.read, delivery.stopping)
        queue = PrefetchQueue("fragments", lambda closed: self._fragments(start_after(last), closed, connected))
        try:
            while not delivery.stopping.is_set():
                status.poll()
                if connected.is_set() and not status.ready:
                    status.set_partitions([self.partition])
                    status.ready = True
                fragment = queue.read()
                if fragment:
                    record = self._record(fragment)
                    if fragment.after_gap:
                        status.count_lost(1)
                        LOGGER.warning(
                            "%s: fragments after number %s were deleted before they were read; the first available fragment is %s",
                            self.stream,
                            last,
                            record.position,
                        )
                    last = record.position
                    waiting.add(record)
                    status.oldest[self.partition] = waiting.records[0].timestamp or None
                if waiting.records and not waiting.seconds_left:
                    _deliver(waiting.take(), delivery, position)
                elif not fragment:
                    if status.ready and not waiting.records:
                        status.oldest[self.partition] = None
                    delivery.stopping.wait(PAUSE)
        finally:
            queue.close()

    def _position(self) -> Position:
        return Position(client("dynamodb", self.region), table=self.group, stream=self.stream)

    def _record(self, fragment: Fragment) -> VideoRecord:
        return VideoRecord(
            topic=self.stream,
            partition=self.partition,
            position=fragment.tag("FRAGMENT_NUMBER"),
            value=bytes(fragment.data),
            headers=tuple(fragment.tags.items()),
            timestamp=fragment.number("SERVER_TIMESTAMP"),
        )

    def _fragments(self, start: Mapping[str, str], closed: Event, connected: Event) -> Iterator[Fragment]:
        """Yield all fragments. Each connection continues after the last received fragment.

        A fragment follows a gap if the fragment before it was no longer kept when a connection tried to start there.
        There is no gap if an earlier connection started there and received nothing: no fragment followed, and only time
        has passed.
        """
        action, retry_window = f"reading the video stream {self.stream}", RetryWindow()
        gap = quiet = False
        while not closed.is_set():
            before, opened = start, False
            try:
                with closing(self._media(action, start)) as media:
                    opened = True
                    connected.set()
                    retry_window.reset()
                    for fragment in fragments(lambda size, media=media: call_aws(action, media.read, amt=size)):
                        fragment.after_gap, gap = gap, False
                        yield fragment
                        start = start_after(fragment.tag("FRAGMENT_NUMBER"))
                        if closed.is_set():
                            return
            except AwsError as error:
                if error.code in NOT_KEPT and start != EARLIEST:
                    LOGGER.warning("%s. Continuing with the oldest available fragment instead of %s", error, start)
                    start, gap = EARLIEST, not quiet
                else:
                    retry_window.record_failure(error)
                    LOGGER.info("%s", error)
            quiet = start == before and (quiet or opened)
            closed.wait(RETRY_PAUSE_SECONDS)

    def _media(self, action: str, start: Mapping[str, str]) -> Any:
        """Open the stream at a start position."""
        video = client("kinesisvideo", self.region)
        endpoint = call_aws(action, video.get_data_endpoint, StreamName=self.stream, APIName="GET_MEDIA")[
            "DataEndpoint"
        ]
        media = client("kinesis-video-media", self.region, endpoint)
        return call_aws(action, media.get_media, StreamName=self.stream, StartSelector=start)["Payload"]
