"""Topics of a Managed Service for Apache Kafka cluster, and their ACLs."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

import pulumi
import pulumi_gcp as gcp
from pulumi import Input, Output, Resource, ResourceHookBinding, ResourceOptions
from pydantic import Field, model_validator
from typing_extensions import override

from components.changes import guard, refuse_fewer_partitions
from components.consumer_group import consumer_group
from components.contracts import SHARED, Connection, EgressRule, Grant, Topic
from components.dead_letters import SUFFIX
from components.existing import matching
from components.gcp.account import Account
from components.gcp.managed_kafka.acl import allowed
from components.gcp.managed_kafka.signals import kafka_signals
from components.kafka.config import CODECS, Choice, Limit, Limits
from components.kafka.existing_topic import MESSAGE_BYTES, ExistingKafkaPipeSettings
from components.kafka.topic_settings import KafkaPipeSettings, KafkaTopicSettings
from components.lookup import name_of_read
from components.redrive import redrive_connection, redrive_group
from components.section import Distinct, Pattern

PORT = 9092
"""Broker port for TLS with token authentication (Managed Service for Apache Kafka, Authentication)."""

MOST_PRODUCERS = 49
"""Producers of a topic (Managed Service for Apache Kafka API, Acl)."""

TOKEN_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
"""Scope of the clients' tokens (managed-kafka-auth-login-handler, GcpLoginCallbackHandler)."""

REPLICATION = 3
"""Copies of each partition, each in a different zone."""

ServiceAccount = Annotated[
    str,
    Pattern(
        r"[a-z0-9][a-z0-9-]*@[a-z0-9.-]+\.gserviceaccount\.com",
        "the e-mail address of a service account, such as NAME@PROJECT.iam.gserviceaccount.com",
    ),
]


LIMITS: Limits = {
    "compression.type": Limit(
        definition=Choice(tuple(codec for codec in CODECS if codec != "zstd")),
        source="Managed Service for Apache Kafka, Limitations",
    )
}
"""Limits that are stricter than Kafka's."""


class ManagedKafkaTopicSettings(KafkaTopicSettings, frozen=True):
    """Settings of a topic on Managed Service for Apache Kafka."""

    min_insync_replicas = REPLICATION - 1

    producers: Annotated[tuple[ServiceAccount, ...], Field(max_length=MOST_PRODUCERS), Distinct] = ()
    """The e-mail addresses of the service accounts that may write to the topic. No other account may. An ACL has at most 100
    entries, two for each producer (Managed Service for Apache Kafka API, Acl)."""

    @model_validator(mode="after")
    def _room_for_redrive(self) -> "ManagedKafkaTopicSettings":
        if self.dead_letter.redrive and len(self.producers) >= MOST_PRODUCERS:
            raise ValueError(
                f"producers must have fewer than {MOST_PRODUCERS} entries with deadLetter.redrive, got {len(self.producers)} (an ACL has at "
                "most 100 entries, and the job needs two: Managed Service for Apache Kafka API, Acl). Remove one, or turn redrive off."
            )
        return self


class ManagedKafkaPipeSettings(KafkaPipeSettings, frozen=True):
    """A pipe on Managed Service for Apache Kafka."""

    topic: ManagedKafkaTopicSettings = ManagedKafkaTopicSettings()
    """The topic's settings."""


KafkaPipeT = TypeVar("KafkaPipeT", ManagedKafkaPipeSettings, ExistingKafkaPipeSettings)


@dataclass(frozen=True, kw_only=True)
class ManagedKafkaTopicArgs(Generic[KafkaPipeT]):
    """Arguments of ManagedKafkaTopic."""

    pipe_name: str
    """Name of the pipe, and of a topic that the program makes."""
    pipe: KafkaPipeT
    group_protocol: Mapping[str, Input[str]]
    """Environment variables of the consumers' group protocol."""
    account: Account
    cluster: str
    """Name of the cluster in messages."""
    cluster_id: Output[str]
    """Name of the cluster, when it is there."""
    brokers_cidr: Input[str]
    """IPv4 range that contains the brokers."""
    bootstrap_servers: Output[str]
    consumer: str
    """E-mail address of the consumers' service account."""
    redrive: str
    """E-mail address of the service account of the job that replays dead letters, if the pipe has one."""
    connect: Grant
    """Permission to connect to the cluster."""
    closed: Sequence[Resource]
    """The ACLs that remove the default access of all clients."""
    protect: bool


