"""Kafka source: reads a topic as one member of its consumer group."""

import logging

from consumer.delivery import Delivery
from consumer.errors import ConsumerError
from consumer.kafka.dead_letters import KafkaDeadLetters
from consumer.kafka.faults import InstanceIdInUseError, UnsupportedProtocolError
from consumer.kafka.member import KafkaMember
from consumer.kafka.settings import KafkaSettings, read
from consumer.variables import Variables

LOGGER = logging.getLogger(__name__)

RELEASE_TRIES, RELEASE_PAUSE = 12, 5.0
"""Number of attempts to join with an instance ID that is in use, and the seconds between them. Together they are longer
than the session timeout of a killed member (Kafka, group.consumer.session.timeout.ms: 45 seconds)."""


class KafkaSource:
    """Topic of Kafka, or of a service with the Kafka protocol."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.settings = settings
        self.dead_letters = KafkaDeadLetters(settings, settings.dead_letters) if settings.dead_letters else None

    def run(self, delivery: Delivery) -> None:
        """Read and deliver until the delivery is stopped."""
        for _ in range(RELEASE_TRIES):
            try:
                KafkaMember(self.settings, delivery).read()
            except InstanceIdInUseError:
                LOGGER.warning(
                    "%s: KAFKA_GROUP_INSTANCE_ID is still in use by another member; waiting until its session expires",
                    self.settings.topic,
                )
                delivery.status.poll()
                if not delivery.stopping.wait(RELEASE_PAUSE):
                    continue
            except UnsupportedProtocolError:
                LOGGER.warning(
                    "%s: %s does not support KAFKA_GROUP_PROTOCOL=consumer (requires Kafka 4.0 with the feature "
                    "group.version); using the classic protocol",
                    self.settings.topic,
                    self.settings.brokers,
                )
                self.settings = self.settings.classic()
                continue
            return
        name = self.settings.membership.get("group.instance.id")
        raise ConsumerError(
            f"KAFKA_GROUP_INSTANCE_ID: must be different for each replica, got {name!r} (another live member of the group "
            f"{self.settings.group} uses it)."
        )


def source(variables: Variables) -> KafkaSource:
    """Return the source for the topic that the environment names."""
    return KafkaSource(read(variables))
