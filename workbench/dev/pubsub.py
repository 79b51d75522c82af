"""Pub/Sub for `dev`: Google's test server on this machine."""

# The library has few type annotations.
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, repeat
from typing import Any, cast

import grpc
from google.api_core.exceptions import GoogleAPICallError
from google.pubsub_v1 import PublisherClient, PubsubMessage, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from components.dead_letters import SUFFIX
from components.gcp.pubsub.filter import PARTITION_ATTRIBUTE
from components.gcp.pubsub.topic_settings import ExistingPubSubPipeSettings, PubSubPipeSettings
from consumer.errors import line_of
from consumer.redrive.pubsub import PREFIX
from workbench.dev.lines import Line
from workbench.dev.requests import RefusedError, RequestWriter
from workbench.dev.service import DeadLetter, ServerError, consumer_variables, partitions_of
from workbench.output import FlagError
from workbench.plan import Plan
from workbench.prove.stack import first_pipe
from workbench.servers.pubsub_server import pubsub_server
from workbench.stack_file import read_settings

PROJECT = "dev"
"""Project of the topics on the test server."""
ACKNOWLEDGED = "data-pipes-acknowledged"
"""Label in which the test server counts the acknowledged messages of a subscription (tools/pubsub)."""
COPY = ".dev"
"""Suffix of a topic that gets the same messages, and of its subscriptions, where they are counted. Subscriptions of the same topic would
not do: the test server counts the deliveries of a message in all of them together."""
NO_REASON = "Pub/Sub records no reason, see the last errors"
PULL = 1000
"""Maximum messages of one pull."""


def dev_pipe(plan: Plan) -> PubSubPipe:
    """Return the first pipe of a stack."""
    pipe, subscriptions = first_pipe(plan)
    settings = cast("PubSubPipeSettings | ExistingPubSubPipeSettings", read_settings(plan.stack_file).pipes[pipe.pipe])
    found = sorted((each.inputs for each in subscriptions), key=lambda inputs: (len(inputs["name"]), inputs["name"]))
    return PubSubPipe(
        stack=plan.stack_file.stack,
        pipe=pipe.pipe,
        planned=pipe.partitions,
        name=str(found[0]["topic"]).rpartition("/")[2],
        subscriptions=found,
        settings=settings,
    )


@dataclass(frozen=True, kw_only=True)
class PubSubPipe:
    """A pipe on Pub/Sub."""

    stack: str
    pipe: str
    planned: int
    name: str
    """Name of the topic, and the group."""
    subscriptions: Sequence[Mapping[str, Any]]
    """Inputs of the planned subscriptions: one that all consumers share, or one for each partition."""
    settings: PubSubPipeSettings | ExistingPubSubPipeSettings

    @property
    def here(self) -> Sequence[Mapping[str, Any]]:
        """Subscriptions on this machine."""
        return self.subscriptions[: partitions_of(self)]

    @property
    def partitioned(self) -> bool:
        """Whether each consumer has a subscription."""
        return self.settings.topic.mode == "partitioned"

    @property
    def config(self) -> Mapping[str, str]:
        """Settings of the topic and its subscriptions."""
        topic = self.settings.topic
        return {
            "mode": topic.mode,
            "ordering": str(topic.ordering).lower(),
            "exactlyOnce": str(topic.exactly_once).lower(),
            **({"filter": topic.filter} if topic.filter else {}),
        }

    def check(self, lines: Sequence[Line]) -> None:
        """Refuse tombstones and empty values: Pub/Sub has no empty messages."""
        if empty := sum(not line.value for line in lines):
            raise FlagError(
                f"--produce: each record must have a value that is not empty, got {empty} others (Pub/Sub refuses empty messages). "
                "Change these records."
            )

    @contextmanager
    def server(self, environment: Mapping[str, str], report: Callable[[str], None]) -> Generator[PubSubServer]:
        """Start the test server while the block runs. Raises PubSubServerError."""
        _ = environment
        with pubsub_server(report) as address:
            yield PubSubServer(self, address)