class ReadTopic(Topic, ABC, Generic[KafkaPipeT]):
    """A topic that consumers read in their one group, and its dead-letter topic. Only the consumers may write to the dead-letter topic.

    Both kinds of topics have one type token, so the dead letters stay if a pipe changes from one kind to the other.
    """

    def __init__(self, name: str, args: ManagedKafkaTopicArgs[KafkaPipeT], opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:ManagedKafkaTopic", name, None, opts)
        self.name = name
        self.args = args
        pipe_name, dead_letter = args.pipe_name, args.pipe.topic.dead_letter
        topic = self._source(f"{name}-topic")
        readable = self._readable(topic)
        group = consumer_group(pipe_name, args.pipe)
        group_acl = self._acl(f"{name}-group-acl", f"consumerGroup/{group}", allowed(args.consumer, "READ"))
        self.topic_name = topic.topic_id
        self.partitions = self._partitions(topic)
        connection = Connection(
            settings={
                "STREAM_SERVICE": "kafka",
                "STREAM_TOPIC": readable,
                "STREAM_GROUP": group_acl.id.apply(lambda _: group),
                **self._dead_letters(topic),
                "KAFKA_BOOTSTRAP_SERVERS": args.bootstrap_servers,
                "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
                "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
                "KAFKA_SASL_OAUTHBEARER_SCOPE": TOKEN_SCOPE,
                **args.group_protocol,
            },
            secrets={},
            files={},
            grants=[args.connect],
            egress_rules=[EgressRule(cidr=args.brokers_cidr, port=PORT)],
        )
        self.connections = {SHARED: connection}
        if dead_letter.redrive:
            marks = redrive_group(group)
            marks_acl = self._acl(f"{name}-redrive-group-acl", f"consumerGroup/{marks}", allowed(args.redrive, "READ"))
            ready = {"STREAM_GROUP": marks_acl.id.apply(lambda _: group)}
            self.redrive = redrive_connection(connection, [args.connect], ready)
        self.signals = kafka_signals(
            args.pipe,
            cluster=args.cluster_id,
            topic=topic.topic_id,
            group=group,
            dead_letters=f"{pipe_name}{SUFFIX}" if dead_letter.enabled else None,
        )
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})

    @abstractmethod
    def _source(self, resource_name: str) -> gcp.managedkafka.Topic:
        """Make or read the topic."""

    @abstractmethod
    def _readable(self, topic: gcp.managedkafka.Topic) -> Output[str]:
        """Return the name of the topic when the consumers may read it."""

    def _partitions(self, topic: gcp.managedkafka.Topic) -> Output[int]:
        """Return the number of partitions."""
        return topic.partition_count.apply(lambda count: int(count or 0))

    def _topic(
        self,
        resource_name: str,
        *,
        topic_id: str,
        partitions: int,
        configs: Input[Mapping[str, str]],
        hooks: ResourceHookBinding | None = None,
    ) -> gcp.managedkafka.Topic:
        """Make a topic with a copy in each zone."""
        args = self.args
        return gcp.managedkafka.Topic(
            resource_name,
            topic_id=topic_id,
            cluster=args.cluster_id,
            location=args.account.region,
            partition_count=partitions,
            replication_factor=REPLICATION,
            configs=configs,
            # Without these ACLs, every client could read a new topic.
            opts=ResourceOptions(parent=self, protect=args.protect, depends_on=args.closed, hooks=hooks),
        )

    def _acl(
        self, resource_name: str, acl_id: Input[str], entries: Sequence[gcp.managedkafka.AclAclEntryArgs]
    ) -> gcp.managedkafka.Acl:
        args = self.args
        return gcp.managedkafka.Acl(
            resource_name,
            acl_id=acl_id,
            cluster=args.cluster_id,
            location=args.account.region,
            acl_entries=entries,
            opts=ResourceOptions(parent=self),
        )

    def _redriver(self, operation: str) -> list[gcp.managedkafka.AclAclEntryArgs]:
        """Return the ACL entries of the job that replays dead letters. Empty if the pipe has no such job."""
        redrives = self.args.pipe.topic.dead_letter.redrive
        return allowed(self.args.redrive, operation, "DESCRIBE") if redrives else []

    @abstractmethod
    def _dead_letter_config(self, topic: gcp.managedkafka.Topic) -> Input[Mapping[str, str]]:
        """Return the Kafka settings of the dead-letter topic."""

    def _dead_letters(self, topic: gcp.managedkafka.Topic) -> Mapping[str, Input[str]]:
        """Make the dead-letter topic and its ACL if enabled, and return the consumers' variables for it."""
        settings, name = self.args.pipe.topic, f"{self.args.pipe_name}{SUFFIX}"
        if not settings.dead_letter.enabled:
            return {}
        letters = self._topic(
            f"{self.name}-dead-letters", topic_id=name, partitions=1, configs=self._dead_letter_config(topic)
        )
        acl = self._acl(
            f"{self.name}-dead-letters-acl",
            Output.concat("topic/", letters.topic_id),
            [*allowed(self.args.consumer, "WRITE", "DESCRIBE"), *self._redriver("READ")],
        )
        return settings.dead_letter.variables(acl.id.apply(lambda _: name))


