"""Settings of a pipe on Confluent Cloud."""

from collections.abc import Iterator, Mapping
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from components.consumer_group import consumer_group
from components.kafka.config import Limit, Limits, Whole
from components.kafka.existing_topic import ExistingKafkaPipeSettings, ExistingKafkaTopicSettings
from components.kafka.topic_settings import RESERVED_SETTINGS, KafkaPipeSettings, KafkaTopicSettings, allowed_names
from components.section import ConfigError, QuotedText
from components.settings_bases import PipeSettings

CONFLUENT_TOPIC_SETTINGS = frozenset(
    [
        "cleanup.policy",
        "delete.retention.ms",
        "max.compaction.lag.ms",
        "max.message.bytes",
        "message.timestamp.after.max.ms",
        "message.timestamp.before.max.ms",
        "message.timestamp.type",
        "min.compaction.lag.ms",
        "retention.bytes",
        "segment.bytes",
        "segment.ms",
    ]
)
"""Topic settings that Confluent Cloud accepts on every tier (Confluent Cloud, Cluster and topic configuration settings)."""

LIMITS: Limits = {
    "delete.retention.ms": Limit(
        definition=Whole(0, 60_566_400_000),
        source="Confluent Cloud, Configuration Reference for Topics, read 2026-11-29",
    ),
    "segment.bytes": Limit(
        definition=Whole(50 * 1024**2, 1024**3), source="Confluent's TopicPolicyConfig, read 2026-11-29"
    ),
}
"""Limits on every tier. Those of max.message.bytes depend on the tier. Those of segment.ms and max.compaction.lag.ms are not
published."""


MESSAGE_BYTES = 2_097_164
"""max.message.bytes of a topic that does not set it (Confluent Cloud, Cluster and topic configuration settings)."""


class ConfluentTopicSettings(KafkaTopicSettings, frozen=True):
    """Settings of a topic on Confluent Cloud."""

    default_message_bytes = MESSAGE_BYTES
    """Confluent Cloud's own default."""

    config: Mapping[
        Annotated[
            str,
            AfterValidator(
                allowed_names(
                    CONFLUENT_TOPIC_SETTINGS,
                    what="a topic setting that Confluent Cloud accepts",
                    reserved={**RESERVED_SETTINGS, "min.insync.replicas": "Confluent Cloud manages the copies"},
                )
            ),
        ],
        QuotedText,
    ] = {}
    """More topic settings by their Kafka names. Each value is a string. A setting can be changed later, but not removed."""
    kafka_streams: bool = False
    """Whether the consumer is a Kafka Streams application. Its application.id is consumer.group, by default the pipe's name. It
    may create, use and delete the internal topics and transactional ids that begin with that name and a hyphen (Kafka Streams, Security)."""
    schema_registry: bool = False
    """Whether the consumer may read the topic's schemas in the environment's Schema Registry."""


class ConfluentPipeSettings(KafkaPipeSettings, frozen=True):
    """A pipe on Confluent Cloud."""

    topic: ConfluentTopicSettings = ConfluentTopicSettings()
    """The topic's settings."""


class ExistingConfluentTopicSettings(ExistingKafkaTopicSettings, frozen=True):
    """Settings of a topic on Confluent Cloud that was there before."""

    kafka_streams: bool = False
    """Whether the consumer is a Kafka Streams application. Its application.id is consumer.group, by default the pipe's name. It
    may create, use and delete the internal topics and transactional ids that begin with that name and a hyphen (Kafka Streams, Security)."""
    schema_registry: bool = False
    """Whether the consumer may read the topic's schemas in the environment's Schema Registry."""


class ExistingConfluentPipeSettings(ExistingKafkaPipeSettings, frozen=True):
    """A pipe on Confluent Cloud whose topic was there before. The program makes its dead-letter topic and its consumers."""

    topic: ExistingConfluentTopicSettings
    """The topic's settings."""


ConfluentPipe: TypeAlias = ConfluentPipeSettings | ExistingConfluentPipeSettings
"""A pipe on Confluent Cloud, whose topic is made or was there before."""


def streams_errors(pipes: Mapping[str, PipeSettings]) -> Iterator[ConfigError]:
    """Yield Kafka Streams applications that could delete the topics of another pipe."""
    for name, pipe in pipes.items():
        prefix = f"{consumer_group(name, pipe)}-"
        others = sorted(other for other in pipes if other.startswith(prefix))
        if isinstance(pipe, ConfluentPipe) and pipe.topic.kafka_streams and others:
            text = (
                f"cannot be true if a pipe's name begins with {prefix}, got {others[0]} (the consumer may delete all topics with that prefix, which "
                "Kafka Streams uses for internal topics). Rename the pipe, set another consumer.group, or remove kafkaStreams."
            )
            yield ConfigError(path=("pipes", name, "topic", "kafkaStreams"), text=text)
