"""Topic on Confluent Cloud, with the identity and permissions of its consumers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pulumi_confluentcloud as confluentcloud
from pulumi import Input, Output, Resource, ResourceHookBinding, ResourceOptions
from typing_extensions import override

from components.changes import guard, refuse_fewer_partitions, refused_change
from components.confluent.home import KAFKA_PORT
from components.confluent.identity_pool import AUDIENCE, identity_pool
from components.confluent.rights import Cluster, Right, allow
from components.confluent.schema_registry import SchemaRegistry, read_subjects
from components.confluent.service_account import api_key, id_and_secret, service_account
from components.confluent.topic_changes import refuse_config_change
from components.confluent.topic_settings import ConfluentPipeSettings, ExistingConfluentPipeSettings
from components.consumer_group import consumer_group
from components.contracts import SHARED, Connection, EgressRule, PodTokens, Secret, Topic
from components.dead_letters import SUFFIX
from components.redrive import redrive_group

PURPOSES: Mapping[str, str] = {"consumer": "Reads one topic", "redrive": "Replays the dead letters of one topic"}
"""Descriptions of the service accounts of a topic, by their roles."""

PipeT = TypeVar("PipeT", ConfluentPipeSettings, ExistingConfluentPipeSettings)


@dataclass(frozen=True, kw_only=True)
class Pods:
    """Token authentication of a pipe's pods, if the tier accepts tokens."""

    tokens: PodTokens
    provider: confluentcloud.IdentityProvider


@dataclass(frozen=True, kw_only=True)
class ConfluentTopicArgs(Generic[PipeT]):
    """Arguments of ConfluentTopic."""

    pipe_name: str
    pipe: PipeT
    cluster: Cluster
    largest_message: int
    """Largest max.message.bytes of the cluster's tier."""
    bootstrap_servers: Output[str]
    brokers: Input[str]
    """IP range of the brokers."""
    ready: Sequence[Resource]
    """Resources that connect the network to the cluster. For an existing topic, also the manager's right to read its settings."""
    pods: Pods | None
    """Token authentication. None if consumers use an API key."""
    redrive_pods: Pods | None
    """Token authentication of the job that replays dead letters. None if it uses an API key."""
    registry: SchemaRegistry | None
    """Schema Registry. None if consumers may not read it."""
    protect: bool


@dataclass(frozen=True, kw_only=True)
class _Reader:
    """Identity of the consumers or of the redrive job, with its authentication settings."""

    principal: Output[str]
    settings: Mapping[str, Input[str]]
    secrets: Mapping[str, Secret]
    token_audience: str | None


