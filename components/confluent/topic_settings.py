"""What a stack file may say of a pipe on Confluent Cloud."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from components.kafka.config import Limit, Limits, Whole
from components.kafka.dead_letters import KafkaDeadLetterSettings
from components.kafka.topic_settings import KEPT_SETTINGS, setting_names
from components.section import QuotedText, SettingsModel
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
"""The settings of a topic that Confluent Cloud lets one choose on every tier (Confluent Cloud, Cluster and topic configuration
settings)."""

LIMITS: Limits = {
    "delete.retention.ms": Limit(
        definition=Whole(0, 60_566_400_000),
        source="Confluent Cloud, Configuration Reference for Topics, read 2026-11-29",
    ),
    "segment.bytes": Limit(
        definition=Whole(50 * 1024**2, 1024**3), source="Confluent's TopicPolicyConfig, read 2026-11-29"
    ),
}
"""What Confluent Cloud accepts on every tier. The bounds of max.message.bytes depend on the tier; those of segment.ms and
max.compaction.lag.ms could not be read."""

MESSAGE_BYTES = "2097164"
"""The max.message.bytes of a topic that says nothing of it (Confluent Cloud, Cluster and topic configuration settings)."""

CONFLUENT_KEPT_SETTINGS = {**KEPT_SETTINGS, "min.insync.replicas": "Confluent Cloud sees to the copies itself"}


class ConfluentTopicSettings(SettingsModel, frozen=True):
    """What a user may say of a topic on Confluent Cloud."""

    retention_hours: Annotated[int, Field(ge=1, le=87_600)] = 168
    """The hours that records are kept, read or not; a lower number deletes the records that are older."""
    config: Mapping[
        Annotated[
            str,
            AfterValidator(
                setting_names(
                    CONFLUENT_TOPIC_SETTINGS,
                    what="a setting that Confluent Cloud lets a topic have",
                    kept=CONFLUENT_KEPT_SETTINGS,
                )
            ),
        ],
        QuotedText,
    ] = {}
    """More settings of the topic by their Kafka names, each with a text as value; one that was set can change and not be removed."""
    kafka_streams: bool = False
    """Whether the consumer is an application of Kafka Streams, whose application.id is the pipe's name: it may then create, use and
    delete the internal topics and transactional ids that begin with that name and a hyphen (Kafka Streams, Security)."""
    schema_registry: bool = False
    """Whether the consumer may read the schemas of the topic in the environment's Schema Registry."""
    dead_letter: KafkaDeadLetterSettings = KafkaDeadLetterSettings()
    """What becomes of records that the consumers cannot handle."""

    @property
    def kafka_config(self) -> dict[str, str]:
        """The topic's Kafka settings."""
        return {"retention.ms": str(self.retention_hours * 3_600_000), **self.config}

    def dead_letter_config(self, largest: int) -> dict[str, str]:
        """The Kafka settings of the dead letters' topic, in a cluster that takes so many bytes at once."""
        return self.dead_letter.kafka_config({"max.message.bytes": MESSAGE_BYTES, **self.config}, largest=largest)


class ConfluentPipeSettings(PipeSettings, frozen=True):
    """A pipe on Confluent Cloud."""

    topic: ConfluentTopicSettings = ConfluentTopicSettings()
    """The topic's own settings."""

    @property
    def partitions(self) -> int:
        """The partitions of the topic, and the one of its dead letters."""
        return self.parallelism + (1 if self.topic.dead_letter.enabled else 0)
