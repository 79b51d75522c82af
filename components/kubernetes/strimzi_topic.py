"""The topics of a Kafka cluster in containers, and the users that read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pulumi import CustomTimeouts, Output, ResourceOptions
from pydantic import AfterValidator, Field

from components.changes import guard, kafka_partitions
from components.contracts import SHARED, Connection, PipeSettings, PodDestination, Secret, Topic
from components.kafka import TOPIC_SETTINGS, known_values, setting_names
from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.strimzi_cluster import PORT, consumer_user
from components.kubernetes.strimzi_resource import StrimziResource, made_secret, secret_text, strimzi_resource
from components.kubernetes.strimzi_settings import FILES, REPLICATION
from components.section import QuotedText, Section


class StrimziTopicSettings(Section, frozen=True):
    """What a user may say of a topic on Kafka in containers."""

    retention_hours: Annotated[int, Field(ge=1, le=87_600)] = 168
    """The hours that records are kept, read or not; a lower number deletes the records that are older."""
    config: Annotated[
        Mapping[Annotated[str, AfterValidator(setting_names(TOPIC_SETTINGS))], QuotedText], AfterValidator(known_values)
    ] = {}
    """More settings of the topic by their Kafka names, each with a text as value."""

    @property
    def kafka_config(self) -> dict[str, str]:
        """The topic's Kafka settings: no acknowledged record is lost while one replica is down."""
        own = {
            "min.insync.replicas": str(REPLICATION - 1),
            "retention.ms": str(self.retention_hours * 3_600_000),
        }
        return {**own, **self.config}


class StrimziPipeSettings(PipeSettings, frozen=True):
    """A pipe on Kafka in containers."""

    topic: StrimziTopicSettings = StrimziTopicSettings()
    """The topic's own settings."""


@dataclass(frozen=True, kw_only=True)
class StrimziTopicArgs:
    """What a topic on Kafka in containers is built from."""

    topic_name: str
    """The name of the topic, of the one consumer group that reads it, and of its user."""
    pipe: StrimziPipeSettings
    kafka: StrimziResource
    bootstrap_servers: Output[str]
    ca_certificate: Secret
    """The certificate of the authority that signs the brokers'."""
    platform: KubernetesPlatform
    protect: bool


class StrimziTopic(Topic):
    """A topic that Strimzi's operator makes and grows, and a user with a certificate who may read it and nothing else."""

    def __init__(self, name: str, args: StrimziTopicArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:kubernetes:StrimziTopic", name, None, opts)
        child = ResourceOptions(parent=self, provider=args.platform.provider)
        namespace = args.kafka.metadata.namespace.apply(str)
        made_in_cluster = ResourceOptions.merge(
            child,
            ResourceOptions(
                depends_on=[args.kafka], custom_timeouts=CustomTimeouts(create="10m", update="10m", delete="10m")
            ),
        )
        topic = strimzi_resource(
            f"{name}-topic",
            kind="KafkaTopic",
            name=args.topic_name,
            namespace=namespace,
            spec={
                "partitions": args.pipe.parallelism,
                "replicas": REPLICATION,
                "config": args.pipe.topic.kafka_config,
            },
            opts=ResourceOptions.merge(
                made_in_cluster,
                ResourceOptions(
                    protect=args.protect,
                    hooks=guard(
                        f"{name}-topic", f"pipes.{args.topic_name}.parallelism", "spec.partitions", kafka_partitions
                    ),
                ),
            ),
        )
        user = strimzi_resource(
            f"{name}-user",
            kind="KafkaUser",
            name=args.topic_name,
            namespace=namespace,
            spec=consumer_user(topic=args.topic_name, group=args.topic_name),
            opts=made_in_cluster,
        )
        certificate = made_secret(f"{name}-certificate", user.id, user, child)
        self.topic_name = topic.metadata.name.apply(str)
        self.partitions = topic.spec["partitions"].apply(int)
        connection = Connection(
            settings={
                "STREAM_SERVICE": "kafka",
                "STREAM_TOPIC": self.topic_name,
                "STREAM_GROUP": args.topic_name,
                "KAFKA_BOOTSTRAP_SERVERS": args.bootstrap_servers,
                "KAFKA_SECURITY_PROTOCOL": "SSL",
                "KAFKA_SSL_CA_LOCATION": str(FILES / "ca.crt"),
                "KAFKA_SSL_CERTIFICATE_LOCATION": str(FILES / "user.crt"),
                "KAFKA_SSL_KEY_LOCATION": str(FILES / "user.key"),
            },
            secrets={},
            files={
                FILES / "ca.crt": args.ca_certificate,
                FILES / "user.crt": secret_text(certificate, "user.crt"),
                FILES / "user.key": secret_text(certificate, "user.key"),
            },
            grants=[],
            destinations=[PodDestination(namespace=namespace, port=PORT)],
        )
        self.connections = {SHARED: connection}
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})
