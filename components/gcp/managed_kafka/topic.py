"""Topics of a Managed Service for Apache Kafka cluster, and their ACLs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import pulumi_gcp as gcp
from pulumi import Input, Output, Resource, ResourceHookBinding, ResourceOptions
from pydantic import Field, model_validator

from components.changes import guard, refuse_fewer_partitions
from components.consumer_group import consumer_group
from components.contracts import SHARED, Connection, EgressRule, Grant, Topic
from components.dead_letters import SUFFIX
from components.gcp.managed_kafka.acl import allowed
from components.gcp.managed_kafka.signals import kafka_signals
from components.gcp.network.network import Network
from components.kafka.config import CODECS, Choice, Limit, Limits
from components.kafka.topic_settings import KafkaPipeSettings, KafkaTopicSettings, group_protocol
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


@dataclass(frozen=True, kw_only=True)
class ManagedKafkaTopicArgs:
    """Arguments of ManagedKafkaTopic."""

    topic_name: str
    """Name of the topic."""
    pipe: ManagedKafkaPipeSettings
    version: str
    """Kafka version of the brokers."""
    network: Network
    cluster: gcp.managedkafka.Cluster
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


class ManagedKafkaTopic(Topic):
    """A topic with ACLs: only its consumers may read it, in their one group, and only its producers may write to it.

    Only the consumers may write to its dead-letter topic.
    """

    def __init__(self, name: str, args: ManagedKafkaTopicArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:ManagedKafkaTopic", name, None, opts)
        self.name = name
        self.args = args
        settings = args.pipe.topic
        topic = self._topic(
            f"{name}-topic",
            topic_id=args.topic_name,
            partitions=args.pipe.parallelism,
            configs=settings.kafka_config,
            hooks=guard(
                f"{name}-topic", f"pipes.{args.topic_name}.parallelism", "partitionCount", refuse_fewer_partitions
            ),
        )
        writers = [entry for producer in settings.producers for entry in allowed(producer, "WRITE", "DESCRIBE")]
        topic_acl = self._acl(
            f"{name}-topic-acl",
            Output.concat("topic/", topic.topic_id),
            [*allowed(args.consumer, "READ", "DESCRIBE"), *writers, *self._redriver("WRITE")],
        )
        group = consumer_group(args.topic_name, args.pipe)
        group_acl = self._acl(f"{name}-group-acl", f"consumerGroup/{group}", allowed(args.consumer, "READ"))
        self.topic_name = topic.topic_id
        self.partitions = topic.partition_count.apply(lambda count: int(count or 0))
        connection = Connection(
            settings={
                "STREAM_SERVICE": "kafka",
                "STREAM_TOPIC": topic_acl.id.apply(lambda _: args.topic_name),
                "STREAM_GROUP": group_acl.id.apply(lambda _: group),
                **self._dead_letters(),
                "KAFKA_BOOTSTRAP_SERVERS": args.bootstrap_servers,
                "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
                "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
                "KAFKA_SASL_OAUTHBEARER_SCOPE": TOKEN_SCOPE,
                **group_protocol(args.version),
            },
            secrets={},
            files={},
            grants=[args.connect],
            egress_rules=[EgressRule(cidr=args.network.cidr, port=PORT)],
        )
        self.connections = {SHARED: connection}
        if settings.dead_letter.redrive:
            marks = redrive_group(group)
            marks_acl = self._acl(f"{name}-redrive-group-acl", f"consumerGroup/{marks}", allowed(args.redrive, "READ"))
            ready = {"STREAM_GROUP": marks_acl.id.apply(lambda _: group)}
            self.redrive = redrive_connection(connection, [args.connect], ready)
        self.signals = kafka_signals(
            args.pipe,
            cluster=args.cluster.cluster_id,
            topic=topic.topic_id,
            group=group,
            dead_letters=f"{args.topic_name}{SUFFIX}" if settings.dead_letter.enabled else None,
        )
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})

    def _topic(
        self,
        resource_name: str,
        *,
        topic_id: str,
        partitions: int,
        configs: Mapping[str, str],
        hooks: ResourceHookBinding | None = None,
    ) -> gcp.managedkafka.Topic:
        """Make a topic with a copy in each zone."""
        args = self.args
        return gcp.managedkafka.Topic(
            resource_name,
            topic_id=topic_id,
            cluster=args.cluster.cluster_id,
            location=args.network.account.region,
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
            cluster=args.cluster.cluster_id,
            location=args.network.account.region,
            acl_entries=entries,
            opts=ResourceOptions(parent=self),
        )

    def _redriver(self, operation: str) -> list[gcp.managedkafka.AclAclEntryArgs]:
        """Return the ACL entries of the job that replays dead letters. Empty if the pipe has no such job."""
        redrives = self.args.pipe.topic.dead_letter.redrive
        return allowed(self.args.redrive, operation, "DESCRIBE") if redrives else []

    def _dead_letters(self) -> Mapping[str, Input[str]]:
        """Make the dead-letter topic and its ACL if enabled, and return the consumers' variables for it."""
        settings, name = self.args.pipe.topic, f"{self.args.topic_name}{SUFFIX}"
        if not settings.dead_letter.enabled:
            return {}
        topic = self._topic(
            f"{self.name}-dead-letters", topic_id=name, partitions=1, configs=settings.dead_letter_config()
        )
        acl = self._acl(
            f"{self.name}-dead-letters-acl",
            Output.concat("topic/", topic.topic_id),
            [*allowed(self.args.consumer, "WRITE", "DESCRIBE"), *self._redriver("READ")],
        )
        return settings.dead_letter.variables(acl.id.apply(lambda _: name))
