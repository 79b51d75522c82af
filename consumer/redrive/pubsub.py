"""Dead letters in a Pub/Sub subscription. Handled ones are acknowledged."""

# The library has few type annotations.
# pyright: reportMissingTypeStubs=false

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any

import grpc
from google.api_core.exceptions import DeadlineExceeded, GoogleAPICallError
from google.auth.exceptions import GoogleAuthError
from google.pubsub_v1 import PublisherClient, PubsubMessage, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import ReceivedMessage

from consumer.errors import ConsumerError, line_of
from consumer.pubsub.client import default_credentials
from consumer.redrive.letter import Letter
from consumer.variables import Variables

PREFIX = "CloudPubSubDeadLetterSource"
"""Prefix of the attributes that Pub/Sub adds to a dead letter."""

REASON = "not recorded by Pub/Sub"

PULL, RELEASE = 100, 1000
"""Maximum messages of one pull, and of one request that releases them."""

HOLD_SECONDS = 600
"""Seconds for which a pulled message is held, the maximum (Pub/Sub API, ModifyAckDeadlineRequest, from memory)."""

PULL_SECONDS, EMPTY_PULLS = 3.0, 2
"""Seconds to wait for messages, and the number of waits in sequence without any after which there are none."""


def store(variables: Variables) -> "PubSubLetters":
    """Return the dead letters of the pipe that the environment names. Their name follows from the group's."""
    topic, group = variables.required("STREAM_TOPIC"), variables.required("STREAM_GROUP")
    subscription = variables.required("STREAM_SUBSCRIPTION")
    match = re.fullmatch("(projects/[^/]+)/subscriptions/[^/]+", subscription)
    if subscription and not match:
        variables.errors.append(
            f"STREAM_SUBSCRIPTION: must be projects/PROJECT/subscriptions/NAME, got {subscription!r}."
        )
    variables.check()
    project = match[1] if match else ""
    emulator = variables.optional("PUBSUB_EMULATOR_HOST")
    try:
        # An emulator needs no sign-in.
        if emulator:
            channel = grpc.insecure_channel(emulator)
            publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
            subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        else:
            credentials = default_credentials()
            publisher, subscriber = PublisherClient(credentials=credentials), SubscriberClient(credentials=credentials)
    except GoogleAuthError as error:
        raise ConsumerError(f"cannot sign in to Google Cloud: {line_of(error)}") from None
    return PubSubLetters(
        publisher, subscriber, f"{project}/topics/{topic}", f"{project}/subscriptions/{group}.dead-letters"
    )


class PubSubLetters:
    """Dead letters of a pipe. While this program runs, it holds those that it has read."""

    unmarked = ""

    def __init__(self, publisher: Any, subscriber: Any, topic: str, subscription: str) -> None:
        self.publisher = publisher
        self.subscriber = subscriber
        self.topic = topic
        self.name = subscription
        self.held: dict[str, str] = {}
        """Receipts of the messages that are read and not acknowledged, by message ID."""

    def letters(self) -> Iterator[Letter]:
        """Yield the dead letters that Pub/Sub returns now."""
        known: set[str] = set()
        empty = 0
        while empty < EMPTY_PULLS:
            received = self._pull()
            empty = 0 if received else empty + 1
            for each in received:
                letter = self._letter(each)
                if letter.position not in known:
                    known.add(letter.position)
                    yield letter

    def replay(self, letters: Sequence[Letter]) -> Sequence[str | ConsumerError]:
        """Publish messages one after the other, so that those of a key keep their order."""
        return [self._publish(letter) for letter in letters]

    def mark(self, letters: Sequence[Letter]) -> None:
        """Acknowledge dead letters."""
        receipts = [self.held[letter.position] for letter in letters]
        if receipts:
            with self._errors(self.name):
                self.subscriber.acknowledge(subscription=self.name, ack_ids=receipts)
        for letter in letters:
            del self.held[letter.position]

    def close(self) -> None:
        """Release the dead letters that are not acknowledged, so that the next command gets them at once."""
        receipts = iter(self.held.values())
        with suppress(GoogleAPICallError):  # they are released after HOLD_SECONDS
            while part := list(islice(receipts, RELEASE)):
                self._hold(part, 0)

    def _pull(self) -> Sequence[ReceivedMessage]:
        """Return messages that are held from now on."""
        with self._errors(self.name):
            try:
                answer = self.subscriber.pull(
                    subscription=self.name, max_messages=PULL, timeout=PULL_SECONDS, retry=None
                )
            except DeadlineExceeded:
                return []
            received = list(answer.received_messages)
            if received:
                self._hold([each.ack_id for each in received], HOLD_SECONDS)
            self.held |= {each.message.message_id: each.ack_id for each in received}
            return received

    def _hold(self, receipts: Sequence[str], seconds: int) -> None:
        self.subscriber.modify_ack_deadline(
            subscription=self.name, ack_ids=list(receipts), ack_deadline_seconds=seconds
        )

    def _letter(self, received: ReceivedMessage) -> Letter:
        message: Any = received.message
        attributes: dict[str, str] = dict(message.attributes)
        return Letter(
            position=message.message_id,
            topic=self.topic,
            partition="",
            origin="",
            reason=REASON,
            tries=attributes.get(f"{PREFIX}DeliveryCount", ""),
            key=message.ordering_key.encode() or None,
            value=message.data,
            headers=[(name, value.encode()) for name, value in attributes.items() if not name.startswith(PREFIX)],
        )

    def _publish(self, letter: Letter) -> str | ConsumerError:
        message = PubsubMessage(
            data=letter.value,
            ordering_key=(letter.key or b"").decode(),
            attributes={name: value.decode() for name, value in letter.headers},
        )
        try:
            with self._errors(self.topic):
                (position,) = self.publisher.publish(topic=self.topic, messages=[message]).message_ids
        except ConsumerError as error:
            return error
        return f"{self.topic} {position}"

    @contextmanager
    def _errors(self, place: str) -> Generator[None]:
        """Raise errors of Google's library as ConsumerError."""
        try:
            yield
        except GoogleAuthError as error:
            raise ConsumerError(f"cannot sign in to Google Cloud: {line_of(error)}") from None
        except GoogleAPICallError as error:
            raise ConsumerError(f"{place}: Pub/Sub returned an error: {line_of(error)}") from None
