"""Google Cloud Pub/Sub: one topic per pipe, with one shared subscription or one subscription per partition."""

from pulumi import ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.contracts import Platform, Streaming, Topic
from components.gcp.network.network import Network
from components.gcp.pubsub.settings import PubSubSettings
from components.gcp.pubsub.subscriptions import PubSubPipeT, PubSubTopicArgs
from components.gcp.pubsub.topic import ExistingPubSubTopic, PubSubTopic
from components.gcp.pubsub.topic_settings import ExistingPubSubPipeSettings, PubSubPipeSettings


class PubSub(Streaming[PubSubPipeSettings]):
    """Pub/Sub service of a stack: creates topics, and the encryption key if customerManagedKey is true."""

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
        """Create a pipe's topic and subscriptions."""
        return PubSubTopic(f"{self.name}-{name}", self._topic(name, pipe), opts)

    @override
    def existing_topic(self, name: str, pipe: ExistingPubSubPipeSettings, opts: ResourceOptions) -> Topic:
        """Look up a pipe's topic, and create its subscriptions."""
        return ExistingPubSubTopic(f"{self.name}-{name}", self._topic(name, pipe), opts)

    def _topic(self, name: str, pipe: PubSubPipeT) -> PubSubTopicArgs[PubSubPipeT]:
        return PubSubTopicArgs(
            pipe_name=name,
            full_name=f"{self.name}-{name}",
            pipe=pipe,
            network=self.args.network,
            key=self.key,
            protect=self.args.protect,
        )