class PubSubServer:
    """Google's test server for one pipe."""

    def __init__(self, pipe: PubSubPipe, address: str) -> None:
        self._pipe = pipe
        self._address = address
        self.variables: Mapping[str, str] = {
            **consumer_variables(pipe.settings.consumer.variables),
            "PUBSUB_EMULATOR_HOST": address,
            "STREAM_SERVICE": "pubsub",
            "STREAM_TOPIC": pipe.name,
            "STREAM_GROUP": pipe.name,
            **self.variables_of(0),
        }
        here = len(pipe.here)
        subscriptions = f"{here} subscriptions" if pipe.partitioned else "one subscription"
        self.introduction = [f"topic {pipe.name} with {subscriptions} on {address} (Google's test server of Pub/Sub)"]
        self.introduction.append(
            "A failed message comes again at once here. The stack's pauses between attempts are left out."
        )
        if pipe.partitioned:
            self.introduction.append(
                f"Records without the attribute {PARTITION_ATTRIBUTE} get it from their key, as a producer must set it."
            )

    def variables_of(self, number: int) -> Mapping[str, str]:
        """Return the subscription of a consumer, and its partition if there are several."""
        here, partitioned = self._pipe.here, self._pipe.partitioned
        return {
            "STREAM_SUBSCRIPTION": _path("subscriptions", here[number if partitioned else 0]["name"]),
            **({"STREAM_PARTITION": str(number)} if partitioned else {}),
        }

    @contextmanager
    def topic(self) -> Generator[PubSubTopic]:
        """Create the topic with its subscriptions and its dead letters. They end with the server."""
        with grpc.insecure_channel(self._address) as channel:
            publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
            subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
            try:
                yield PubSubTopic(self._pipe, publisher, subscriber)
            except GoogleAPICallError as error:
                raise ServerError(
                    f"{self._pipe.name}: the test server of Pub/Sub returned an error: {line_of(error)}"
                ) from None


