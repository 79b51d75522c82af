"""The pipe that `dev` runs: the topic of a stack's first pipe, and its consumers' variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.dead_letters import SUFFIX, DeadLetterSettings
from workbench.plan import Plan
from workbench.prove.stack import MOST, PlannedTopic, planned_topic
from workbench.stack_file import read_settings

OF_THE_CONSUMER = ("KAFKA_", "STREAM_")
"""Prefixes of the variables that configure the consumer. All others of the stack configure the handler: they name its databases and
APIs, so the handler gets its own ones of this machine instead."""


@dataclass(frozen=True, kw_only=True)
class DevPipe:
    """A pipe on this machine."""

    topic: PlannedTopic
    consumer: Mapping[str, str]
    """Variables of the stack file that configure the consumer."""
    dead_letter: DeadLetterSettings

    @property
    def partitions(self) -> int:
        """Number of partitions and consumers."""
        return min(self.topic.partitions, MOST)

    def dead_letters(self, topic: str) -> str | None:
        """Return the name of the topic of the dead letters. None if they are disabled."""
        return f"{topic}{SUFFIX}" if self.dead_letter.enabled else None

    def variables(self, topic: str) -> dict[str, str]:
        """Return the variables of the consumers of a topic, except those of its broker."""
        return {
            **self.consumer,
            "KAFKA_GROUP_PROTOCOL": "consumer",
            "STREAM_SERVICE": "kafka",
            "STREAM_TOPIC": topic,
            "STREAM_GROUP": topic,
            **{name: str(value) for name, value in self.dead_letter.variables(f"{topic}{SUFFIX}").items()},
        }


def dev_pipe(plan: Plan) -> DevPipe:
    """Return the first pipe of a stack. Raises StackFileError if its topic is not a Kafka topic."""
    topic = planned_topic(plan, command="dev")
    settings = read_settings(plan.stack_file).pipes[topic.pipe]
    of_topic: Any = getattr(settings, "topic")  # noqa: B009 - each Kafka service has its own class
    variables = settings.consumer.variables
    return DevPipe(
        topic=topic,
        consumer={name: value for name, value in variables.items() if name.startswith(OF_THE_CONSUMER)},
        dead_letter=of_topic.dead_letter,
    )
