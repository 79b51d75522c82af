"""Where messages of a pipe on Pub/Sub go that its consumers never acknowledge."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_gcp as gcp
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.gcp.encryption import Key
from components.gcp.network.network import Network

SUBSCRIBERS = "data-pipes-subscribers"
"""The label of a subscription that says how many consumers of the pipe read it."""

NEVER = ""
"""The lifetime of a subscription that does not expire when nobody reads it (Pub/Sub API, ExpirationPolicy)."""


def seconds(hours: int) -> str:
    """A duration as Pub/Sub's API writes it."""
    return f"{hours * 3600}s"


def stored_in(region: str) -> gcp.pubsub.TopicMessageStoragePolicyArgs:
    """Keep the messages of a topic in one region, wherever they were published (Pub/Sub, Configure message storage policies)."""
    return gcp.pubsub.TopicMessageStoragePolicyArgs(allowed_persistence_regions=[region])


@dataclass(frozen=True, kw_only=True)
class DeadLettersArgs:
    """What the dead letters of a pipe are built from."""

    full_name: str
    """The name of the topic and of the subscription that keeps what is published to it."""
    retention_hours: int
    network: Network
    key: Key | None
    """What encrypts the messages; by default Google's own keys do."""
    protect: bool


class DeadLetters(ComponentResource):
    """A topic that Pub/Sub itself publishes to, and a subscription of it that nobody of the pipe reads, so that nothing is lost."""

    topic_id: Output[str]
    ready: Sequence[Resource]
    """What must be there before a subscription moves its messages here: Pub/Sub's right to, and who keeps them."""

    def __init__(self, name: str, args: DeadLettersArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:DeadLetters", name, None, opts)
        network = args.network
        topic = gcp.pubsub.Topic(
            f"{name}-topic",
            name=args.full_name,
            message_storage_policy=stored_in(network.account.region),
            kms_key_name=args.key.id if args.key else None,
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                depends_on=[network.apis["pubsub"], *(args.key.ready if args.key else [])],
            ),
        )
        keeper = gcp.pubsub.Subscription(
            f"{name}-subscription",
            name=args.full_name,
            topic=topic.id,
            message_retention_duration=seconds(args.retention_hours),
            expiration_policy=gcp.pubsub.SubscriptionExpirationPolicyArgs(ttl=NEVER),
            labels={SUBSCRIBERS: "0"},
            opts=ResourceOptions(parent=self, protect=args.protect),
        )
        publisher = gcp.pubsub.TopicIAMMember(
            f"{name}-publisher",
            topic=topic.id,
            role="roles/pubsub.publisher",
            member=network.agent("pubsub"),
            project=network.account.project,
            opts=ResourceOptions(parent=self),
        )
        self.topic_id = topic.id
        self.ready = [keeper, publisher]
        self.register_outputs({"topicId": self.topic_id})
