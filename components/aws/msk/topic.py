"""The topics of an MSK cluster."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import pulumi_aws as aws
from pulumi import Output, ResourceOptions
from pydantic import AfterValidator, Field, model_validator

from components.aws.msk.access import METHODS, consumer_grants, dead_letter_grants
from components.aws.msk.brokers import min_insync
from components.aws.msk.changes import topic_hooks
from components.aws.msk.scram import MskScramUser
from components.aws.network.network import Network
from components.contracts import SHARED, Connection, EgressRule, Topic
from components.dead_letters import SUFFIX
from components.kafka.config import LARGEST_INT, LARGEST_LONG, Limit, Limits, Whole
from components.kafka.dead_letters import KafkaDeadLetterSettings
from components.kafka.topic_settings import KEPT_SETTINGS, TOPIC_SETTINGS, group_protocol, setting_names
from components.section import QuotedText, SettingsModel
from components.settings_bases import PipeSettings

MSK_TOPIC_SETTINGS = TOPIC_SETTINGS | {"local.retention.bytes"}
"""The settings of a topic that a pipe may choose (Apache Kafka, Topic Configs)."""

EXPRESS_SETTINGS = frozenset(
    [
        "cleanup.policy",
        "compression.type",
        "delete.retention.ms",
        "max.compaction.lag.ms",
        "max.message.bytes",
        "message.timestamp.after.max.ms",
        "message.timestamp.before.max.ms",
        "message.timestamp.type",
        "min.compaction.lag.ms",
        "retention.bytes",
    ]
)
"""Those of them that Express brokers let one choose (MSK, Topic-level configurations on Express brokers)."""

EXPRESS_LIMITS: Limits = {
    "max.compaction.lag.ms": Limit(
        definition=Whole(86_400_000, LARGEST_LONG), source="MSK, Topic-level configurations on Express brokers"
    )
}
"""Express brokers compact a topic once a day at most."""

TIER_SOURCE = "MSK, Guidelines for tiered storage topic-level configuration, read 2026-11-29"

TIERED_LIMITS: Limits = {
    "segment.bytes": Limit(definition=Whole(48 * 1024**2, LARGEST_INT), source=TIER_SOURCE),
    "segment.ms": Limit(definition=Whole(600_000, LARGEST_LONG), source=TIER_SOURCE),
}
"""Segments go to the low-cost tier one by one, so MSK refuses small ones."""

TIERED_HOURS = 72
"""The least hours that a topic with a low-cost tier keeps its records (MSK, Guidelines for tiered storage topic-level configuration)."""

MSK_KEPT_SETTINGS = {
    **KEPT_SETTINGS,
    "local.retention.ms": "localRetentionHours says it",
    "remote.storage.enable": "localRetentionHours says it",
}


class MskTopicSettings(SettingsModel, frozen=True):
    """What a user may say of a topic on MSK."""

    retention_hours: Annotated[int, Field(ge=1, le=87_600)] = 168
    """The hours that records are kept, read or not; a lower number deletes the records that are older."""
    local_retention_hours: Annotated[int, Field(ge=1, le=87_600)] | None = None
    """The hours after which records leave the brokers' disks for the low-cost tier, where the cluster has tieredStorage.

    By default they stay on the disks until they are deleted. Once set, it can change and not be removed.
    """
    config: Mapping[
        Annotated[str, AfterValidator(setting_names(MSK_TOPIC_SETTINGS, kept=MSK_KEPT_SETTINGS))], QuotedText
    ] = {}
    """More settings of the topic by their Kafka names, each with a text as value."""
    dead_letter: KafkaDeadLetterSettings = KafkaDeadLetterSettings()
    """What becomes of records that the consumers cannot handle."""

    @model_validator(mode="after")
    def _leaves_the_disks_in_time(self) -> "MskTopicSettings":
        local = self.local_retention_hours
        if local is None and "local.retention.bytes" in self.config:
            raise ValueError(
                "config local.retention.bytes would have no effect without localRetentionHours; set that too, or remove it"
            )
        if local is not None and local >= self.retention_hours:
            raise ValueError(
                f"localRetentionHours must be less than retentionHours, which is {self.retention_hours}, not {local}: records leave the "
                "disks before they are deleted (MSK, Tiered storage topic-level configuration); lower it, raise retentionHours or remove it"
            )
        if local is not None and "compact" in self.config.get("cleanup.policy", ""):
            raise ValueError(
                "localRetentionHours cannot go with cleanup.policy compact, since compacted topics stay on the brokers' disks "
                "(MSK, Tiered storage); remove one of the two"
            )
        return self

    def kafka_config(self, replication: int, *, express: bool) -> dict[str, str]:
        """The topic's Kafka settings: no acknowledged record is lost while one replica is down.

        Express brokers see to that themselves (MSK, Topic-level configurations on Express brokers).
        """
        own = {"retention.ms": _milliseconds(self.retention_hours), **_insync(replication, express=express)}
        if self.local_retention_hours is not None:
            own |= {"remote.storage.enable": "true", "local.retention.ms": _milliseconds(self.local_retention_hours)}
        return {**own, **self.config}

    def dead_letter_config(self, replication: int, *, express: bool) -> dict[str, str]:
        """The Kafka settings of the topic of dead letters, which loses no acknowledged record either."""
        return {**self.dead_letter.kafka_config(self.config), **_insync(replication, express=express)}


def _insync(replication: int, *, express: bool) -> dict[str, str]:
    return {} if express else {"min.insync.replicas": str(min_insync(replication))}


def _milliseconds(hours: int) -> str:
    return str(hours * 3_600_000)


class MskPipeSettings(PipeSettings, frozen=True):
    """A pipe on MSK."""

    topic: MskTopicSettings = MskTopicSettings()
    """The topic's own settings."""