class ManagedKafkaTopic(ReadTopic[ManagedKafkaPipeSettings]):
    """A topic that the program makes. Only its consumers may read it, and only its producers may write to it."""

    @override
    def _source(self, resource_name: str) -> gcp.managedkafka.Topic:
        args = self.args
        return self._topic(
            resource_name,
            topic_id=args.pipe_name,
            partitions=args.pipe.parallelism,
            configs=args.pipe.topic.kafka_config,
            hooks=guard(
                resource_name, f"pipes.{args.pipe_name}.parallelism", "partitionCount", refuse_fewer_partitions
            ),
        )

    @override
    def _readable(self, topic: gcp.managedkafka.Topic) -> Output[str]:
        args = self.args
        writers = [entry for producer in args.pipe.topic.producers for entry in allowed(producer, "WRITE", "DESCRIBE")]
        acl = self._acl(
            f"{self.name}-topic-acl",
            Output.concat("topic/", topic.topic_id),
            [*allowed(args.consumer, "READ", "DESCRIBE"), *writers, *self._redriver("WRITE")],
        )
        return acl.id.apply(lambda _: args.pipe_name)

    @override
    def _dead_letter_config(self, topic: gcp.managedkafka.Topic) -> Mapping[str, str]:
        return self.args.pipe.topic.dead_letter_config()


class ExistingManagedKafkaTopic(ReadTopic[ExistingKafkaPipeSettings]):
    """A topic that was there before. The program only reads it, and does not touch its ACL: an Acl resource replaces all entries."""

    @property
    def _topic_name(self) -> str:
        return self.args.pipe.topic.name or self.args.pipe_name

    @override
    def _source(self, resource_name: str) -> gcp.managedkafka.Topic:
        args = self.args
        pulumi.log.warn(self._how_to_allow(), self)
        where = f"projects/{args.account.project}/locations/{args.account.region}/clusters/"
        return gcp.managedkafka.Topic.get(
            name_of_read(self.name, f"pipes.{args.pipe_name}.topic.existing"),
            Output.concat(where, args.cluster_id, f"/topics/{self._topic_name}"),
            opts=ResourceOptions(parent=self),
        )

    def _how_to_allow(self) -> str:
        """Return the commands that let the consumers read a topic which has an ACL, and let the redrive job write to it."""
        args, name = self.args, self._topic_name
        redrives = args.pipe.topic.dead_letter.redrive
        entries = [(args.consumer, "READ"), (args.consumer, "DESCRIBE")]
        if redrives:
            entries += [(args.redrive, "WRITE"), (args.redrive, "DESCRIBE")]
        commands = (
            f"gcloud managed-kafka acls add-acl-entry topic/{name} --cluster={args.cluster} --location={args.account.region} "
            f"--project={args.account.project} --principal=User:{account} --operation={operation}"
            for account, operation in entries
        )
        allow = "allow the consumers to read it" + (" and the redrive job to write to it" if redrives else "")
        return (
            f"pipes.{args.pipe_name}.topic.existing: the ACL of {name} is not changed. If there is an ACL for it, such as topic/{name}, "
            f"{allow}: {' && '.join(commands)}"
        )

    @override
    def _readable(self, topic: gcp.managedkafka.Topic) -> Output[str]:
        # No consumer starts if the stack file has another number of partitions.
        return self._partitions(topic).apply(lambda _: self._topic_name)

    @override
    def _partitions(self, topic: gcp.managedkafka.Topic) -> Output[int]:
        return matching(super()._partitions(topic), self.args.pipe_name, self.args.pipe.parallelism)

    @override
    def _dead_letter_config(self, topic: gcp.managedkafka.Topic) -> Output[Mapping[str, str]]:
        def config(present: Mapping[str, str] | None) -> Mapping[str, str]:
            message_bytes = int((present or {}).get("max.message.bytes", MESSAGE_BYTES))
            return {
                "min.insync.replicas": str(REPLICATION - 1),
                **self.args.pipe.topic.dead_letter_config(message_bytes),
            }

        return topic.configs.apply(config)
