"""Reads a subscription of Pub/Sub, by itself or with others, one message at a time."""

import logging
import re
import time
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
"""Seconds between two looks at the stream."""


def source(variables: Variables) -> "PubSub":
    """What reads the subscription that the environment names."""
    topic = variables.required("STREAM_TOPIC")
    subscription = variables.required("STREAM_SUBSCRIPTION")
    if subscription and not re.fullmatch("projects/[^/]+/subscriptions/[^/]+", subscription):
        variables.errors.append(
            f"STREAM_SUBSCRIPTION: must be projects/PROJECT/subscriptions/NAME, not {subscription!r}"
        )
    return PubSub(
        topic=topic,
        subscription=subscription,
        partition=variables.optional("STREAM_PARTITION"),
        emulated=variables.optional("PUBSUB_EMULATOR_HOST") is not None,
    )


@dataclass(frozen=True, kw_only=True)
class PubSub:
    """A subscription, as one of those who pull from it reads it.

    Pub/Sub itself counts how often a message is delivered, pauses between two deliveries, and moves it to the dead letters, as
    the subscription says. So a message that cannot be handled is given back each time, and others follow it meanwhile; but not
    those of its ordering key, which Pub/Sub holds back until it is handled or moved.
    """

    topic: str
    subscription: str
    """Its full path, `projects/PROJECT/subscriptions/NAME`."""
    partition: str | None
    """The number of the one partition that the subscription holds; None where all replicas share it."""
    emulated: bool
    """Whether the server asks for no sign-in, as emulators do."""
    dead_letters: None = None
    """Pub/Sub moves messages there by itself."""

    def run(self, delivery: Delivery) -> None:
        """Pull until told to stop, then finish the message at hand, and give those back that wait."""
        try:
            client = PubSubClient(credentials=None if self.emulated else default_credentials())
            with client:
                self._pull(client, delivery)
        except GoogleAuthError as error:
            raise ConsumerError(f"cannot sign in to Google Cloud: {line_of(error)}") from None
        except GoogleAPICallError as error:
            raise ConsumerError(f"Pub/Sub refuses {self.subscription}: {line_of(error)}") from None

    def _pull(self, client: PubSubClient, delivery: Delivery) -> None:
        handler = MessageHandler(delivery=delivery, topic=self.topic, partition=self.partition or "")
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
    """Delivers messages, on the one thread that the client calls it on."""

    delivery: Delivery
    topic: str
    partition: str
    busy: bool = False
    """Whether a message is being handled, which may take too long."""
    error: ConsumerError | None = None
    """Why no more messages are handled."""

    def check(self, *, ready: bool) -> None:
        """Note how things stand, and raise the error that ended the handling; another thread calls this."""
        if self.error:
            raise self.error
        self.delivery.status.ready = ready
        if not self.busy:
            self.delivery.status.poll()

    def handle(self, message: Message) -> None:
        """Acknowledge a message once it is handled, else give it back."""
        delivery, record = self.delivery, _Record(self.topic, self.partition, message)
        if delivery.stopping.is_set() or self.error:
            message.nack()
            return
        delivery.status.poll()
        delivery.status.lag_seconds[self.partition] = max(0.0, time.time() - record.timestamp)
        self.busy, handled = True, False
        try:
            handled = delivery.deliver_once(
                record, f"try {message.delivery_attempt}" if message.delivery_attempt else "a try"
            )
        except ConsumerError as error:  # raised here, the library would log it with a traceback
            self.error = error
        self.busy = False
        if handled:
            message.ack_with_response().add_done_callback(partial(_log_failed_ack, record))
        else:
            message.nack()


@dataclass(frozen=True)
class _Record:
    """A message as the handler sees it."""

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
    """Tell that a message which is handled comes again, as Pub/Sub says where it delivers exactly once."""
    error = acknowledged.exception()
    if error:
        LOGGER.warning("%s: not acknowledged, and comes again: %s", record.position, line_of(error))
