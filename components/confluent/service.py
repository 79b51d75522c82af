"""Confluent Cloud: an environment with a Kafka cluster in the stack's cloud and region, and one topic per pipe."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, cast

import pulumi_confluentcloud as confluentcloud
from pulumi import Output, Resource, ResourceHookBinding, ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.changes import guard, refused_change
from components.confluent.home import CloudBinding, PrivateLinkArgs
from components.confluent.identity_pool import identity_provider
from components.confluent.ksqldb import Ksqldb, KsqldbArgs
from components.confluent.rights import Cluster, Key, bind
from components.confluent.schema_registry import SchemaRegistry, schema_registry
from components.confluent.service_account import Keyed, api_key, service_account
from components.confluent.settings import ConfluentSettings
from components.confluent.tiers import (
    refuse_availability_change,
    refuse_cku_reduction,
    refuse_limit_removal,
    refuse_location_change,
    refuse_lower_governance,
    refuse_tier_change,
)
from components.confluent.topic import ConfluentTopic, ConfluentTopicArgs, Pods
from components.confluent.topic_settings import ConfluentPipeSettings
from components.contracts import Platform, Streaming, Topic

ALL_ADDRESSES = "0.0.0.0/0"
"""IP range of public brokers, whose addresses change."""


class Confluent(Streaming[ConfluentPipeSettings]):
    """Environment and Kafka cluster in the stack's cloud and region.

    A service account creates the topics with its API key and owns only these topics. On Basic, which has no topic-level roles, it
    administers the cluster. Consumers authenticate with pod tokens if the tier and the platform support them, else with an API key.
    """

    cluster: Cluster

    def __init__(
        self,
        name: str,
        args: StreamingArgs[ConfluentSettings, Any, Platform],
        binding: CloudBinding,
        opts: ResourceOptions | None = None,
    ) -> None:
        settings = args.settings
        provider = confluentcloud.Provider(
            f"{name}-confluent",
            cloud_api_key=args.secrets["credentials.apiKey"],
            cloud_api_secret=args.secrets["credentials.apiSecret"],
            opts=opts,
        )
        immutable = {
            "tier": settings.tier,
            "availability": settings.zones,
            "cloud": binding.cloud,
            "region": binding.region,
            **({"maxEcku": settings.max_ecku} if settings.max_ecku else {}),
        }
        # The provider replaces a cluster if most of these change, and replacements run no update hook. So the component stores them too.
        # The provider also ignores the removal of maxEcku, which the component's hook detects.
        super().__init__(
            "data-pipes:confluent:Confluent",
            name,
            immutable,
            ResourceOptions.merge(opts, ResourceOptions(providers=[provider], hooks=_hooks(name))),
        )
        self.name = name
        self.provider = provider
        self.args = args
        self.binding = binding
        environment = self._environment()
        kafka = self._kafka(environment)
        link = self._private_link(environment) if settings.private_link else ()
        self.ready = [*link, *binding.broker_egress(name, settings.private_link, ResourceOptions(parent=self))]
        self.cluster = Cluster(
            kafka=kafka,
            environment_id=environment.id,
            roles_within=settings.limits.roles_within,
            manager=self._manager(environment, kafka, link),
        )
        self.pods = self._pods()
        self.registry = self._registry(environment, kafka)
        self.bootstrap_servers = kafka.bootstrap_endpoint.apply(lambda address: address.removeprefix("SASL_SSL://"))
        self.outputs = {
            "bootstrapServers": self.bootstrap_servers,
            "environmentId": environment.id,
            "kafkaClusterId": kafka.id,
            **({"schemaRegistry": self.registry.url} if self.registry else {}),
            **self._ksqldb(),
        }
        self.register_outputs(dict(self.outputs))

    def _environment(self) -> confluentcloud.Environment:
        package = self.args.settings.governance
        name = f"{self.name}-environment"
        return confluentcloud.Environment(
            name,
            display_name=self.name,
            stream_governance=None
            if package == "none"
            else confluentcloud.EnvironmentStreamGovernanceArgs(package=package.upper()),
            opts=ResourceOptions(
                parent=self,
                protect=self.args.protect,
                hooks=refused_change(name, "streaming.governance", "streamGovernance.package", refuse_lower_governance),
            ),
        )

    def _kafka(self, environment: confluentcloud.Environment) -> confluentcloud.KafkaCluster:
        args, settings = self.args, self.args.settings
        tier = settings.tier
        return confluentcloud.KafkaCluster(
            f"{self.name}-cluster",
            display_name=self.name,
            environment=confluentcloud.KafkaClusterEnvironmentArgs(id=environment.id),
            cloud=self.binding.cloud,
            region=self.binding.region,
            availability=settings.limits.availabilities[settings.zones],
            basic=confluentcloud.KafkaClusterBasicArgs(max_ecku=settings.max_ecku) if tier == "basic" else None,
            standard=confluentcloud.KafkaClusterStandardArgs(max_ecku=settings.max_ecku)
            if tier == "standard"
            else None,
            enterprises=[confluentcloud.KafkaClusterEnterpriseArgs(max_ecku=settings.max_ecku)]
            if tier == "enterprise"
            else None,
            dedicated=confluentcloud.KafkaClusterDedicatedArgs(cku=settings.cku or 0) if tier == "dedicated" else None,
            deletion_protection=args.protect,
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                hooks=guard(f"{self.name}-cluster", "streaming.cku", "dedicated.cku", refuse_cku_reduction),
            ),
        )

    def _private_link(self, environment: confluentcloud.Environment) -> Sequence[Resource]:
        name = f"{self.name}-link"
        attachment = confluentcloud.PrivateLinkAttachment(
            name,
            display_name=self.name,
            cloud=self.binding.cloud,
            region=self.binding.region,
            environment=confluentcloud.PrivateLinkAttachmentEnvironmentArgs(id=environment.id),
            opts=ResourceOptions(parent=self),
        )
        link = PrivateLinkArgs(attachment=attachment, environment_id=environment.id)
        return self.binding.private_link(name, link, ResourceOptions(parent=self)).ready

    def _manager(
        self, environment: confluentcloud.Environment, kafka: confluentcloud.KafkaCluster, link: Sequence[Resource]
    ) -> Key:
        """Create the service account that creates topics. The provider tests its key through the private link, so the key waits for the link."""
        name = f"{self.name}-manager"
        account = service_account(name, "Makes the topics of the stack", parent=self)
        rights: Sequence[Resource] = (
            []
            if self.args.settings.limits.roles_within
            else [bind(name, account.id, "CloudClusterAdmin", kafka.rbac_crn, parent=self)]
        )
        keyed = Keyed(id=kafka.id, api_version=kafka.api_version, kind=kafka.kind, environment_id=environment.id)
        key = api_key(name, account, keyed, parent=self, depends_on=[*rights, *link])
        return Key(owner=account.id, id=key.id, secret=key.secret, rights=rights)

    def _pods(self) -> confluentcloud.IdentityProvider | None:
        """Create the platform's identity provider if its pods have tokens and the tier accepts them."""
        tokens = self.args.platform.pod_tokens(next(iter(self.args.pipes)))
        if tokens is None or not self.args.settings.limits.tokens:
            return None
        return identity_provider(f"{self.name}-platform", tokens.issuer, self.binding.token_keys, parent=self)

    def _registry(
        self, environment: confluentcloud.Environment, kafka: confluentcloud.KafkaCluster
    ) -> SchemaRegistry | None:
        """Look up the Schema Registry if ksqlDB or a consumer reads it."""
        pipes = cast("Mapping[str, ConfluentPipeSettings]", self.args.pipes)
        if not self.args.settings.ksqldb and not any(pipe.topic.schema_registry for pipe in pipes.values()):
            return None
        return schema_registry(environment.id, kafka, parent=self)

    def _ksqldb(self) -> Mapping[str, Output[str]]:
        settings = self.args.settings.ksqldb
        if settings is None or self.registry is None:
            return {}
        ksqldb = KsqldbArgs(
            csu=settings.csu,
            cluster=self.cluster,
            registry=self.registry,
            topics=list(self.args.pipes),
            protect=self.args.protect,
        )
        return {"ksqldb": Ksqldb(f"{self.name}-ksqldb", ksqldb, ResourceOptions(parent=self)).endpoint}

    @override
    def topic(self, name: str, pipe: ConfluentPipeSettings, opts: ResourceOptions) -> Topic:
        """Create a pipe's topic."""
        tokens, redrive_tokens = (self.args.platform.pod_tokens(name, redrive=each) for each in (False, True))
        topic = ConfluentTopicArgs(
            topic_name=name,
            pipe=pipe,
            cluster=self.cluster,
            largest_message=self.args.settings.limits.message_bytes,
            bootstrap_servers=self.bootstrap_servers,
            brokers=self.binding.cidr if self.args.settings.private_link else ALL_ADDRESSES,
            ready=self.ready,
            pods=Pods(tokens=tokens, provider=self.pods) if self.pods and tokens else None,
            redrive_pods=Pods(tokens=redrive_tokens, provider=self.pods) if self.pods and redrive_tokens else None,
            registry=self.registry if pipe.topic.schema_registry else None,
            protect=self.args.protect,
        )
        return ConfluentTopic(
            f"{self.name}-{name}", topic, ResourceOptions.merge(opts, ResourceOptions(providers=[self.provider]))
        )


def _hooks(name: str) -> ResourceHookBinding:
    """Return hooks that refuse changes the cluster cannot make."""
    hooks = [
        refused_change(name, "streaming.tier", "tier", refuse_tier_change),
        refused_change(name, "streaming.availability", "availability", refuse_availability_change),
        refused_change(name, "streaming", "cloud", refuse_location_change("cloud")),
        refused_change(name, "streaming", "region", refuse_location_change("region")),
        refused_change(name, "streaming.maxEcku", "maxEcku", refuse_limit_removal),
    ]
    return reduce(ResourceHookBinding.merge, hooks)
