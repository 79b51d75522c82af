"""Google Cloud Pub/Sub: a topic for each pipe, with one subscription for its consumers or one for each of them."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal, cast

from pulumi import ResourceOptions
from typing_extensions import override

from components.contracts import Platform, ServiceSettings, Streaming, StreamingArgs, Surroundings, Topic
from components.gcp.network import Network
from components.gcp.pubsub_filter import MOST_BYTES, subscription_filters, too_long
from components.gcp.pubsub_topic import PubSubTopic, PubSubTopicArgs
from components.gcp.pubsub_topic_settings import PubSubPipeSettings
from components.section import Mistake

SUBSCRIPTIONS = 10_000
"""The subscriptions of a project, which Google does not raise (Pub/Sub, Quotas and limits)."""


class PubSubSettings(ServiceSettings, frozen=True):
    """The streaming section of a stack file, for Pub/Sub."""

    cloud_services: ClassVar = ("pubsub",)

    service: Literal["pubsub"]
    """Always pubsub."""
    customer_managed_key: bool = False
    """Whether messages are encrypted with a Cloud KMS key of the stack's own, in place of Google's; it can be added later, and not be
    taken back (Pub/Sub, Configure message encryption)."""

    @override
    def mistakes(self, rest: Surroundings) -> Iterator[Mistake]:
        """Yield filters that are too long, and more subscriptions than a project has room for."""
        pipes = cast("Mapping[str, PubSubPipeSettings]", rest.pipes)
        for name, pipe in pipes.items():
            length = too_long(subscription_filters(pipe.topic.filter, pipe.partitions))
            if length:
                added = ", with what mode partitioned adds" if pipe.partitions else ""
                text = (
                    f"must be at most {MOST_BYTES} bytes long{added}, not {length} (Pub/Sub, Filter messages); shorten it, or let the "
                    "publishers set one attribute that says what the pipe reads"
                )
                yield Mistake(path=("pipes", name, "topic", "filter"), text=text)
        asked = sum((pipe.partitions or 1) + pipe.topic.dead_letter.enabled for pipe in pipes.values())
        if asked > SUBSCRIPTIONS:
            text = (
                f"ask for {asked} subscriptions, and a project has room for {SUBSCRIPTIONS} (Pub/Sub, Quotas and limits); lower the "
                "parallelism of pipes in mode partitioned, or share them among stacks in several projects"
            )
            yield Mistake(path=("pipes",), text=text)


class PubSub(Streaming[PubSubPipeSettings]):
    """The key of a stack's messages, if they have one of their own, and the way to make a topic."""

    def __init__(
        self, name: str, args: StreamingArgs[PubSubSettings, Network, Platform], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:gcp:PubSub", name, None, opts)
        self.name = name
        self.args = args
        self.key = (
            args.network.keys.key(
                f"{name}-pubsub-key", users=[args.network.agent("pubsub")], parent=self, protect=args.protect
            )
            if args.settings.customer_managed_key
            else None
        )
        self.outputs = {}
        self.register_outputs({"keyId": self.key.id if self.key else None})

    @override
    def topic(self, name: str, pipe: PubSubPipeSettings, opts: ResourceOptions) -> Topic:
        """Make the topic of the pipe of that name, with its subscriptions."""
        topic = PubSubTopicArgs(
            pipe_name=name,
            full_name=f"{self.name}-{name}",
            pipe=pipe,
            network=self.args.network,
            key=self.key,
            protect=self.args.protect,
        )
        return PubSubTopic(f"{self.name}-{name}", topic, opts)