class ReadTopic(Topic, ABC, Generic[PipeT]):
    """Topic whose consumers may only read it in their consumer group, and write its dead letters.

    The group protocol is not configured, because Confluent Cloud does not document which tiers support the newer one (KIP-848).

    Both kinds of topics have one type token, so the dead letters stay if a pipe changes from one kind to the other.
    """

    def __init__(
        self,
        name: str,
        args: ConfluentTopicArgs[PipeT],
        opts: ResourceOptions | None = None,
        *,
        inputs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__("data-pipes:confluent:ConfluentTopic", name, inputs, opts)
        self.name = name
        self.args = args
        self.group = consumer_group(args.pipe_name, args.pipe)
        topic = self._source()
        self.topic_name = topic.topic_name
        self.partitions = topic.partitions_count.apply(lambda count: int(count or 0))
        dead_letters = self._dead_letters()
        self.connections = {SHARED: self._consumers(dead_letters)}
        if args.pipe.topic.dead_letter.redrive:
            self.redrive = self._redriver(dead_letters)
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})

    @property
    def _source_name(self) -> str:
        """Return the name of the topic: that of the pipe."""
        return self.args.pipe_name

    @abstractmethod
    def _source(self) -> confluentcloud.KafkaTopic:
        """Create or read the topic."""

    @abstractmethod
    def _dead_letter_config(self) -> Input[Mapping[str, str]]:
        """Return the Kafka settings of the dead-letter topic."""

    def _topic(
        self,
        label: str,
        *,
        topic_name: str,
        partitions: int,
        config: Input[Mapping[str, str]],
        hooks: ResourceHookBinding | None = None,
    ) -> confluentcloud.KafkaTopic:
        """Create a topic, and the manager's ownership of it, which the manager needs to create it and to add partitions."""
        args, cluster = self.args, self.args.cluster
        own = {label: Right(resource="topic", name=topic_name, use="own")}
        owner = (
            allow(f"{self.name}-manager", cluster.manager.owner, own, cluster=cluster, parent=self)
            if cluster.roles_within
            else []
        )
        return confluentcloud.KafkaTopic(
            f"{self.name}-{label}",
            topic_name=topic_name,
            kafka_cluster=confluentcloud.KafkaTopicKafkaClusterArgs(id=cluster.kafka.id),
            partitions_count=partitions,
            config=config,
            rest_endpoint=cluster.kafka.rest_endpoint,
            credentials=confluentcloud.KafkaTopicCredentialsArgs(key=cluster.manager.id, secret=cluster.manager.secret),
            opts=ResourceOptions(parent=self, protect=args.protect, depends_on=[*owner, *args.ready], hooks=hooks),
        )

    def _dead_letters(self) -> Mapping[str, Input[str]]:
        """Create the dead-letter topic if it is enabled, and return the consumers' settings for it."""
        args, settings = self.args, self.args.pipe.topic
        if not settings.dead_letter.enabled:
            return {}
        topic = self._topic(
            "dead-letters",
            topic_name=f"{args.pipe_name}{SUFFIX}",
            partitions=1,
            config=self._dead_letter_config(),
        )
        return settings.dead_letter.variables(topic.topic_name)

    def _consumers(self, dead_letters: Mapping[str, Input[str]]) -> Connection:
        """Return the connection of the consumers."""
        args = self.args
        reader = self._pool("pods", args.pods, args.registry) if args.pods else self._account("consumer", args.registry)
        schemas = {"STREAM_SCHEMA_REGISTRY": args.registry.url} if args.registry else {}
        return self._connection(reader, self._rights(reader.principal), {**dead_letters, **schemas})

    def _redriver(self, dead_letters: Mapping[str, Input[str]]) -> Connection:
        """Return the connection of the job that replays dead letters. It reads no schemas."""
        args, pods = self.args, self.args.redrive_pods
        reader = self._pool("redrive-pods", pods, None) if pods else self._account("redrive", None)
        rights = {
            "redrive-read-dead-letters": Right(resource="topic", name=f"{args.pipe_name}{SUFFIX}", use="read"),
            "redrive-read-group": Right(resource="group", name=redrive_group(self.group), use="read"),
            "redrive-write-topic": Right(resource="topic", name=self._source_name, use="write"),
        }
        made = allow(self.name, reader.principal, rights, cluster=args.cluster, parent=self)
        return self._connection(reader, made, dead_letters)

    def _connection(
        self, reader: _Reader, rights: Sequence[Resource], settings: Mapping[str, Input[str]]
    ) -> Connection:
        args = self.args
        return Connection(
            settings={
                "STREAM_SERVICE": "kafka",
                "STREAM_TOPIC": self.topic_name,
                # Clients start after their permissions exist.
                "STREAM_GROUP": Output.all(*(right.urn for right in rights)).apply(lambda _: self.group),
                **settings,
                "KAFKA_BOOTSTRAP_SERVERS": args.bootstrap_servers,
                "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
                **reader.settings,
            },
            secrets=reader.secrets,
            files={},
            grants=[],
            egress_rules=[EgressRule(cidr=args.brokers, port=KAFKA_PORT)],
            token_audience=reader.token_audience,
        )

    def _rights(self, principal: Output[str]) -> list[Resource]:
        args = self.args
        rights = {
            "read-topic": Right(resource="topic", name=self._source_name, use="read"),
            "read-group": Right(resource="group", name=self.group, use="read"),
        }
        if args.pipe.topic.dead_letter.enabled:
            name = f"{args.pipe_name}{SUFFIX}"
            rights |= {"write-dead-letters": Right(resource="topic", name=name, use="write")}
        if args.pipe.topic.kafka_streams:
            internal = f"{self.group}-"
            rights |= {
                "manage-internal-topics": Right(resource="topic", name=internal, prefix=True, use="manage"),
                "read-internal-topics": Right(resource="topic", name=internal, prefix=True, use="read"),
                "write-internal-topics": Right(resource="topic", name=internal, prefix=True, use="write"),
                "write-transactions": Right(resource="transactional-id", name=internal, prefix=True, use="write"),
            }
        made = allow(self.name, principal, rights, cluster=args.cluster, parent=self)
        if args.registry:
            made += read_subjects(self.name, principal, self._source_name, registry=args.registry, parent=self)
        return made

    def _pool(self, role: str, pods: Pods, registry: SchemaRegistry | None) -> _Reader:
        """Return an identity pool for the pods' tokens, without secrets."""
        pool = identity_pool(f"{self.name}-{role}", pods.tokens, pods.provider, parent=self)
        schemas = (
            {"STREAM_SCHEMA_REGISTRY_CLUSTER": registry.id, "STREAM_SCHEMA_REGISTRY_IDENTITY_POOL": pool.id}
            if registry
            else {}
        )
        return _Reader(
            principal=pool.id,
            settings={
                "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
                "KAFKA_SASL_OAUTHBEARER_EXTENSIONS": Output.concat(
                    "logicalCluster=", self.args.cluster.kafka.id, ",identityPoolId=", pool.id
                ),
                **schemas,
            },
            secrets={},
            token_audience=AUDIENCE,
        )

    def _account(self, role: str, registry: SchemaRegistry | None) -> _Reader:
        """Return a service account. Its API keys are in a secret store."""
        args = self.args
        account = service_account(f"{self.name}-{role}", PURPOSES[role], parent=self)
        key = api_key(f"{self.name}-{role}", account, args.cluster.kafka.keyed, parent=self, depends_on=args.ready)
        user, password = id_and_secret(key)
        secrets = {"KAFKA_SASL_USERNAME": user, "KAFKA_SASL_PASSWORD": password}
        if registry:
            schema_key = api_key(f"{self.name}-{role}-schemas", account, registry.keyed, parent=self)
            user, password = id_and_secret(schema_key)
            secrets |= {"STREAM_SCHEMA_REGISTRY_USERNAME": user, "STREAM_SCHEMA_REGISTRY_PASSWORD": password}
        return _Reader(
            principal=account.id, settings={"KAFKA_SASL_MECHANISM": "PLAIN"}, secrets=secrets, token_audience=None
        )


