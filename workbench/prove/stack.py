"""What a stack says of the topic that `prove` makes: its number of partitions and its settings, taken from the plan."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.equation import topics
from workbench.plan import Plan
from workbench.recording.records import RecordedResource
from workbench.stack_file import StackFileError

TOPIC_SETTINGS: Mapping[str, Callable[[RecordedResource], Mapping[str, str]]] = {
    "aws:msk/topic:Topic": lambda topic: json.loads(topic.inputs.get("configs", "{}")),
    "azure-native:eventhub:EventHub": lambda topic: _of_event_hub(topic.inputs.get("retentionDescription", {})),
    "confluentcloud:index/kafkaTopic:KafkaTopic": lambda topic: topic.inputs.get("config", {}),
    "gcp:managedkafka/topic:Topic": lambda topic: topic.inputs.get("configs", {}),
    "kubernetes:batch/v1:Job": lambda topic: json.loads(
        next(
            (
                each["value"]
                for each in topic.input("spec.template.spec.containers[0].env")
                if each["name"] == "TOPIC_CONFIG"
            ),
            "{}",
        )
    ),
    "kubernetes:kafka.strimzi.io/v1:KafkaTopic": lambda topic: topic.inputs["spec"].get("config", {}),
}
"""Where each kind of Kafka topic says its settings, in Kafka's own names; what is not here is no Kafka."""


@dataclass(frozen=True, kw_only=True)
class PlannedTopic:
    """The topic of a stack's first pipe."""

    stack: str
    pipe: str
    partitions: int
    config: Mapping[str, str]
    newer: bool
    """Whether the stack's own consumers use the newer group protocol, that of KIP-848."""


def planned_topic(plan: Plan) -> PlannedTopic:
    """The topic of a stack's first pipe, as the plan has it; raises StackFileError where it is none of Kafka."""
    stack_file = plan.stack_file
    if plan.problems:
        raise StackFileError(
            f"{stack_file.source}: its plan has problems; make plan STACK={stack_file.stack} shows them"
        )
    pipe = plan.pipes[0]
    topic = topics(plan.recording, pipe.pipe)[0]
    if topic.type not in TOPIC_SETTINGS:
        raise StackFileError(
            f"{stack_file.source}: its records are held by {topic.type}, and prove runs Apache Kafka; name a stack of Kafka, "
            "such as aws-msk-eks"
        )
    return PlannedTopic(
        stack=stack_file.stack,
        pipe=pipe.pipe,
        partitions=pipe.partitions,
        config=TOPIC_SETTINGS[topic.type](topic),
        newer="KAFKA_GROUP_PROTOCOL" in json.dumps([resource.inputs for resource in plan.recording.resources]),
    )


def _of_event_hub(retention: Mapping[str, Any]) -> Mapping[str, str]:
    hours, policy = retention.get("retentionTimeInHours"), retention.get("cleanupPolicy")
    return {
        **({"retention.ms": str(int(hours) * 3_600_000)} if hours else {}),
        **({"cleanup.policy": str(policy).lower()} if policy else {}),
    }
