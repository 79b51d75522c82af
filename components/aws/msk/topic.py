"""Topics of an MSK cluster."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import pulumi_aws as aws
from pulumi import Input, Output, ResourceHookBinding, ResourceOptions
from pydantic import AfterValidator, model_validator
from typing_extensions import override

from components.aws.msk.access import METHODS, consumer_grants, dead_letter_grants, redrive_grants
from components.aws.msk.brokers import min_insync
from components.aws.msk.changes import topic_hooks
from components.aws.msk.scram import MskScramUser
from components.aws.msk.signals import topic_signals
from components.aws.network.network import Network
from components.consumer_group import consumer_group
from components.contracts import SHARED, Connection, EgressRule, Topic
from components.dead_letters import SUFFIX
from components.kafka.config import LARGEST_INT, LARGEST_LONG, Limit, Limits, Whole
from components.kafka.dead_letters import RetentionHours, milliseconds
from components.kafka.existing_topic import ExistingKafkaPipeSettings
from components.kafka.topic_settings import (
    RESERVED_SETTINGS,
    TOPIC_SETTINGS,
    KafkaPipeSettings,
    KafkaTopicSettings,
    allowed_names,
)
from components.redrive import redrive_connection, redrive_group
from components.section import QuotedText

MSK_TOPIC_SETTINGS = TOPIC_SETTINGS | {"local.retention.bytes"}
"""Topic settings that a pipe may choose (Apache Kafka, Topic Configs)."""

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
"""Topic settings that Express brokers accept (MSK, Topic-level configurations on Express brokers)."""

EXPRESS_LIMITS: Limits = {
    "max.compaction.lag.ms": Limit(
        definition=Whole(86_400_000, LARGEST_LONG), source="MSK, Topic-level configurations on Express brokers"
    )
}
"""Express brokers compact a topic at most once a day."""

TIER_SOURCE = "MSK, Guidelines for tiered storage topic-level configuration, read 2026-11-29"

TIERED_LIMITS: Limits = {
    "segment.bytes": Limit(definition=Whole(48 * 1024**2, LARGEST_INT), source=TIER_SOURCE),
    "segment.ms": Limit(definition=Whole(600_000, LARGEST_LONG), source=TIER_SOURCE),
}
"""MSK rejects small segments, because it moves each one to the low-cost tier separately."""

TIERED_HOURS = 72
"""Minimum retentionHours of a topic with localRetentionHours (MSK, Guidelines for tiered storage topic-level configuration)."""

MSK_RESERVED_SETTINGS = {
    **RESERVED_SETTINGS,
    "local.retention.ms": "set localRetentionHours instead",
    "remote.storage.enable": "set localRetentionHours instead",
}


class MskTopicSettings(KafkaTopicSettings, frozen=True):
    """Settings of a topic on MSK."""

    config: Mapping[
        Annotated[str, AfterValidator(allowed_names(MSK_TOPIC_SETTINGS, reserved=MSK_RESERVED_SETTINGS))], QuotedText
    ] = {}
    """More topic settings by their Kafka names. Each value is a text."""
    local_retention_hours: RetentionHours | None = None
    """The hours after which records move from the brokers' disks to the low-cost tier. It requires tieredStorage.

    By default, records stay on the disks until they are deleted. It can be changed later, but not removed.
    """

    @model_validator(mode="after")
    def _check_local_retention(self) -> "MskTopicSettings":
        local = self.local_retention_hours
        if local is None and "local.retention.bytes" in self.config:
            raise ValueError(
                "config local.retention.bytes has no effect without localRetentionHours. Set localRetentionHours, or remove local.retention.bytes."
            )
        if local is not None and local >= self.retention_hours:
            raise ValueError(
                f"localRetentionHours must be less than retentionHours, which is {self.retention_hours}, got {local} "
                "(MSK, Tiered storage topic-level configuration). Lower localRetentionHours, or raise retentionHours."
            )
        if local is not None and "compact" in self.config.get("cleanup.policy", ""):
            raise ValueError(
                "localRetentionHours cannot be used with cleanup.policy compact, because compacted topics stay on the brokers' disks "
                "(MSK, Tiered storage). Remove one of the two."
            )
        return self

    @property
    @override
    def kafka_config(self) -> dict[str, str]:
        """Kafka settings of the topic, except the number of in-sync copies."""
        if self.local_retention_hours is None:
            return super().kafka_config
        tier = {"remote.storage.enable": "true", "local.retention.ms": milliseconds(self.local_retention_hours)}
        return {**super().kafka_config, **tier}


class MskPipeSettings(KafkaPipeSettings, frozen=True):
    """A pipe on MSK."""

    topic: MskTopicSettings = MskTopicSettings()
    """The topic's settings."""


MskPipeT = TypeVar("MskPipeT", MskPipeSettings, ExistingKafkaPipeSettings)