class ConfluentTopic(ReadTopic[ConfluentPipeSettings]):
    """Topic that the program makes."""

    def __init__(
        self, name: str, args: ConfluentTopicArgs[ConfluentPipeSettings], opts: ResourceOptions | None = None
    ) -> None:
        hooks = guard(name, f"pipes.{args.pipe_name}.parallelism", "partitions", refuse_fewer_partitions)
        # The provider replaces a topic with fewer partitions, and replacements run no update hook. So the component stores the number
        # too: it is updated in place, before the topic.
        super().__init__(
            name,
            args,
            ResourceOptions.merge(opts, ResourceOptions(hooks=hooks)),
            inputs={"partitions": args.pipe.parallelism},
        )

    @override
    def _source(self) -> confluentcloud.KafkaTopic:
        pipe_name, pipe = self.args.pipe_name, self.args.pipe
        return self._topic(
            "topic",
            topic_name=pipe_name,
            partitions=pipe.parallelism,
            config=pipe.topic.kafka_config,
            hooks=refused_change(
                f"{self.name}-topic", f"pipes.{pipe_name}.topic.config", "config", refuse_config_change
            ),
        )

    @override
    def _dead_letter_config(self) -> Mapping[str, str]:
        return self.args.pipe.topic.dead_letter_config(self.args.largest_message)
