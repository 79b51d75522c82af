"""The equation of a pipe, counted in the resources of a plan rather than believed from its outputs."""

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
"""The component of one pipe: its topic and its consumers are beneath it."""


@dataclass(frozen=True, kw_only=True)
class Equation:
    """One pipe: number of partitions of the topic = number of replicas of the pod."""

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
    """Count a pipe's partitions and replicas in what the plan makes for it.

    A workload counts where its number of replicas comes from the topic's own output: the dependency that keeps the two numbers
    one. Where every partition is a stream of its own, each has a workload of one. What keeps the dead letters has no reader and does
    not count. Returns the reason where nothing can be counted.
    """
    beneath = _beneath(recording, pipe)
    read = topics(recording, pipe)
    if not read:
        return f"pipe {pipe}: it has no topic, and there must be one"
    made = {topic.urn for topic in read}
    counted_partitions, counted_replicas = partition_counts(recording), replica_counts(recording)
    workloads = [
        each for each in beneath if each.type in counted_replicas and made & _sources(each, counted_replicas[each.type])
    ]
    if not workloads:
        return f"pipe {pipe}: no workload takes its replicas from the topic {read[0].name}, and one must"
    partitions = [_number(topic, counted_partitions[topic.type]) for topic in read]
    replicas = [_number(workload, counted_replicas[workload.type]) for workload in workloads]
    for number, resource in zip((*partitions, *replicas), (*read, *workloads), strict=True):
        if not isinstance(number, int):
            return f"pipe {pipe}: {resource.name} counts {number!r}, which is no whole number"
    return Equation(pipe=pipe, partitions=_total(partitions), replicas=_total(replicas))


def topics(recording: Recording, pipe: str) -> list[RecordedResource]:
    """What holds a pipe's records: one topic, or a stream for each partition; not what keeps its dead letters."""
    counts = partition_counts(recording)
    return [each for each in _beneath(recording, pipe) if each.type in counts and not _keeps_dead_letters(each)]


def check_equation(pipe: str, output: Any, found: Equation | str) -> Iterator[Problem]:
    """Partitions must equal replicas, and the outputs must say what the resources say."""
    if isinstance(found, str):
        yield refused(found)
        return
    if found.partitions != found.replicas:
        yield refused(f"pipe {found}: partitions and replicas must be equal")
    for key, number in (("partitions", found.partitions), ("replicas", found.replicas)):
        if output.get(key) != number:
            yield refused(f"pipe {pipe}: output {key} is {output.get(key)!r}, but the resources have {number}")


def refused(reason: str) -> Problem:
    """What is wrong with the equation."""
    return Problem(rule="equation", urn="", reason=reason)


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number} {one if number == 1 else many}"


def _clouds(recording: Recording) -> list[Cloud]:
    """Those whose resources are in the plan, since the others' SDKs take seconds to import; all of them if there are none."""
    packages = {each.type.partition(":")[0] for each in recording.resources}
    packages |= {each.type.removeprefix("pulumi:providers:") for each in recording.resources}
    return [cloud for cloud in CLOUDS.values() if cloud.namespace in packages] or list(CLOUDS.values())


def partition_counts(recording: Recording) -> Mapping[str, Count]:
    """Where each kind of topic says how many partitions it has."""
    services = [service for cloud in _clouds(recording) for service in cloud.streaming.values()]
    return {service.partitions.type: service.partitions for service in services}


def replica_counts(recording: Recording) -> Mapping[str, Count]:
    """Where each kind of workload says how many replicas it has."""
    platforms = [platform for cloud in _clouds(recording) for platform in cloud.platforms.values()]
    return {count.type: count for platform in platforms for count in platform.replicas}


def _beneath(recording: Recording, pipe: str) -> list[RecordedResource]:
    """Everything beneath the component of a pipe, which is named after the pipeline and the pipe."""
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


def _keeps_dead_letters(topic: RecordedResource) -> bool:
    """Whether a topic's own name, under whichever key its service has it, is that of the dead letters of a pipe.

    A Job has a name of Pulumi's, and that of the topic which it makes as a label.
    """
    metadata = topic.inputs.get("metadata", {})
    labels = metadata.get("labels", {})
    names = (*topic.inputs.values(), metadata.get("name"), labels.get("app.kubernetes.io/name"))
    return any(isinstance(name, str) and name.endswith(SUFFIX) for name in names)


def _sources(workload: RecordedResource, count: Count) -> frozenset[str]:
    """The URNs that a workload's number of replicas comes from."""
    return workload.property_dependencies.get((count.property_path or "").partition(".")[0], frozenset())


def _number(resource: RecordedResource, count: Count) -> Any:
    if count.property_path is None:
        return 1
    value = resource.input(count.property_path)
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _total(numbers: list[Any]) -> int:
    return sum(int(number) for number in numbers)