@dataclass(frozen=True, kw_only=True)
class MskTopicArgs(Generic[MskPipeT]):
    """Arguments of MskTopic."""

    pipe_name: str
    pipe: MskPipeT
    network: Network
    brokers_cidr: Input[str]
    """IPv4 range that contains the brokers."""
    cluster_name: Output[str]
    cluster_arn: Output[str]
    bootstrap_servers: Output[str]
    """Broker addresses for the consumers' authentication method."""
    group_protocol: Mapping[str, Input[str]]
    """Environment variables of the consumers' group protocol."""
    replication: Input[int]
    express: Input[bool]
    user: MskScramUser | None
    """SCRAM user of the consumers. None if they authenticate with their IAM identity."""
    protect: bool


class ReadTopic(Topic, ABC, Generic[MskPipeT]):
    """A Kafka topic that consumers read, and its dead-letter topic.

    The MSK API makes topics, so the deployer needs no network access to the brokers.

    Both kinds of topics have one type token, so the dead letters stay if a pipe changes from one kind to the other.
    """

    def __init__(self, name: str, args: MskTopicArgs[MskPipeT], opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:MskTopic", name, None, opts)
        self.args = args
        settings = args.pipe.topic
        topic = self._source(name)
        dead_letters = None
        if settings.dead_letter.enabled:
            dead_letters = self._topic(
                f"{name}-dead-letters",
                topic_name=f"{args.pipe_name}{SUFFIX}",
                partitions=1,
                config=self._dead_letter_config(topic),
            )
        self.topic_name = topic.name
        self.partitions = topic.partition_count
        connection = self._connection(topic, dead_letters)
        self.connections = {SHARED: connection}
        if dead_letters and settings.dead_letter.redrive:
            grants = redrive_grants(
                args.cluster_arn,
                topic_arn=topic.arn,
                dead_letters_arn=dead_letters.arn,
                group=redrive_group(consumer_group(args.pipe_name, args.pipe)),
            )
            self.redrive = redrive_connection(connection, grants)
        self.signals = topic_signals(args.pipe_name, args.pipe, args.cluster_name, self._source_name)
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})

    @property
    def _source_name(self) -> str:
        """Return the name of the topic: that of the pipe."""
        return self.args.pipe_name

    @abstractmethod
    def _source(self, name: str) -> aws.msk.Topic:
        """Make or read the topic of the component with this name."""

    @abstractmethod
    def _dead_letter_config(self, topic: aws.msk.Topic) -> Input[Mapping[str, str]]:
        """Return the Kafka settings of the dead-letter topic. Each record of the topic fits with its headers."""

    def _topic(
        self,
        resource_name: str,
        *,
        topic_name: str,
        partitions: int,
        config: Input[Mapping[str, str]],
        hooks: ResourceHookBinding | None = None,
    ) -> aws.msk.Topic:
        """Make a topic that loses no acknowledged record while one copy is down.

        Express brokers ensure this themselves (MSK, Topic-level configurations on Express brokers).
        """
        args = self.args

        def configs(known: Mapping[str, Any]) -> str:
            in_sync = {} if known["express"] else {"min.insync.replicas": str(min_insync(known["replication"]))}
            return json.dumps({**in_sync, **known["config"]}, sort_keys=True)

        return aws.msk.Topic(
            resource_name,
            name=topic_name,
            cluster_arn=args.cluster_arn,
            partition_count=partitions,
            replication_factor=args.replication,
            configs=Output.all(express=args.express, replication=args.replication, config=config).apply(configs),
            opts=ResourceOptions(parent=self, protect=args.protect, hooks=hooks),
        )

    def _connection(self, topic: aws.msk.Topic, dead_letters: aws.msk.Topic | None) -> Connection:
        """Return how the pipe's consumers reach the topic and its dead letters."""
        args = self.args
        user = args.user
        group = consumer_group(args.pipe_name, args.pipe)
        settings = {
            "AWS_REGION": args.network.account.region,
            "STREAM_SERVICE": "kafka",
            "STREAM_TOPIC": topic.name,
            "STREAM_GROUP": group,
            "KAFKA_BOOTSTRAP_SERVERS": args.bootstrap_servers,
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            **args.group_protocol,
            **(user.settings if user else {"KAFKA_SASL_MECHANISM": "OAUTHBEARER"}),
        }
        grants = consumer_grants(args.cluster_arn, topic.arn, group)
        if dead_letters:
            settings |= args.pipe.topic.dead_letter.variables(dead_letters.name)
            grants += dead_letter_grants(args.cluster_arn, dead_letters.arn)
        return Connection(
            settings=settings,
            secrets=user.secrets if user else {},
            files={},
            grants=[] if user else grants,
            egress_rules=[EgressRule(cidr=args.brokers_cidr, port=METHODS["scram" if user else "iam"].port)],
        )


class MskTopic(ReadTopic[MskPipeSettings]):
    """A topic that the program makes."""

    @override
    def _source(self, name: str) -> aws.msk.Topic:
        pipe = self.args.pipe
        resource_name = f"{name}-topic"
        return self._topic(
            resource_name,
            topic_name=self.args.pipe_name,
            partitions=pipe.parallelism,
            config=pipe.topic.kafka_config,
            hooks=topic_hooks(resource_name, self.args.pipe_name),
        )

    @override
    def _dead_letter_config(self, topic: aws.msk.Topic) -> Mapping[str, str]:
        return self.args.pipe.topic.dead_letter_config()