class PubSubTopic:
    """A topic with its subscriptions and its dead letters."""

    def __init__(self, pipe: PubSubPipe, publisher: Any, subscriber: Any) -> None:
        """Create them."""
        self.name = pipe.name
        self._pipe = pipe
        self._publisher = publisher
        self._subscriber = subscriber
        self._topic = _path("topics", pipe.name)
        self._letters: str | None = None
        for topic in (self._topic, f"{self._topic}{COPY}"):
            publisher.create_topic(name=topic)
        if pipe.settings.topic.dead_letter.enabled:
            letters = f"{pipe.name}{SUFFIX}"
            self._letters = _path("subscriptions", letters)
            publisher.create_topic(name=_path("topics", letters))
            subscriber.create_subscription(name=self._letters, topic=_path("topics", letters))
        self._arrived = [0 for _ in pipe.here]
        for planned in pipe.here:
            subscriber.create_subscription(request=self._request(planned))
            own_filter = planned.get("filter")
            copy = {
                "name": _path("subscriptions", f"{planned['name']}{COPY}"),
                "topic": f"{self._topic}{COPY}",
            }
            subscriber.create_subscription(request={**copy, **({"filter": own_filter} if own_filter else {})})
        numbers = range(len(pipe.here))
        self.owners: Mapping[str, tuple[int, ...]] = (
            {f"{pipe.pipe}-{number}": (number,) for number in numbers} if pipe.partitioned else {}
        )
        self.lag: Mapping[int, int] = dict.fromkeys(numbers, 0)

    def refresh(self) -> None:
        """Count the messages of each subscription that are not acknowledged."""
        with suppress(GoogleAPICallError):
            self.lag = {number: self._behind(number) for number in range(len(self._pipe.here))}

    def is_shared_by(self, names: Sequence[str]) -> bool:
        """Return True: no consumer waits for a partition."""
        _ = names
        return True

    def dead_letters(self, *, to_the_end: bool = False) -> Iterator[DeadLetter]:
        """Yield the dead letters that have arrived since the last call. At the end, wait until none arrives."""
        if self._letters is None:
            return
        while received := self._pull(self._letters, wait=to_the_end):
            for each in received:
                yield self._dead_letter(each)

    def writer(self) -> RequestWriter:
        """Return a writer. The key of a record is the ordering key of its message."""
        turns = cycle(range(len(self._pipe.here))) if self._pipe.partitioned else repeat(None)

        def send(lines: Sequence[Line]) -> Sequence[str]:
            messages = [message_of(line, turn, len(self._pipe.here)) for line, turn in zip(lines, turns, strict=False)]
            try:
                for topic in (self._topic, f"{self._topic}{COPY}"):
                    self._publisher.publish(topic=topic, messages=messages)
            except GoogleAPICallError as error:
                raise RefusedError(line_of(error)) from None
            return []

        return RequestWriter(send)

    def _request(self, planned: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the request for a planned subscription. The test server ignores the pauses between attempts."""
        policy = planned.get("deadLetterPolicy")
        return {
            "name": _path("subscriptions", planned["name"]),
            "topic": self._topic,
            "enable_message_ordering": planned["enableMessageOrdering"],
            "enable_exactly_once_delivery": planned["enableExactlyOnceDelivery"],
            "ack_deadline_seconds": planned["ackDeadlineSeconds"],
            **({"filter": planned["filter"]} if planned.get("filter") else {}),
            **(
                {
                    "dead_letter_policy": {
                        "dead_letter_topic": _path("topics", f"{self.name}{SUFFIX}"),
                        "max_delivery_attempts": policy["maxDeliveryAttempts"],
                    }
                }
                if policy
                else {}
            ),
        }

    def _behind(self, number: int) -> int:
        """Return the messages of a subscription that are not acknowledged, of those that this command wrote."""
        subscription = _path("subscriptions", self._pipe.here[number]["name"])
        while received := self._pull(f"{subscription}{COPY}", wait=False):
            self._arrived[number] += len(received)
        labels = self._subscriber.get_subscription(subscription=subscription).labels
        return max(0, self._arrived[number] - int(labels[ACKNOWLEDGED]))

    def _pull(self, subscription: str, *, wait: bool) -> Sequence[Any]:
        """Return messages and acknowledge them. The server waits half a second at most."""
        request = {"subscription": subscription, "max_messages": PULL, "return_immediately": not wait}
        received = list(self._subscriber.pull(request=request).received_messages)
        if received:
            self._subscriber.acknowledge(subscription=subscription, ack_ids=[each.ack_id for each in received])
        return [each.message for each in received]

    def _dead_letter(self, message: Any) -> DeadLetter:
        number = message.attributes.get(f"{PREFIX}Subscription", "").rpartition(".")[2]
        return DeadLetter(
            partition=int(number) if self._pipe.partitioned else None,
            offset=message.message_id,
            key=message.ordering_key or None,
            reason=NO_REASON,
            attempts=int(message.attributes[f"{PREFIX}DeliveryCount"]),
        )


def message_of(line: Line, turn: int | None, partitions: int) -> PubsubMessage:
    """Return the message of a record.

    ``turn`` is the partition of a record without a key, or None if there are no partitions.
    """
    attributes = {name: value.decode() for name, value in line.headers.items()}
    if turn is not None:
        number = turn if line.key is None else zlib.crc32(line.key) % partitions
        attributes.setdefault(PARTITION_ATTRIBUTE, str(number))
    return PubsubMessage(data=line.value, ordering_key=(line.key or b"").decode(), attributes=attributes)


def _path(kind: str, name: str) -> str:
    return f"projects/{PROJECT}/{kind}/{name}"
