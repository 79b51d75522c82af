"""Dead-letter topic and subscription of a pipe on Pub/Sub."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_gcp as gcp
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.gcp.encryption import Key
from components.gcp.network.network import Network

SUBSCRIBERS = "data-pipes-subscribers"
"""Subscription label: number of consumers that read it."""

NEVER = ""
"""Time to live of a subscription that never expires (Pub/Sub API, ExpirationPolicy)."""


def seconds(hours: int) -> str:
    """Return hours as a Pub/Sub API duration."""
    return f"{hours * 3600}s"


def stored_in(region: str) -> gcp.pubsub.TopicMessageStoragePolicyArgs:
    """Return a policy that stores messages in only one region (Pub/Sub, Configure message storage policies)."""
    return gcp.pubsub.TopicMessageStoragePolicyArgs(allowed_persistence_regions=[region])


@dataclass(frozen=True, kw_only=True)
class DeadLettersArgs:
    """Arguments of DeadLetters."""

    full_name: str
    """Name of both the topic and its subscription."""
    retention_hours: int
    network: Network
    key: Key | None
    """Key that encrypts the messages. None for Google-managed keys."""
    protect: bool


class DeadLetters(ComponentResource):
    """Dead-letter topic, with a subscription that retains the messages. The pipe's consumers do not read it."""

    topic_id: Output[str]
    subscription_id: Output[str]
    ready: Sequence[Resource]
    """Resources that must exist before Pub/Sub forwards dead letters: its publish permission, and the retaining subscription."""

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
        dead_letter_subscription = gcp.pubsub.Subscription(
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
        self.subscription_id = dead_letter_subscription.id
        self.ready = [dead_letter_subscription, publisher]
        self.register_outputs({"topicId": self.topic_id})
