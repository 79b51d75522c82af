"""A topic of a Kafka cluster in containers that was there before, as a KafkaTopic resource."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi import Input, Output, RunError
from typing_extensions import override

from components.existing import matching
from components.kafka.existing_topic import ExistingKafkaPipeSettings
from components.kubernetes.strimzi.resource import ExistingStrimziResource
from components.kubernetes.strimzi.topic import ReadStrimziTopic
from components.lookup import name_of_read, unanswered


class ExistingStrimziTopic(ReadStrimziTopic[ExistingKafkaPipeSettings]):
    """A topic that was there before, as a KafkaTopic resource. The program only reads it."""

    @property
    @override
    def _readable(self) -> Output[str]:
        return self.topic_name

    @override
    def _source(self) -> tuple[Output[str], Output[int]]:
        args = self.args
        name, key = args.pipe.topic.name or args.pipe_name, f"pipes.{args.pipe_name}.topic.existing"
        topic = ExistingStrimziResource(
            name_of_read(self.name, key), "KafkaTopic", Output.concat(args.namespace, "/", name), self.child
        )
        parts: Mapping[str, Input[Any]] = {"metadata": topic.metadata, "spec": topic.spec, "status": topic.status}
        found = Output.all(**parts).apply(lambda known: usable_topic(key, name, args.cluster, known))
        partitions = matching(found.apply(lambda each: each.partitions), args.pipe_name, args.pipe.parallelism)
        # The name is not known, and no user is made, if the number of partitions does not match.
        return Output.all(found, partitions).apply(lambda known: str(known[0].name)), partitions


@dataclass(frozen=True, kw_only=True)
class FoundTopic:
    """A topic, as its KafkaTopic describes it."""

    name: str
    """Name in Kafka. It differs from that of the KafkaTopic if it is not a valid name in Kubernetes."""
    partitions: int


def usable_topic(key: str, name: str, cluster: str, resource: Mapping[str, Any]) -> FoundTopic:
    """Return the topic of a KafkaTopic. Raise RunError if it is of another cluster, not ready, or without a number of partitions."""
    metadata: Mapping[str, Any] = resource.get("metadata") or {}
    spec: Mapping[str, Any] = resource.get("spec") or {}
    status: Mapping[str, Any] = resource.get("status") or {}
    labels: Mapping[str, str] = metadata.get("labels") or {}
    owner = labels.get("strimzi.io/cluster")
    conditions: Sequence[Mapping[str, Any]] = status.get("conditions") or []

    def refusal(rule: str, reason: str, fix: str) -> RunError:
        return unanswered(key, rule=f"true for a KafkaTopic {rule}", got=name, reason=reason, fix=fix)

    if owner != cluster:
        raise refusal(
            f"of the Kafka cluster {cluster}",
            f"its label strimzi.io/cluster is {owner}" if owner else "it has no label strimzi.io/cluster",
            "Correct topic.name, or streaming.existing.cluster: kubectl get kafkatopic -A -L strimzi.io/cluster lists them.",
        )
    if not any((each["type"], each["status"]) == ("Ready", "True") for each in conditions):
        reason = "; ".join(str(each.get("message", each["type"])) for each in conditions) or "it has no status"
        raise refusal("that is ready", reason, f"Wait, or repair it: kubectl describe kafkatopic {name} shows why.")
    if "partitions" not in spec:
        raise refusal(
            "with spec.partitions",
            "without it, the number of partitions is not known",
            "Set spec.partitions of the KafkaTopic to the number that the topic has: kafka-topics.sh --describe prints it.",
        )
    return FoundTopic(
        name=str(status.get("topicName") or spec.get("topicName") or name), partitions=int(spec["partitions"])
    )
