"""Dead letters on Kafka: a topic with one partition for the records that a pipe's consumers cannot process."""

from typing import Annotated

from pydantic import Field

from components.dead_letters import DeadLetterSettings
from components.kafka.config import LARGEST_INT

HEADER_BYTES = 65_536
"""Bytes reserved for the headers of a dead letter: its origin, the error and the number of attempts."""

RetentionHours = Annotated[int, Field(ge=1, le=87_600)]
"""Hours that a topic keeps records, at most ten years."""


class KafkaDeadLetterSettings(DeadLetterSettings, frozen=True):
    """The handling of records that the consumers cannot process."""

    retention_hours: RetentionHours = 336
    """The hours that dead letters are kept, read or not. A lower number deletes older ones."""

    def kafka_config(self, message_bytes: int, *, largest: int = LARGEST_INT) -> dict[str, str]:
        """Return the Kafka settings of the dead-letter topic.

        Each record of the pipe's topic fits with its headers. `message_bytes` is that topic's max.message.bytes, `largest` the
        service's limit for it.
        """
        return {
            "max.message.bytes": str(min(message_bytes + HEADER_BYTES, largest)),
            "retention.ms": milliseconds(self.retention_hours),
        }


def milliseconds(hours: int) -> str:
    """Return hours as a Kafka setting in milliseconds."""
    return str(hours * 3_600_000)
