"""The topics of an MSK cluster."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import pulumi_aws as aws
from pulumi import Output, ResourceOptions
from pydantic import AfterValidator, Field

from components.aws.msk_access import METHODS, consumer_grants
from components.aws.network import Network
from components.changes import guard, kafka_partitions
from components.contracts import SHARED, Connection, Destination, PipeSettings, Topic
from components.section import QuotedText, Section, unknown

TOPIC_SETTINGS = frozenset(
    [
        "cleanup.policy",
        "compression.type",
        "delete.retention.ms",
        "file.delete.delay.ms",
        "flush.messages",
        "flush.ms",
        "index.interval.bytes",
        "local.retention.bytes",
        "local.retention.ms",
        "max.compaction.lag.ms",
        "max.message.bytes",
        "message.timestamp.after.max.ms",
        "message.timestamp.before.max.ms",
        "message.timestamp.type",
        "min.cleanable.dirty.ratio",
        "min.compaction.lag.ms",
        "preallocate",
        "remote.storage.enable",
        "retention.bytes",
        "segment.bytes",
        "segment.index.bytes",
        "segment.jitter.ms",
        "segment.ms",
    ]
)
"""The settings of a topic that a pipe may choose (Apache Kafka, Topic Configs)."""

KEPT_SETTINGS = {
    "min.insync.replicas": "it follows from the number of brokers",
    "retention.ms": "retentionHours says it",
    "unclean.leader.election.enable": "a leader without all records would lose some that were acknowledged",
}


def _known_setting(name: str) -> str:
    if name in KEPT_SETTINGS:
        raise ValueError(f"is not for a pipe to set: {KEPT_SETTINGS[name]}; remove it")
    if name not in TOPIC_SETTINGS:
        raise ValueError(f"is not a setting of Kafka topics; {unknown(name, TOPIC_SETTINGS)}")
    return name


class MskTopicSettings(Section, frozen=True):
    """What a user may say of a topic on MSK."""

    retention_hours: Annotated[int, Field(ge=1, le=87_600)] = 168
    """The hours that records are kept, read or not; a lower number deletes the records that are older."""
    config: Mapping[Annotated[str, AfterValidator(_known_setting)], QuotedText] = {}
    """More settings of the topic by their Kafka names, each with a text as value."""

    def kafka_config(self, replication: int) -> dict[str, str]:
        """The topic's Kafka settings: no acknowledged record is lost while one replica is down."""
        own = {
            "min.insync.replicas": str(min_insync(replication)),
            "retention.ms": str(self.retention_hours * 3_600_000),
        }
        return {**own, **self.config}


class MskPipeSettings(PipeSettings, frozen=True):
    """A pipe on MSK."""

    topic: MskTopicSettings = MskTopicSettings()
    """The topic's own settings."""


def min_insync(replication: int) -> int:
    """How many replicas must have a record before it counts as written: all but one, so that one broker may be down."""
    return max(1, replication - 1)


@dataclass(frozen=True, kw_only=True)
class MskTopicArgs:
    """What a topic on MSK is built from."""

    topic_name: str
    """The name of the topic, and of the one consumer group that reads it."""
    pipe: MskPipeSettings
    network: Network
    cluster_arn: Output[str]
    bootstrap_servers: Output[str]
    replication: int
    protect: bool


class MskTopic(Topic):
    """A Kafka topic made through MSK's own API, so that whoever deploys needs no way to the brokers."""

    def __init__(self, name: str, args: MskTopicArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:MskTopic", name, None, opts)
        topic = aws.msk.Topic(
            f"{name}-topic",
            name=args.topic_name,
            cluster_arn=args.cluster_arn,
            partition_count=args.pipe.parallelism,
            replication_factor=args.replication,
            configs=json.dumps(args.pipe.topic.kafka_config(args.replication), sort_keys=True),
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                hooks=guard(
                    f"{name}-topic", f"pipes.{args.topic_name}.parallelism", "partitionCount", kafka_partitions
                ),
            ),
        )
        self.topic_name = topic.name
        self.partitions = topic.partition_count
        connection = Connection(
            settings={
                "AWS_REGION": args.network.account.region,
                "STREAM_SERVICE": "kafka",
                "STREAM_TOPIC": topic.name,
                "STREAM_GROUP": args.topic_name,
                "KAFKA_BOOTSTRAP_SERVERS": args.bootstrap_servers,
                "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
                "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
            },
            secrets={},
            files={},
            grants=consumer_grants(args.cluster_arn, topic.arn, args.topic_name),
            destinations=[Destination(cidr=args.network.cidr, port=METHODS["iam"].port)],
        )
        self.connections = {SHARED: connection}
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})
