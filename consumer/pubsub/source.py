"""Pub/Sub source: reads a subscription, shared with other replicas or not, one message at a time."""

import logging
import re
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError

from consumer.delivery import Delivery
from consumer.errors import ConsumerError, line_of
from consumer.pubsub.client import Message, PubSubClient, default_credentials
from consumer.variables import Variables

LOGGER = logging.getLogger(__name__)

POLL_SECONDS = 0.5
"""Seconds between two checks of the stream."""


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
        """Pull until stopped. Then finish the current message and return the waiting ones."""
        try:
            client = PubSubClient(credentials=None if self.emulated else default_credentials())
            with client:
                self._pull(client, delivery)
        except GoogleAuthError as error:
            raise ConsumerError(f"cannot sign in to Google Cloud: {line_of(error)}") from None
        except GoogleAPICallError as error:
            raise ConsumerError(f"{self.subscription}: Pub/Sub returned an error: {line_of(error)}") from None

    def _pull(self, client: PubSubClient, delivery: Delivery) -> None:
        handler = MessageHandler(delivery=delivery, topic=self.topic, partition=self.partition or "")
        delivery.status.has_partitions = self.partition is not None
        if self.partition is not None:
            delivery.status.set_partitions([self.partition])
        pull = client.read(self.subscription, handler.handle)
        try:
            while not delivery.stopping.is_set():
                with suppress(TimeoutError):
                    pull.result(POLL_SECONDS)
                handler.check(ready=client.is_open)
        finally:
            delivery.status.ready = False
            client.stop(pull)


@dataclass(kw_only=True)
class MessageHandler:
    """Delivers messages on the one thread of the client's scheduler."""

    delivery: Delivery
    topic: str
    partition: str
    busy: bool = False
    """Whether a message is being handled, which may take too long."""
    error: ConsumerError | None = None
    """Error that ended handling."""

    def check(self, *, ready: bool) -> None:
        """Update the status, and raise the error that ended handling. Called on another thread."""
        if self.error:
            raise self.error
        self.delivery.status.ready = ready
        if not self.busy:
            self.delivery.status.poll()

    def handle(self, message: Message) -> None:
        """Acknowledge a message if it is handled. Otherwise return it."""
        delivery, record = self.delivery, _Record(self.topic, self.partition, message)
        if delivery.stopping.is_set() or self.error:
            message.nack()
            return
        delivery.status.poll()
        delivery.status.oldest[self.partition] = record.timestamp
        self.busy, handled = True, False
        try:
            handled = delivery.deliver_once(
                record, f"attempt {message.delivery_attempt}" if message.delivery_attempt else "an attempt"
            )
        except ConsumerError as error:  # raised here, the library would log it with a traceback
            self.error = error
        self.busy = False
        delivery.status.oldest[self.partition] = None
        if handled:
            message.ack_with_response().add_done_callback(partial(_log_failed_ack, record))
        else:
            message.nack()


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
