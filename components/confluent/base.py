"""What clusters on Confluent Cloud share: the account that creates topics, the pods' tokens, and the topics of the pipes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

import pulumi
import pulumi_confluentcloud as confluentcloud
from pulumi import Output, Resource, ResourceHookBinding, ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.confluent.existing_topic import ExistingConfluentTopic, topic_name
from components.confluent.home import ConsumersBinding
from components.confluent.identity_pool import identity_provider
from components.confluent.rights import Cluster, Kafka, Key, Right, allow, bind
from components.confluent.schema_registry import SchemaRegistry, schema_registry
from components.confluent.service_account import api_key, service_account
from components.confluent.settings_base import ConfluentBaseSettings
from components.confluent.topic import ConfluentTopic, ConfluentTopicArgs, PipeT, Pods
from components.confluent.topic_settings import ConfluentPipe, ConfluentPipeSettings, ExistingConfluentPipeSettings
from components.contracts import Platform, Streaming, Topic

ALL_ADDRESSES = "0.0.0.0/0"
"""IP range of public brokers, whose addresses change."""

SettingsT = TypeVar("SettingsT", bound=ConfluentBaseSettings)
BindingT = TypeVar("BindingT", bound=ConsumersBinding)


class ConfluentBase(Streaming[ConfluentPipeSettings], Generic[SettingsT, BindingT]):
    """Kafka cluster on Confluent Cloud, with a service account that creates the topics.

    The account owns only the topics of the stack. On Basic, which has no topic-level roles, it administers the cluster. Consumers
    authenticate with pod tokens if the tier and the platform support them, else with an API key.
    """

    cluster: Cluster
    pods: confluentcloud.IdentityProvider | None
    """Token issuer of the platform. None if consumers use API keys."""
    registry: SchemaRegistry | None
    ready: Sequence[Resource]
    """Resources that connect the network to the cluster."""

    def __init__(
        self,
        type_token: str,
        name: str,
        args: StreamingArgs[SettingsT, Any, Platform],
        binding: BindingT,
        opts: ResourceOptions | None,
        *,
        inputs: dict[str, Any] | None = None,
        hooks: ResourceHookBinding | None = None,
    ) -> None:
        provider = confluentcloud.Provider(
            f"{name}-confluent",
            cloud_api_key=args.secrets["credentials.apiKey"],
            cloud_api_secret=args.secrets["credentials.apiSecret"],
            opts=opts,
        )
        super().__init__(
            type_token,
            name,
            inputs,
            ResourceOptions.merge(opts, ResourceOptions(providers=[provider], hooks=hooks)),
        )
        self.name = name
        self.args = args
        self.binding = binding
        self.provider = provider

    def _connect(self, kafka: Kafka, *, private: bool, link: Sequence[Resource] = ()) -> None:
        """Open the network to the brokers, and create what the topics need. `link` are the resources of a private link."""
        args = self.args
        self.private = private
        self.ready = [*link, *self.binding.broker_egress(self.name, private, ResourceOptions(parent=self))]
        self.cluster = Cluster(
            kafka=kafka, roles_within=args.settings.limits.roles_within, manager=self._manager(kafka, link)
        )
        self.pods = self._pods()
        self.describers = self._describers()

    def _manager(self, kafka: Kafka, link: Sequence[Resource]) -> Key:
        """Create the service account that creates topics. The provider tests its key through the private link, so the key waits for the link."""
        name = f"{self.name}-manager"
        account = service_account(name, "Makes the topics of the stack", parent=self)
        rights: Sequence[Resource] = (
            []
            if self.args.settings.limits.roles_within
            else [bind(name, account.id, "CloudClusterAdmin", kafka.rbac_crn, parent=self)]
        )
        key = api_key(name, account, kafka.keyed, parent=self, depends_on=[*rights, *link])
        return Key(owner=account.id, id=key.id, secret=key.secret, rights=rights)

    def _pods(self) -> confluentcloud.IdentityProvider | None:
        """Create the platform's identity provider if its pods have tokens and the tier accepts them."""
        pipes = [*self.args.pipes, *self.args.existing_pipes]
        tokens = self.args.platform.pod_tokens(pipes[0])
        if tokens is None or not self.args.settings.limits.tokens:
            return None
        return identity_provider(f"{self.name}-platform", tokens.issuer, self.binding.token_keys, parent=self)

    def _describers(self) -> Mapping[str, Sequence[Resource]]:
        """Give the manager the right to read the settings of each existing topic, and return these rights by topic.

        DeveloperManage is the least role with Describe and DescribeConfigs on one topic (confluentinc/cli, list-yaml-cloud.golden, read
        2026-11-30). It can also delete the topic, so the preview says so. Several pipes can read one topic, but a role binding exists
        only once.
        """
        topics = dict.fromkeys(topic_name(name, pipe) for name, pipe in self.args.existing_pipes.items())
        cluster = self.cluster
        if not cluster.roles_within:
            return dict.fromkeys(topics, cluster.manager.rights)
        if topics:
            pulumi.log.warn(
                f"{', '.join(f'pipes.{name}.topic.existing' for name in self.args.existing_pipes)}: the role DeveloperManage on "
                f"{', '.join(topics)} lets the stack's service account {self.name}-manager read the settings, and also delete the topic. "
                "DeveloperRead cannot read the settings.",
                self,
            )
        return {
            topic: allow(
                f"{self.name}-manager",
                cluster.manager.owner,
                {f"describe-{topic}": Right(resource="topic", name=topic, use="manage")},
                cluster=cluster,
                parent=self,
            )
            for topic in topics
        }

    def _registry(
        self, environment_id: Output[str], *, needed: bool = False, depends_on: Sequence[Resource] = ()
    ) -> SchemaRegistry | None:
        """Look up the Schema Registry if it is needed, or if a consumer reads it."""
        pipes = {**self.args.pipes, **self.args.existing_pipes}.values()
        if not needed and not any(isinstance(pipe, ConfluentPipe) and pipe.topic.schema_registry for pipe in pipes):
            return None
        return schema_registry(environment_id, parent=self, depends_on=depends_on)

    @override
    def topic(self, name: str, pipe: ConfluentPipeSettings, opts: ResourceOptions) -> Topic:
        """Create a pipe's topic."""
        return ConfluentTopic(f"{self.name}-{name}", self._topic(name, pipe), self._provided(opts))

    @override
    def existing_topic(self, name: str, pipe: ExistingConfluentPipeSettings, opts: ResourceOptions) -> Topic:
        """Read a pipe's topic."""
        args = self._topic(name, pipe)
        args = replace(args, ready=[*args.ready, *self.describers[topic_name(name, pipe)]])
        return ExistingConfluentTopic(f"{self.name}-{name}", args, self._provided(opts))

    def _provided(self, opts: ResourceOptions) -> ResourceOptions:
        return ResourceOptions.merge(opts, ResourceOptions(providers=[self.provider]))

    def _topic(self, name: str, pipe: PipeT) -> ConfluentTopicArgs[PipeT]:
        tokens, redrive_tokens = (self.args.platform.pod_tokens(name, redrive=each) for each in (False, True))
        return ConfluentTopicArgs(
            pipe_name=name,
            pipe=pipe,
            cluster=self.cluster,
            largest_message=self.args.settings.limits.message_bytes,
            bootstrap_servers=self.cluster.kafka.bootstrap_servers,
            brokers=self.binding.cidr if self.private else ALL_ADDRESSES,
            ready=self.ready,
            pods=Pods(tokens=tokens, provider=self.pods) if self.pods and tokens else None,
            redrive_pods=Pods(tokens=redrive_tokens, provider=self.pods) if self.pods and redrive_tokens else None,
            registry=self.registry if pipe.topic.schema_registry else None,
            protect=self.args.protect,
        )
