"""Settings of the pipes on Kafka in containers."""

from components.kafka.topic_settings import KafkaPipeSettings, KafkaTopicSettings
from components.kubernetes.strimzi.settings import REPLICATION


class StrimziTopicSettings(KafkaTopicSettings, frozen=True):
    """Settings of a topic on Kafka in containers."""

    min_insync_replicas = REPLICATION - 1


class StrimziPipeSettings(KafkaPipeSettings, frozen=True):
    """A pipe on Kafka in containers."""

    topic: StrimziTopicSettings = StrimziTopicSettings()
    """The topic's settings."""
