"""The topics of a Managed Service for Apache Kafka cluster, and who may read and write them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import pulumi_gcp as gcp
from pulumi import Output, Resource, ResourceOptions
from pydantic import AfterValidator, Field

from components.changes import guard, kafka_partitions
from components.contracts import SHARED, Connection, Destination, Grant, PipeSettings, Topic
from components.gcp.managed_kafka_acl import allowed
from components.gcp.network import Network
from components.kafka import TOPIC_SETTINGS, known_values, setting_names
from components.section import Distinct, Form, QuotedText, Section

PORT = 9092
"""Where brokers are reached over TLS by clients that show a token (Managed Service for Apache Kafka, Authentication)."""

TOKEN_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
"""For what the token of a client is asked for (managed-kafka-auth-login-handler, GcpLoginCallbackHandler)."""

REPLICATION = 3
"""How many brokers hold each partition, each in a zone of its own."""

ServiceAccount = Annotated[
    str,
    Form(
        r"[a-z0-9][a-z0-9-]*@[a-z0-9.-]+\.gserviceaccount\.com",
        "the e-mail address of a service account, such as NAME@PROJECT.iam.gserviceaccount.com",
    ),
]


def _taken(config: Mapping[str, str]) -> Mapping[str, str]:
    """Return a topic's settings, or raise ValueError where Google refuses what Kafka takes."""
    if config.get("compression.type") == "zstd":
        raise ValueError(
            "compression.type cannot be zstd here (Managed Service for Apache Kafka, Limitations); choose lz4, gzip or snappy, or remove it"
        )
    return config


class ManagedKafkaTopicSettings(Section, frozen=True):
    """What a user may say of a topic on Managed Service for Apache Kafka."""

    retention_hours: Annotated[int, Field(ge=1, le=87_600)] = 168
    """The hours that records are kept, read or not; a lower number deletes the records that are older."""
    config: Annotated[
        Mapping[Annotated[str, AfterValidator(setting_names(TOPIC_SETTINGS))], QuotedText],
        AfterValidator(known_values),
        AfterValidator(_taken),
    ] = {}
    """More settings of the topic by their Kafka names, each with a text as value; compression.type cannot be zstd
    (Managed Service for Apache Kafka, Limitations)."""
    producers: Annotated[tuple[ServiceAccount, ...], Field(max_length=49), Distinct] = ()
    """The e-mail addresses of the service accounts that may write to the topic; nobody else may. An ACL has at most 100 entries, two
    for each of them (Managed Service for Apache Kafka API, Acl)."""

    @property
    def kafka_config(self) -> dict[str, str]:
        """The topic's Kafka settings: no acknowledged record is lost while one replica is down."""
        own = {
            "min.insync.replicas": str(REPLICATION - 1),
            "retention.ms": str(self.retention_hours * 3_600_000),
        }
        return {**own, **self.config}


class ManagedKafkaPipeSettings(PipeSettings, frozen=True):
    """A pipe on Managed Service for Apache Kafka."""

    topic: ManagedKafkaTopicSettings = ManagedKafkaTopicSettings()
    """The topic's own settings."""


@dataclass(frozen=True, kw_only=True)
class ManagedKafkaTopicArgs:
    """What a topic on Managed Service for Apache Kafka is built from."""

    topic_name: str
    """The name of the topic, and of the one consumer group that reads it."""
    pipe: ManagedKafkaPipeSettings
    network: Network
    cluster: gcp.managedkafka.Cluster
    bootstrap_servers: Output[str]
    consumer: str
    """The e-mail address of the service account that the pipe's consumers are."""
    connect: Grant
    """The right to connect to the cluster."""
    closed: Sequence[Resource]
    """What takes from everybody the rights that no ACL names."""
    protect: bool


class ManagedKafkaTopic(Topic):
    """A topic that its consumers may read in their one group, its producers may write, and nobody else reaches."""

    def __init__(self, name: str, args: ManagedKafkaTopicArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:ManagedKafkaTopic", name, None, opts)
        region = args.network.account.region
        settings = args.pipe.topic
        topic = gcp.managedkafka.Topic(
            f"{name}-topic",
            topic_id=args.topic_name,
            cluster=args.cluster.cluster_id,
            location=region,
            partition_count=args.pipe.parallelism,
            replication_factor=REPLICATION,
            configs=settings.kafka_config,
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                # At no moment is there a topic that everybody may read.
                depends_on=args.closed,
                hooks=guard(
                    f"{name}-topic", f"pipes.{args.topic_name}.parallelism", "partitionCount", kafka_partitions
                ),
            ),
        )
        writers = [allowed(producer, "WRITE", "DESCRIBE") for producer in settings.producers]
        topic_acl = gcp.managedkafka.Acl(
            f"{name}-topic-acl",
            acl_id=Output.concat("topic/", topic.topic_id),
            cluster=args.cluster.cluster_id,
            location=region,
            acl_entries=[*allowed(args.consumer, "READ", "DESCRIBE"), *(entry for each in writers for entry in each)],
            opts=ResourceOptions(parent=self),
        )
        group_acl = gcp.managedkafka.Acl(
            f"{name}-group-acl",
            acl_id=f"consumerGroup/{args.topic_name}",
            cluster=args.cluster.cluster_id,
            location=region,
            acl_entries=allowed(args.consumer, "READ"),
            opts=ResourceOptions(parent=self),
        )
        self.topic_name = topic.topic_id
        self.partitions = topic.partition_count.apply(lambda count: int(count or 0))
        connection = Connection(
            settings={
                "STREAM_SERVICE": "kafka",
                "STREAM_TOPIC": topic_acl.id.apply(lambda _: args.topic_name),
                "STREAM_GROUP": group_acl.id.apply(lambda _: args.topic_name),
                "KAFKA_BOOTSTRAP_SERVERS": args.bootstrap_servers,
                "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
                "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
                "KAFKA_SASL_OAUTHBEARER_SCOPE": TOKEN_SCOPE,
            },
            secrets={},
            files={},
            grants=[args.connect],
            destinations=[Destination(cidr=args.network.cidr, port=PORT)],
        )
        self.connections = {SHARED: connection}
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})
