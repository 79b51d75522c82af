"""What becomes of a record on Kafka that a pipe's consumers cannot handle: it goes to a topic of one partition."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from components.dead_letters import DeadLetterSettings
from components.kafka.config import LARGEST_INT

LARGEST_RECORD = 1_048_588
"""The bytes that a topic takes at once unless its max.message.bytes says otherwise (Apache Kafka, Topic Configs)."""

HEADERS = 65_536
"""The bytes that are left for what a record is told with when it is set aside: from where, why and after how many tries."""


class KafkaDeadLetterSettings(DeadLetterSettings, frozen=True):
    """What becomes of a record that the consumers cannot handle."""

    retention_hours: Annotated[int, Field(ge=1, le=87_600)] = 336
    """The hours that records set aside are kept, read or not; a lower number deletes those that are older."""

    def kafka_config(self, pipe: Mapping[str, str], *, largest: int = LARGEST_INT) -> dict[str, str]:
        """The settings of the topic: it has room for each record of the pipe's topic, whose settings are given, with its headers.

        `largest` is how many bytes the service lets a topic take at once.
        """
        room = int(pipe.get("max.message.bytes", LARGEST_RECORD)) + HEADERS
        return {
            "max.message.bytes": str(min(room, largest)),
            "retention.ms": str(self.retention_hours * 3_600_000),
        }
