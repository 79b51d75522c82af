"""Partitions = replicas of a pipe, counted in the resources of a plan and compared with the stack's outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.changes import value_at
from components.dead_letters import SUFFIX
from components.service import Count
from workbench.recording.checks import Problem
from workbench.recording.recorder import Recording
from workbench.recording.records import RecordedResource

if TYPE_CHECKING:
    from components.settings import Settings

PIPE = "data-pipes:index:Pipe"
"""Type of the component of one pipe. Its topic and its consumers are children of it."""

PAUSED = "consumer.paused"
"""Input of a pipe's component that is true if its consumers are paused."""


@dataclass(frozen=True, kw_only=True)
class Equation:
    """Numbers of one pipe: partitions of the topic, and replicas of the consumer. They must be equal, except in a paused pipe."""

    pipe: str
    partitions: int
    replicas: int
    paused: bool = False
    """Whether no replica runs until the pause ends. Then as many replicas as partitions start."""

    @property
    def holds(self) -> bool:
        """Whether the number of replicas is right: the number of partitions, or 0 if the pipe is paused."""
        return self.replicas == (0 if self.paused else self.partitions)

    def as_json(self) -> dict[str, int | bool]:
        """Return the numbers as `plan --json` prints them. `paused` is present only if it is true."""
        numbers: dict[str, int | bool] = {"partitions": self.partitions, "replicas": self.replicas}
        return {**numbers, "paused": True} if self.paused else numbers

    def __str__(self) -> str:
        """`orders: 3 partitions = 3 replicas`, or `orders: 3 partitions, paused: 0 of 3 replicas run`."""
        if self.paused:
            partitions = counted(self.partitions, "partition", "partitions")
            replicas = counted(self.partitions, "replica", "replicas")
            return f"{self.pipe}: {partitions}, paused: {self.replicas} of {replicas} run"
        sign = "=" if self.partitions == self.replicas else "≠"
        return (
            f"{self.pipe}: {counted(self.partitions, 'partition', 'partitions')}"
            f" {sign} {counted(self.replicas, 'replica', 'replicas')}"
        )


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How the partitions and replicas of a stack are counted: the property with the number, by resource type."""

    partitions: Mapping[str, Count]
    replicas: Mapping[str, Count]

    @classmethod
    def of(cls, settings: Settings) -> Counts:
        """Return the counts of a stack's streaming service and platform."""
        streaming = settings.streaming_service
        platform = settings.container_platform
        return cls(
            partitions={streaming.partitions.type: streaming.partitions},
            replicas={count.type: count for count in platform.replicas},
        )


def equations(recording: Recording, counts: Counts) -> Mapping[str, Equation | str]:
    """Count the partitions and replicas of each pipe in the planned resources. A pipe without a count has the reason instead.

    A workload counts only if its number of replicas comes from the topic's output. This dependency keeps the two numbers equal. If
    every partition is a separate stream, each stream has a workload with one replica. Dead-letter topics have no consumer and do
    not count.
    """
    pipes = _pipes(recording)
    paused = {pipes[each.urn] for each in recording.resources if each.urn in pipes and value_at(each.inputs, PAUSED)}
    return {
        pipe: _equation(pipe, found, counts, paused=pipe in paused) for pipe, found in descendants(recording).items()
    }


def _equation(pipe: str, resources: Sequence[RecordedResource], counts: Counts, *, paused: bool) -> Equation | str:
    read = _topics(resources, counts)
    if not read:
        return no_topic(pipe)
    made = {topic.urn for topic in read}
    workloads = [
        each for each in resources if each.type in counts.replicas and made & _sources(each, counts.replicas[each.type])
    ]
    if not workloads:
        return f"pipe {pipe}: must have a workload whose replicas come from the topic {read[0].name}, got none"
    partitions = [_number(topic, counts.partitions[topic.type]) for topic in read]
    replicas = [_number(workload, counts.replicas[workload.type]) for workload in workloads]
    for number, resource in zip((*partitions, *replicas), (*read, *workloads), strict=True):
        if not isinstance(number, int):
            return f"pipe {pipe}: the count of {resource.name} must be a whole number, got {number!r}"
    return Equation(pipe=pipe, partitions=_total(partitions), replicas=_total(replicas), paused=paused)


def no_topic(pipe: str) -> str:
    """Return the error of a pipe without a topic."""
    return f"pipe {pipe}: must have a topic, got none"


def topics(recording: Recording, pipe: str, counts: Counts) -> list[RecordedResource]:
    """Return a pipe's topic, or its streams if every partition is a separate stream. Dead-letter topics are left out."""
    return _topics(descendants(recording)[pipe], counts)


def _topics(resources: Sequence[RecordedResource], counts: Counts) -> list[RecordedResource]:
    return [each for each in resources if each.type in counts.partitions and not is_dead_letter_topic(each)]


def check_equation(pipe: str, output: Any, found: Equation | str) -> Iterator[Problem]:
    """Check that partitions equal replicas, or that a paused pipe has none, and that the outputs match the resources."""
    if isinstance(found, str):
        yield refused(found)
        return
    if not found.holds:
        rule = (
            "no replica may run"
            if found.paused
            else "the number of partitions and the number of replicas must be equal"
        )
        yield refused(f"pipe {found}: {rule}")
    for key, number in found.as_json().items():
        if output.get(key) != number:
            yield refused(f"pipe {pipe}: output {key} must be {number} (as in the resources), got {output.get(key)!r}")


def refused(reason: str) -> Problem:
    """Return a problem of the rule `equation`."""
    return Problem(rule="equation", urn="", reason=reason)


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun in singular or plural."""
    return f"{number} {one if number == 1 else many}"


def descendants(recording: Recording) -> Mapping[str, Sequence[RecordedResource]]:
    """Return the descendants of each pipe's component."""
    found: dict[str, list[RecordedResource]] = {}
    inside: dict[str, list[RecordedResource]] = {}
    pipes = _pipes(recording)
    for each in recording.resources:  # parents come before their children
        parent = each.parent or ""
        if each.urn in pipes:
            inside[each.urn] = found[pipes[each.urn]] = []
        elif parent in inside:
            inside[parent].append(each)
            inside[each.urn] = inside[parent]
    return found


def _pipes(recording: Recording) -> Mapping[str, str]:
    """Return the names of the pipes by the URNs of their components. A component's name is that of the pipeline and the pipe."""
    names = {each.urn: each.name for each in recording.resources}
    return {
        each.urn: each.name.removeprefix(f"{names.get(each.parent or '', '')}-")
        for each in recording.resources
        if each.type == PIPE
    }


def is_dead_letter_topic(topic: RecordedResource) -> bool:
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
    value = value_at(resource.state, count.property_path) if resource.external else resource.input(count.property_path)
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _total(numbers: list[Any]) -> int:
    return sum(int(number) for number in numbers)
