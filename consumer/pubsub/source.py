"""Pub/Sub source: reads a subscription, shared with other replicas or not, one message or batch at a time."""

import logging
import re
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError

from consumer.batches import Waiting
from consumer.delivery import Delivery
from consumer.errors import ConsumerError, line_of
from consumer.pubsub.client import Message, PubSubClient, default_credentials
from consumer.variables import Variables

LOGGER = logging.getLogger(__name__)

POLL_SECONDS = 0.5
"""Maximum seconds between two checks of the stream, and of one wait for a message."""


def source(variables: Variables) -> "PubSub":
    """Return the source for the subscription that the environment names."""
    topic = variables.required("STREAM_TOPIC")
    subscription = variables.required("STREAM_SUBSCRIPTION")
    if subscription and not re.fullmatch("projects/[^/]+/subscriptions/[^/]+", subscription):
        variables.errors.append(
            f"STREAM_SUBSCRIPTION: must be projects/PROJECT/subscriptions/NAME, got {subscription!r}."
        )
    return PubSub(
        topic=topic,
        subscription=subscription,
        partition=variables.optional("STREAM_PARTITION"),
        emulated=variables.optional("PUBSUB_EMULATOR_HOST") is not None,
    )


@dataclass(frozen=True, kw_only=True)
class PubSub:
    """Subscription, read as one of its subscribers.

    Pub/Sub counts deliveries, pauses between them, and moves a message to the dead letters, as configured on the
    subscription. So a message that cannot be handled is returned each time, and other messages are handled meanwhile.
    Pub/Sub holds back messages with the same ordering key until it is handled or moved.
    """

    topic: str
    subscription: str
    """Full path, `projects/PROJECT/subscriptions/NAME`."""
    partition: str | None
    """Number of the partition of this subscription. None if all replicas share the subscription."""
    emulated: bool
    """Whether the server is an emulator, which needs no sign-in."""
    dead_letters: None = None
    """Always None: Pub/Sub moves messages to the dead letters."""

    def run(self, delivery: Delivery) -> None:
        """Pull until stopped. Then finish the current message or batch, and return the waiting messages."""
        try:
            client = PubSubClient(credentials=None if self.emulated else default_credentials())
            with client:
                self._pull(client, delivery)
        except GoogleAuthError as error:
            raise ConsumerError(f"cannot sign in to Google Cloud: {line_of(error)}") from None
        except GoogleAPICallError as error:
            raise ConsumerError(f"{self.subscription}: Pub/Sub returned an error: {line_of(error)}") from None

    def _pull(self, client: PubSubClient, delivery: Delivery) -> None:
        status, limits = delivery.status, delivery.batches
        handler = MessageHandler(delivery=delivery, topic=self.topic, partition=self.partition or "")
        status.has_partitions = self.partition is not None
        if self.partition is not None:
            status.set_partitions([self.partition])
        pull = client.read(self.subscription, handler.receive, limits.records, limits.bytes)
        try:
            while not delivery.stopping.is_set():
                if pull.done():
                    pull.result()
                status.ready = client.is_open
                handler.deliver()
        finally:
            status.ready = False
            handler.close()
            client.stop(pull)


@dataclass(kw_only=True)
class MessageHandler:
    """Receives messages on the client's thread, and delivers them on the consumer's."""

    delivery: Delivery
    topic: str
    partition: str
    messages: "SimpleQueue[Message]" = field(default_factory=SimpleQueue["Message"])
    closed: bool = False
    lock: Lock = field(default_factory=Lock)
    """Held while a message is added, so that none is added after close()."""

    def receive(self, message: Message) -> None:
        """Add a message. Called on the thread of the client's scheduler."""
        with self.lock:
            if self.closed:
                message.nack()
            else:
                self.messages.put(message)

    def close(self) -> None:
        """Return all messages that were not delivered, and those that are received later."""
        with self.lock:
            self.closed = True
            with suppress(Empty):
                while True:
                    self.messages.get_nowait().nack()

    def deliver(self) -> None:
        """Wait for messages and deliver them: one, or a batch."""
        self.delivery.status.poll()
        waiting: Waiting[_Record] = Waiting(self.delivery.batches)
        with suppress(Empty):
            timeout = POLL_SECONDS
            while timeout:
                waiting.add(_Record(self.topic, self.partition, self.messages.get(timeout=timeout)))
                timeout = waiting.seconds_left
        self._deliver(waiting.records)

    def _deliver(self, records: Sequence["_Record"]) -> None:
        """Deliver messages in their order, and return those that are not done before a stop or an error."""
        status, done = self.delivery.status, 0
        try:
            while done < len(records) and not self.delivery.stopping.is_set():
                status.poll()
                status.oldest[self.partition] = records[done].timestamp
                done += self._deliver_next(records[done:])
        finally:
            status.oldest[self.partition] = None
            for record in records[done:]:
                record.message.nack()

    def _deliver_next(self, records: Sequence["_Record"]) -> int:
        """Deliver the first messages once. Acknowledge them, or return the one that failed. Return how many are done."""
        part = records[: self.delivery.batches.size]
        if len(part) == 1:
            attempt = part[0].message.delivery_attempt
            handled = self.delivery.deliver_once(part[0], f"attempt {attempt}" if attempt else "an attempt")
        else:
            handled = self.delivery.deliver_batch(list(part))
            if not handled:
                return 0
        for record in part:
            if handled:
                record.message.ack_with_response().add_done_callback(partial(_log_failed_ack, record))
            else:
                record.message.nack()
        return len(part)


@dataclass(frozen=True)
class _Record:
    """Message as the handler sees it."""

    topic: str
    partition: str
    message: Message

    @property
    def position(self) -> str:
        return self.message.message_id

    @property
    def key(self) -> bytes | None:
        return self.message.ordering_key.encode() or None

    @property
    def value(self) -> bytes:
        return self.message.data

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        return [(name, value.encode()) for name, value in self.message.attributes.items()]

    @property
    def timestamp(self) -> float:
        return self.message.publish_time.timestamp()


def _log_failed_ack(record: _Record, acknowledged: "Future[Any]") -> None:
    """Log that the ack failed and the message will be redelivered (exactly-once delivery)."""
    error = acknowledged.exception()
    if error:
        LOGGER.warning(
            "%s: the acknowledgement failed; the message will be delivered again: %s", record.position, line_of(error)
        )
