"""Reads a Kafka topic, as one member of its consumer group."""

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
"""How often, and after how many seconds each, a member asks for its name in the group while that is another's: together more than
the session of a member that was killed lasts (Kafka, group.consumer.session.timeout.ms: 45 seconds)."""


class KafkaSource:
    """A topic of Kafka, or of a service with its protocol."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.settings = settings
        self.dead_letters = KafkaDeadLetters(settings, settings.dead_letters) if settings.dead_letters else None

    def run(self, delivery: Delivery) -> None:
        """Read and deliver until the delivery is to stop."""
        for _ in range(RELEASE_TRIES):
            try:
                KafkaMember(self.settings, delivery).read()
            except InstanceIdInUseError:
                LOGGER.warning("%s: waits until its name in the group is free", self.settings.topic)
                delivery.status.poll()
                if not delivery.stopping.wait(RELEASE_PAUSE):
                    continue
            except UnsupportedProtocolError:
                LOGGER.warning(
                    "%s: %s does not have the group protocol that KAFKA_GROUP_PROTOCOL=consumer asks for (Kafka 4.0, feature "
                    "group.version); goes on with the classic one",
                    self.settings.topic,
                    self.settings.brokers,
                )
                self.settings = self.settings.classic()
                continue
            return
        name = self.settings.membership.get("group.instance.id")
        raise ConsumerError(
            f"the group {self.settings.group} has another member {name!r} that is alive; KAFKA_GROUP_INSTANCE_ID must differ "
            "from replica to replica."
        )


def source(variables: Variables) -> KafkaSource:
    """The topic that the environment names."""
    return KafkaSource(read(variables))
