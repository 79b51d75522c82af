"""Reads the topic for `prove` and `dev` from a stack's plan: its number of partitions and its settings."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from components.kafka.existing_topic import ExistingKafkaPipeSettings
from components.kafka.topic_settings import KafkaPipeSettings
from workbench.equation import Equation, topics
from workbench.plan import Plan
from workbench.recording.records import RecordedResource
from workbench.stack_file import StackFileError, read_settings

OF_TOPICS: Mapping[str, Callable[[RecordedResource], Mapping[str, str]]] = {
    "aws:msk/topic:Topic": lambda topic: json.loads(topic.inputs.get("configs", "{}")),
    "azure-native:eventhub:EventHub": lambda topic: _of_event_hub(topic.inputs.get("retentionDescription", {})),
}
"""Settings by Kafka's names, for types of topics that have others than their pipe says."""

MOST = 12
"""Maximum number of partitions and replicas on one machine."""
COPIES = frozenset({"min.insync.replicas"})
"""Topic settings that need more than one broker."""


@dataclass(frozen=True, kw_only=True)
class PlannedTopic:
    """Topic of a stack's first pipe. One that was there before has no settings here: its owner sets them."""

    stack: str
    pipe: str
    partitions: int
    config: Mapping[str, str]
    newer: bool
    """Whether the stack's consumers use the group protocol of KIP-848."""

    @property
    def config_here(self) -> Mapping[str, str]:
        """Settings of the topic on one broker."""
        return {name: value for name, value in self.config.items() if name not in COPIES}


def first_pipe(plan: Plan) -> tuple[Equation, list[RecordedResource]]:
    """Return a stack's first pipe with the resources that are its partitions. Raises StackFileError if the plan has problems."""
    stack_file = plan.stack_file
    if plan.problems:
        raise StackFileError(
            f"{stack_file.source}: the plan has problems. Run make plan STACK={stack_file.stack} and fix them."
        )
    pipe = plan.pipes[0]
    return pipe, topics(plan.recording, pipe.pipe, plan.counts)


def planned_topic(plan: Plan, runs: str = "prove runs Apache Kafka") -> PlannedTopic:
    """Return the topic of a stack's first pipe. Raises StackFileError, which says what runs, if it is not a Kafka topic."""
    stack_file = plan.stack_file
    pipe, (topic, *_) = first_pipe(plan)
    settings = read_settings(stack_file).pipes[pipe.pipe]
    if topic.type in OF_TOPICS:
        config = OF_TOPICS[topic.type](topic)
    elif isinstance(settings, KafkaPipeSettings):
        config = settings.topic.kafka_config
    elif isinstance(settings, ExistingKafkaPipeSettings):
        config = {}
    else:
        raise StackFileError(
            f"{stack_file.source}: the first pipe must have a Kafka topic, got {topic.type} ({runs}). Use a Kafka "
            "stack such as aws-msk-eks."
        )
    return PlannedTopic(
        stack=stack_file.stack,
        pipe=pipe.pipe,
        partitions=pipe.partitions,
        config=config,
        newer="KAFKA_GROUP_PROTOCOL" in json.dumps([resource.inputs for resource in plan.recording.resources]),
    )


def _of_event_hub(retention: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the settings of an event hub by Kafka's names."""
    hours, policy = retention.get("retentionTimeInHours"), retention.get("cleanupPolicy")
    return {
        **({"retention.ms": str(int(hours) * 3_600_000)} if hours else {}),
        **({"cleanup.policy": str(policy).lower()} if policy else {}),
    }
