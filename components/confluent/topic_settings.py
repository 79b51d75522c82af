"""Settings of a pipe on Confluent Cloud."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

from components.kafka.config import Limit, Limits, Whole
from components.kafka.topic_settings import RESERVED_SETTINGS, KafkaPipeSettings, KafkaTopicSettings, allowed_names
from components.section import QuotedText

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


class ConfluentTopicSettings(KafkaTopicSettings, frozen=True):
    """Settings of a topic on Confluent Cloud."""

    default_message_bytes = 2_097_164
    """Confluent Cloud's own default (Confluent Cloud, Cluster and topic configuration settings)."""

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
