"""Settings of a Kafka topic that every Kafka service shares, and how consumers share partitions."""

from collections.abc import Callable, Mapping, Set
from typing import Annotated, ClassVar

from pydantic import AfterValidator
from typing_extensions import override

from components.kafka.config import DEFINITIONS, LARGEST_INT
from components.kafka.dead_letters import KafkaDeadLetterSettings, RetentionHours, milliseconds
from components.section import QuotedText, SettingsModel, unknown
from components.settings_bases import PipeSettings

TOPIC_SETTINGS = DEFINITIONS.keys() - {"local.retention.bytes"}
"""Topic settings that a pipe may choose on a service without tiered storage."""

RESERVED_SETTINGS: Mapping[str, str] = {
    "min.insync.replicas": "it follows from the number of copies",
    "retention.ms": "set retentionHours instead",
    "unclean.leader.election.enable": "acknowledged records would be lost",
}
"""Topic settings that the program sets, so no pipe may, and the reason."""

CONSUMER_PROTOCOL_RELEASE = 4
"""The first major version whose brokers assign partitions to the members of a group (KIP-848)."""


def allowed_names(
    known: Set[str], *, what: str = "a Kafka topic setting", reserved: Mapping[str, str] = RESERVED_SETTINGS
) -> Callable[[str], str]:
    """Return a validator that accepts the known setting names and rejects reserved and unknown ones."""

    def check(name: str) -> str:
        if name in reserved:
            raise ValueError(f"cannot be set by a pipe ({reserved[name]}). Remove it.")
        if name not in known:
            raise ValueError(f"is not {what}. {unknown(name, known)}")
        return name

    return check


class KafkaTopicSettings(SettingsModel, frozen=True):
    """Settings of a Kafka topic."""

    min_insync_replicas: ClassVar[int | None] = None
    """Copies that must have a record before it is acknowledged. None if the service sets this."""
    default_message_bytes: ClassVar[int] = 1_048_588
    """max.message.bytes of a topic that does not set it (Apache Kafka, Topic Configs)."""

    retention_hours: RetentionHours = 168
    """The hours that records are kept, read or not. A lower number deletes older records."""
    config: Mapping[Annotated[str, AfterValidator(allowed_names(TOPIC_SETTINGS))], QuotedText] = {}
    """More topic settings by their Kafka names. Each value is a string."""
    dead_letter: KafkaDeadLetterSettings = KafkaDeadLetterSettings()
    """The handling of records that the consumers cannot process."""

    @property
    def kafka_config(self) -> dict[str, str]:
        """Kafka settings of the topic."""
        return {**self._durability(), "retention.ms": milliseconds(self.retention_hours), **self.config}

    def dead_letter_config(self, largest: int = LARGEST_INT) -> dict[str, str]:
        """Return the Kafka settings of the dead-letter topic; `largest` is the service's limit for max.message.bytes."""
        message_bytes = int(self.config.get("max.message.bytes", self.default_message_bytes))
        return {**self._durability(), **self.dead_letter.kafka_config(message_bytes, largest=largest)}

    def _durability(self) -> dict[str, str]:
        return {} if self.min_insync_replicas is None else {"min.insync.replicas": str(self.min_insync_replicas)}


class KafkaPipeSettings(PipeSettings, frozen=True):
    """A pipe on Kafka."""

    topic: KafkaTopicSettings

    @property
    @override
    def kept_minutes(self) -> int | None:
        """Return the minutes that the topic keeps records. None if it is compacted without deletion by age."""
        deletes = "delete" in self.topic.config.get("cleanup.policy", "delete")
        return self.topic.retention_hours * 60 if deletes else None

    @property
    def partitions(self) -> int:
        """Partitions of the topic, plus the one of its dead letters."""
        return self.parallelism + (1 if self.topic.dead_letter.enabled else 0)


def group_protocol(version: str) -> dict[str, str]:
    """Return the consumers' group protocol setting for a broker version such as 4.1.2 or 4.1.x.kraft.

    From 4.0 on, brokers assign partitions (Apache Kafka, Consumer Rebalance Protocol). Older brokers leave this to the consumers,
    which is the consumers' default.
    """
    return {"KAFKA_GROUP_PROTOCOL": "consumer"} if consumer_protocol(version) == "consumer" else {}


def consumer_protocol(version: str) -> str:
    """Return the group protocol for a broker version: consumer, or classic before 4.0."""
    major = int(version.split(".", maxsplit=1)[0])
    return "consumer" if major >= CONSUMER_PROTOCOL_RELEASE else "classic"
