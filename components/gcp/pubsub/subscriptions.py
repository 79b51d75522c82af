"""Subscriptions of a pipe on a Pub/Sub topic, with their dead letters."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from components.contracts import PARTITION, SHARED, Connection, Grant, Topic
from components.gcp.encryption import Key
from components.gcp.network.network import Network
from components.gcp.pubsub.dead_letters import NEVER, SUBSCRIBERS, DeadLetters, DeadLettersArgs, seconds
from components.gcp.pubsub.filter import subscription_filters
from components.gcp.pubsub.signals import PubSubSignal, pubsub_signals
from components.gcp.pubsub.topic_settings import ExistingPubSubPipeSettings, PubSubPipeSettings
from components.monitoring.alarms import DEAD_LETTERS, IDLE_CONSUMER, LOST_RECORDS, PARTITION_WITHOUT_READER
from components.redrive import redrive_connection

SUBSCRIBER = "roles/pubsub.subscriber"

PubSubPipeT = TypeVar("PubSubPipeT", PubSubPipeSettings, ExistingPubSubPipeSettings)


@dataclass(frozen=True, kw_only=True)
class PubSubTopicArgs(Generic[PubSubPipeT]):
    """Arguments of PubSubTopic."""

    pipe_name: str
    full_name: str
    """Name of a topic that the program makes, of its schema, and of the shared subscription. Partition and dead-letter resources add a
    suffix after a dot, which no pipe name contains."""
    pipe: PubSubPipeT
    network: Network
    key: Key | None
    """Key that encrypts the messages. None for Google-managed keys."""
    protect: bool


@dataclass(frozen=True, kw_only=True)
class Source:
    """The topic that the subscriptions read."""

    id: Output[str]
    name: Output[str]
    schema: gcp.pubsub.Schema | None = None
    """Schema that the program makes."""


class SubscribedTopic(Topic, ABC, Generic[PubSubPipeT]):
    """One shared subscription of a topic, or one per partition, with their dead letters.

    Subscriptions never expire. Undeliverable messages go to the dead-letter topic, and Pub/Sub gets permission for that before a
    consumer starts. Both kinds of topics have one type token, so subscriptions and dead letters stay if a pipe changes from one kind to
    the other.
    """

    def __init__(self, name: str, args: PubSubTopicArgs[PubSubPipeT], opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:PubSubTopic", name, None, opts)
        self.name = name
        self.args = args
        settings = args.pipe.topic
        self.source = self._source()
        self.dead_letters = self._dead_letters() if settings.dead_letter.enabled else None
        filters = subscription_filters(settings.filter, args.pipe.partitions)
        subscriptions = [self._subscription(number, own) for number, own in enumerate(filters)]
        self._publishers(subscriptions)
        self.topic_name = self.source.name
        self.partitions = self._partitions(subscriptions)
        connection = self._connection(subscriptions)
        self.connections = {SHARED: connection}
        if self.dead_letters and settings.dead_letter.redrive:
            letters = self.dead_letters.subscription_id
            grants = [
                Grant(actions=(SUBSCRIBER,), resource=letters),
                Grant(actions=("roles/pubsub.publisher",), resource=self.source.id),
            ]
            # In mode partitioned, the consumers' subscription depends on the partition.
            self.redrive = redrive_connection(connection, grants, {"STREAM_SUBSCRIPTION": letters})
        self.signals = self._signals(subscriptions)
        # Pub/Sub moves dead letters itself and reports no loss. It distributes a shared subscription without partitions.
        spread = [] if args.pipe.partitions else [PARTITION_WITHOUT_READER, IDLE_CONSUMER]
        self.unmeasured = [DEAD_LETTERS, LOST_RECORDS, *spread]
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})

    @abstractmethod
    def _source(self) -> Source:
        """Make or look up the topic."""

    def _publishers(self, subscriptions: Sequence[gcp.pubsub.Subscription]) -> None:
        """Let the publishers start, after the subscriptions exist so that no message is dropped. By default they are not known."""

    def _dead_letters(self) -> DeadLetters:
        return DeadLetters(
            f"{self.name}-dead-letters",
            DeadLettersArgs(
                full_name=f"{self.args.full_name}.dead-letters",
                retention_hours=self.args.pipe.topic.dead_letter.retention_hours,
                network=self.args.network,
                key=self.args.key,
                protect=self.args.protect,
            ),
            ResourceOptions(parent=self),
        )

    def _subscription(self, number: int, own_filter: str | None) -> gcp.pubsub.Subscription:
        """Create the shared subscription, or the subscription of one partition."""
        args, settings, partitions = self.args, self.args.pipe.topic, self.args.pipe.partitions
        return gcp.pubsub.Subscription(
            f"{self.name}-subscription-{number}" if partitions else f"{self.name}-subscription",
            name=f"{args.full_name}.{number}" if partitions else args.full_name,
            topic=self.source.id,
            filter=own_filter,
            enable_message_ordering=settings.ordering,
            enable_exactly_once_delivery=settings.exactly_once,
            ack_deadline_seconds=settings.ack_deadline_seconds,
            message_retention_duration=seconds(settings.retention_hours),
            expiration_policy=gcp.pubsub.SubscriptionExpirationPolicyArgs(ttl=NEVER),
            retry_policy=gcp.pubsub.SubscriptionRetryPolicyArgs(
                minimum_backoff=f"{settings.retry.minimum_backoff_seconds}s",
                maximum_backoff=f"{settings.retry.maximum_backoff_seconds}s",
            ),
            dead_letter_policy=gcp.pubsub.SubscriptionDeadLetterPolicyArgs(
                dead_letter_topic=self.dead_letters.topic_id,
                max_delivery_attempts=settings.dead_letter.max_delivery_attempts,
            )
            if self.dead_letters
            else None,
            labels={SUBSCRIBERS: "1" if partitions else str(args.pipe.parallelism)},
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                depends_on=self.dead_letters.ready if self.dead_letters else [],
            ),
        )

    def _partitions(self, subscriptions: Sequence[gcp.pubsub.Subscription]) -> Output[int]:
        """Return the number of consumers, after Pub/Sub has permission to forward dead letters."""
        subscribers = [subscription.labels.apply(_subscribers) for subscription in subscriptions]
        ready = [self._forwarder(number, each) for number, each in enumerate(subscriptions) if self.dead_letters]
        return Output.all(Output.all(*subscribers), Output.all(*ready)).apply(lambda known: sum(known[0]))

    def _forwarder(self, number: int, subscription: gcp.pubsub.Subscription) -> Output[str]:
        """Grant Pub/Sub permission to acknowledge messages that it forwards to the dead-letter topic."""
        forwarder = gcp.pubsub.SubscriptionIAMMember(
            f"{self.name}-forwarder-{number}" if self.args.pipe.partitions else f"{self.name}-forwarder",
            subscription=subscription.name,
            role=SUBSCRIBER,
            member=self.args.network.agent("pubsub"),
            project=self.args.network.account.project,
            opts=ResourceOptions(parent=self),
        )
        return forwarder.subscription

    def _signals(self, subscriptions: Sequence[gcp.pubsub.Subscription]) -> Sequence[PubSubSignal]:
        """Return what Pub/Sub measures."""
        return pubsub_signals(
            self.args.pipe,
            topic=self.source.name,
            subscriptions=self.args.full_name,
            shared=None if self.args.pipe.partitions else subscriptions[0].name,
        )

    def _connection(self, subscriptions: Sequence[gcp.pubsub.Subscription]) -> Connection:
        """Return the consumers' connection settings and grants for the subscriptions and the schema."""
        args, schema = self.args, self.source.schema
        path = f"projects/{args.network.account.project}/subscriptions/{args.full_name}"
        subscription = {"STREAM_SUBSCRIPTION": f"{path}.{PARTITION}" if args.pipe.partitions else subscriptions[0].id}
        return Connection(
            settings={
                "STREAM_SERVICE": "pubsub",
                "STREAM_TOPIC": self.topic_name,
                "STREAM_GROUP": args.full_name,
                **({} if args.pipe.partitions else subscription),
                **({"STREAM_SCHEMA": schema.id} if schema else {}),
            },
            secrets={},
            files={},
            grants=[
                *(Grant(actions=(SUBSCRIBER,), resource=each.id) for each in subscriptions),
                *([Grant(actions=("roles/pubsub.viewer",), resource=schema.id)] if schema else []),
            ],
            egress_rules=[],
            partition_settings=subscription if args.pipe.partitions else {},
        )


def _subscribers(labels: Mapping[str, str] | None) -> int:
    return int((labels or {})[SUBSCRIBERS])
