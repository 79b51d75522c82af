"""Partitions = replicas of a pipe, counted in the resources of a plan and compared with the stack's outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.catalog import CLOUDS, Cloud
from components.dead_letters import SUFFIX
from components.service import Count
from workbench.recording.checks import Problem
from workbench.recording.recorder import Recording
from workbench.recording.records import RecordedResource

PIPE = "data-pipes:index:Pipe"
"""Type of the component of one pipe. Its topic and its consumers are children of it."""


@dataclass(frozen=True, kw_only=True)
class Equation:
    """Numbers of one pipe: partitions of the topic, and replicas of the consumer. They must be equal."""

    pipe: str
    partitions: int
    replicas: int

    def __str__(self) -> str:
        """`orders: 3 partitions = 3 replicas`."""
        sign = "=" if self.partitions == self.replicas else "≠"
        return (
            f"{self.pipe}: {counted(self.partitions, 'partition', 'partitions')}"
            f" {sign} {counted(self.replicas, 'replica', 'replicas')}"
        )


def equation(recording: Recording, pipe: str) -> Equation | str:
    """Count a pipe's partitions and replicas in the planned resources.

    A workload counts only if its number of replicas comes from the topic's output. This dependency keeps the two numbers equal. If
    every partition is a separate stream, each stream has a workload with one replica. Dead-letter topics have no consumer and do
    not count. If nothing can be counted, the reason is returned.
    """
    descendants = _descendants(recording, pipe)
    read = topics(recording, pipe)
    if not read:
        return f"pipe {pipe}: must have a topic, got none"
    made = {topic.urn for topic in read}
    counted_partitions, counted_replicas = partition_counts(recording), replica_counts(recording)
    workloads = [
        each
        for each in descendants
        if each.type in counted_replicas and made & _sources(each, counted_replicas[each.type])
    ]
    if not workloads:
        return f"pipe {pipe}: must have a workload whose replicas come from the topic {read[0].name}, got none"
    partitions = [_number(topic, counted_partitions[topic.type]) for topic in read]
    replicas = [_number(workload, counted_replicas[workload.type]) for workload in workloads]
    for number, resource in zip((*partitions, *replicas), (*read, *workloads), strict=True):
        if not isinstance(number, int):
            return f"pipe {pipe}: the count of {resource.name} must be a whole number, got {number!r}"
    return Equation(pipe=pipe, partitions=_total(partitions), replicas=_total(replicas))


def topics(recording: Recording, pipe: str) -> list[RecordedResource]:
    """Return a pipe's topic, or its streams if every partition is a separate stream. Dead-letter topics are left out."""
    counts = partition_counts(recording)
    return [each for each in _descendants(recording, pipe) if each.type in counts and not _is_dead_letter_topic(each)]


def check_equation(pipe: str, output: Any, found: Equation | str) -> Iterator[Problem]:
    """Check that partitions equal replicas and that the outputs match the resources."""
    if isinstance(found, str):
        yield refused(found)
        return
    if found.partitions != found.replicas:
        yield refused(f"pipe {found}: the number of partitions and the number of replicas must be equal")
    for key, number in (("partitions", found.partitions), ("replicas", found.replicas)):
        if output.get(key) != number:
            yield refused(
                f"pipe {pipe}: output {key} must be {number} (the number in the resources), got {output.get(key)!r}"
            )


def refused(reason: str) -> Problem:
    """Return a problem of the rule `equation`."""
    return Problem(rule="equation", urn="", reason=reason)


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun in singular or plural."""
    return f"{number} {one if number == 1 else many}"


def _clouds(recording: Recording) -> list[Cloud]:
    """Return the clouds that have resources in the plan, or all clouds if none has. Importing another cloud's SDK takes seconds."""
    packages = {each.type.partition(":")[0] for each in recording.resources}
    packages |= {each.type.removeprefix("pulumi:providers:") for each in recording.resources}
    return [cloud for cloud in CLOUDS.values() if cloud.namespace in packages] or list(CLOUDS.values())


def partition_counts(recording: Recording) -> Mapping[str, Count]:
    """Return the property with the number of partitions, for each type of topic."""
    services = [service for cloud in _clouds(recording) for service in cloud.streaming.values()]
    return {service.partitions.type: service.partitions for service in services}


def replica_counts(recording: Recording) -> Mapping[str, Count]:
    """Return the property with the number of replicas, for each type of workload."""
    platforms = [platform for cloud in _clouds(recording) for platform in cloud.platforms.values()]
    return {count.type: count for platform in platforms for count in platform.replicas}


def _descendants(recording: Recording, pipe: str) -> list[RecordedResource]:
    """Return the descendants of a pipe's component. The component's name is that of the pipeline and the pipe."""
    names = {each.urn: each.name for each in recording.resources}
    inside = {
        each.urn
        for each in recording.resources
        if each.type == PIPE and each.name == f"{names.get(each.parent or '', '')}-{pipe}"
    }
    found: list[RecordedResource] = []
    for each in recording.resources:  # parents come before their children
        if each.parent in inside:
            inside.add(each.urn)
            found.append(each)
    return found


def _is_dead_letter_topic(topic: RecordedResource) -> bool:
    """Whether a topic stores a pipe's dead letters. The key of its name differs between services.

    A Job's name is generated by Pulumi. The name of the topic that it creates is a label.
    """
    metadata = topic.inputs.get("metadata", {})
    labels = metadata.get("labels", {})
    names = (*topic.inputs.values(), metadata.get("name"), labels.get("app.kubernetes.io/name"))
    return any(isinstance(name, str) and name.endswith(SUFFIX) for name in names)


def _sources(workload: RecordedResource, count: Count) -> frozenset[str]:
    """Return the URNs of the resources that a workload's number of replicas comes from."""
    return workload.property_dependencies.get((count.property_path or "").partition(".")[0], frozenset())


def _number(resource: RecordedResource, count: Count) -> Any:
    if count.property_path is None:
        return 1
    value = resource.input(count.property_path)
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _total(numbers: list[Any]) -> int:
    return sum(int(number) for number in numbers)