@dataclass(frozen=True, kw_only=True)
class MskTopicArgs:
    """What a topic on MSK is built from."""

    topic_name: str
    """The name of the topic, and of the one consumer group that reads it."""
    pipe: MskPipeSettings
    network: Network
    cluster_arn: Output[str]
    bootstrap_servers: Output[str]
    """The brokers, by the addresses for the method that the consumers use."""
    version: str
    """The brokers' version, which says how consumers share partitions."""
    replication: int
    express: bool
    user: MskScramUser | None
    """The user that the consumers are to the brokers; without one they show their IAM identity."""
    protect: bool


class MskTopic(Topic):
    """A Kafka topic made through MSK's own API, so that whoever deploys needs no way to the brokers, and one of its dead letters."""

    def __init__(self, name: str, args: MskTopicArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:MskTopic", name, None, opts)
        self.name = name
        self.args = args
        topic = aws.msk.Topic(
            f"{name}-topic",
            name=args.topic_name,
            cluster_arn=args.cluster_arn,
            partition_count=args.pipe.parallelism,
            replication_factor=args.replication,
            configs=json.dumps(args.pipe.topic.kafka_config(args.replication, express=args.express), sort_keys=True),
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                hooks=topic_hooks(f"{name}-topic", args.topic_name),
            ),
        )
        self.topic_name = topic.name
        self.partitions = topic.partition_count
        self.connections = {SHARED: self._connection(topic, self._dead_letters())}
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})

    def _dead_letters(self) -> aws.msk.Topic | None:
        args = self.args
        settings = args.pipe.topic
        if not settings.dead_letter.enabled:
            return None
        return aws.msk.Topic(
            f"{self.name}-dead-letters",
            name=f"{args.topic_name}{SUFFIX}",
            cluster_arn=args.cluster_arn,
            partition_count=1,
            replication_factor=args.replication,
            configs=json.dumps(settings.dead_letter_config(args.replication, express=args.express), sort_keys=True),
            opts=ResourceOptions(parent=self, protect=args.protect),
        )

    def _connection(self, topic: aws.msk.Topic, dead_letters: aws.msk.Topic | None) -> Connection:
        """How the pipe's consumers reach the topic, and where they set records aside."""
        args = self.args
        user = args.user
        settings = {
            "AWS_REGION": args.network.account.region,
            "STREAM_SERVICE": "kafka",
            "STREAM_TOPIC": topic.name,
            "STREAM_GROUP": args.topic_name,
            "KAFKA_BOOTSTRAP_SERVERS": args.bootstrap_servers,
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            **group_protocol(args.version),
            **(user.settings if user else {"KAFKA_SASL_MECHANISM": "OAUTHBEARER"}),
        }
        grants = consumer_grants(args.cluster_arn, topic.arn, args.topic_name)
        if dead_letters:
            settings |= args.pipe.topic.dead_letter.variables(dead_letters.name)
            grants += dead_letter_grants(args.cluster_arn, dead_letters.arn)
        return Connection(
            settings=settings,
            secrets=user.secrets if user else {},
            files={},
            grants=[] if user else grants,
            egress_rules=[EgressRule(cidr=args.network.cidr, port=METHODS["scram" if user else "iam"].port)],
        )
