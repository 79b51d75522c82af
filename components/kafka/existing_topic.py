"""Settings of a Kafka topic that was there before the stack."""

from typing import TypeAlias

from components.kafka.config import LARGEST_INT
from components.kafka.dead_letters import KafkaDeadLetterSettings
from components.kafka.topic_settings import KafkaPipeSettings
from components.settings_bases import ExistingPipeSettings, ExistingTopicSettings

MESSAGE_BYTES = 1_048_588
"""max.message.bytes of a topic that does not set it (Apache Kafka, Topic Configs)."""


class ExistingKafkaTopicSettings(ExistingTopicSettings, frozen=True):
    """Settings of a Kafka topic that was there before."""

    dead_letter: KafkaDeadLetterSettings = KafkaDeadLetterSettings()
    """The handling of records that the consumers cannot process. Their topic is made by the program; it has the name of the pipe with
    the suffix .dead-letters."""

    def dead_letter_config(self, message_bytes: int = MESSAGE_BYTES, *, largest: int = LARGEST_INT) -> dict[str, str]:
        """Return the Kafka settings of the dead-letter topic. `message_bytes` is max.message.bytes of the existing topic."""
        return self.dead_letter.kafka_config(message_bytes, largest=largest)


class ExistingKafkaPipeSettings(ExistingPipeSettings, frozen=True):
    """A pipe whose Kafka topic was there before. The program makes its dead-letter topic and its consumers."""

    topic: ExistingKafkaTopicSettings
    """The topic's settings."""


KafkaPipe: TypeAlias = KafkaPipeSettings | ExistingKafkaPipeSettings
"""A pipe on Kafka, whose topic is made or was there before."""
