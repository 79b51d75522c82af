"""What a picture of a stack shows: network, service, platform, pipes and the resources around them. Sorted, without coordinates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbench.cloud.figure import Role, fill
from workbench.cloud.figures import figure
from workbench.equation import PIPE, Equation, descendants, is_dead_letter_topic
from workbench.plan import PIPELINE, Plan
from workbench.recording.records import PROVIDER_PREFIX, RecordedResource
from workbench.stack_file import read_settings
from workbench.values import strings

_AROUND: Mapping[Role, str] = {
    Role.REGISTRY: "Images",
    Role.KEY: "Keys",
    Role.LOGS: "Logs",
    Role.SECRET: "Secrets",
    Role.STORAGE: "Storage",
    Role.IDENTITY: "Identities",
}
"""Roles that have a card below the picture."""
_EDGE = (Role.EXIT, Role.ENDPOINT, Role.FIREWALL)
"""Roles that are counted on the network's frame."""
_PLACED = (Role.BROKERS, Role.CLUSTER, Role.NODES, Role.WORKLOAD)
"""Roles whose subnets decide whether the service or the platform is in the network."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """The streaming service or the platform."""

    title: str
    facts: tuple[str, ...]
    protected: bool
    private: bool
    in_network: bool


@dataclass(frozen=True, kw_only=True)
class Pipe:
    """One pipe: its topic and its consumers."""

    name: str
    partitions: int
    replicas: int
    paused: bool = False
    topic: str
    topic_facts: tuple[str, ...] = ()
    protected: bool = False
    dead_letters: str = ""
    """Noun of what stores the dead letters, such as `Kinesis stream`. Empty if the pipe has none."""
    workload: str = ""
    identities: tuple[str, ...] = ()

    @property
    def equation(self) -> Equation:
        """The pipe's numbers, as `plan` prints them."""
        return Equation(pipe=self.name, partitions=self.partitions, replicas=self.replicas, paused=self.paused)


@dataclass(frozen=True, kw_only=True)
class Zone:
    """Subnets of one zone. The name is empty if subnets have no zone."""

    name: str
    subnets: tuple[tuple[str, str], ...]
    """Name and address range of each subnet."""


@dataclass(frozen=True, kw_only=True)
class Network:
    """The network. An existing one has no zones, because the plan does not have its subnets."""

    title: str
    zones: tuple[Zone, ...]
    edge: tuple[str, ...]
    """Counted ways out, private endpoints and firewalls, such as `NAT gateway × 3`."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """Resources of one role that are around the pipes."""

    title: str
    entries: tuple[tuple[str, str], ...]
    """Name of each resource, and its facts."""
    protected: int


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Everything that the picture shows."""

    stack: str
    place: str
    """Cloud and location, such as `aws eu-west-1`."""
    network: Network
    service: Part
    platform: Part
    service_in_platform: bool
    pipes: tuple[Pipe, ...]
    cards: tuple[Card, ...]
    resources: int
    details: tuple[tuple[str, int], ...]
    """Resources that are only counted: noun and number, the largest number first."""


def scene(plan: Plan) -> Scene:
    """Sort the resources of a plan into the parts of the picture. Takes time in proportion to the number of resources."""
    return _Sorted(plan).scene()


class _Sorted:
    """Resources of a plan by the component that they belong to."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.recording = plan.recording
        self.by_urn = {each.urn: each for each in self.recording.resources}
        self.prefix = next(each.name for each in self.recording.resources if each.type == PIPELINE)
        self.inside: dict[str, list[RecordedResource]] = {}
        """URN of each child of the pipeline -> its descendants."""
        top: dict[str, str] = {}
        for each in self.recording.resources:  # parents come before their children
            parent = self.by_urn.get(each.parent or "")
            if parent is not None and parent.type == PIPELINE:
                top[each.urn] = each.urn
                self.inside[each.urn] = [each]
            elif parent is not None and parent.urn in top:
                top[each.urn] = top[parent.urn]
                self.inside[top[each.urn]].append(each)
        self.network, self.platform, self.service = "", "", ""
        """URNs of the components."""
        for urn, resources in self.inside.items():
            component = self.by_urn[urn]
            if component.type.endswith(":Network"):
                self.network = urn
            elif any(_role(each) is Role.CLUSTER for each in resources):
                self.platform = urn
            elif (
                not component.custom
                and component.type != PIPE
                and not component.type.endswith((":Registry", ":Monitoring"))
            ):
                self.service = urn

    def of(self, urn: str) -> Sequence[RecordedResource]:
        return self.inside.get(urn, [])

    def name(self, resource: RecordedResource) -> str:
        """Return a resource's name without the stack's name."""
        return resource.name.removeprefix(f"{self.prefix}-")

    def scene(self) -> Scene:
        settings = read_settings(self.plan.stack_file)
        by_pipe = descendants(self.recording)
        at_consumers = {each.urn for pipe in by_pipe.values() for each in self._consumers_identities(pipe)}
        workloads = [each for pipe in by_pipe.values() for each in pipe if _role(each) is Role.WORKLOAD]
        made = [each for each in self.recording.resources if each.custom and not each.type.startswith(PROVIDER_PREFIX)]
        return Scene(
            stack=self.prefix,
            place=self._place(),
            network=self._network(),
            service=self._part(settings.streaming_service.title, self.of(self.service)),
            platform=self._part(settings.container_platform.title, [*self.of(self.platform), *workloads]),
            service_in_platform=self._runs_in_platform(),
            pipes=tuple(self._pipe(each, by_pipe[each.pipe]) for each in self.plan.pipes),
            cards=tuple(self._cards([each for each in made if each.urn not in at_consumers])),
            resources=len(made),
            details=_counted(figure(each.type).label for each in made if _role(each) in (Role.DETAIL, Role.RIGHT)),
        )

    def _place(self) -> str:
        """Return the location: that of the cloud's provider or, if it has none, of the first resource with one."""
        for key in ("region", "location"):
            for each in self.recording.resources:
                if isinstance(each.inputs.get(key), str):
                    return str(each.inputs[key])
        return ""

    def _network(self) -> Network:
        inside = self.of(self.network)
        network = next((each for each in inside if _role(each) is Role.NETWORK), None)
        zones: dict[str, list[tuple[str, str]]] = {}
        for each in sorted(inside, key=lambda each: each.name):
            if _role(each) is Role.SUBNET:
                zone = fill("{availabilityZone}", each.inputs)
                zones.setdefault(zone, []).append((self.name(each), " ".join(figure(each.type).texts(each.inputs))))
        edge = [each for each in self.recording.resources if _role(each) in _EDGE]
        counts = Counter((_EDGE.index(_role(each)), figure(each.type).label) for each in edge)
        title = "Existing network"
        if network is not None:
            known = figure(network.type)
            title = " ".join([known.label, *known.texts(network.inputs)])
        return Network(
            title=title,
            zones=tuple(Zone(name=name, subnets=tuple(subnets)) for name, subnets in sorted(zones.items())),
            edge=tuple(f"{label} × {number}" for (_, label), number in sorted(counts.items())),
        )

    def _part(self, title: str, resources: Sequence[RecordedResource]) -> Part:
        main = [each for each in resources if _role(each) in (Role.BROKERS, Role.CLUSTER, Role.NODES)]
        held = [each for each in main if _role(each) in (Role.BROKERS, Role.CLUSTER)]
        placed = [each for each in resources if _role(each) in _PLACED]
        facts = [text for each in main for text in figure(each.type).texts(each.inputs)]
        return Part(
            title=title,
            facts=tuple(dict.fromkeys(facts)),
            protected=any(each.protect for each in held),
            private=any(figure(each.type).is_private(each.inputs) for each in held),
            in_network=any("subnet" in path.lower() for each in placed for path, _ in strings(each.inputs)),
        )

    def _runs_in_platform(self) -> bool:
        """Whether the brokers are objects of the platform's own Kubernetes cluster."""
        brokers = [each for each in self.of(self.service) if _role(each) is Role.BROKERS]
        inside = {each.urn for each in self.of(self.platform)}
        return bool(brokers) and all(each.provider in inside for each in brokers)

    def _pipe(self, numbers: Equation, resources: Sequence[RecordedResource]) -> Pipe:
        read = [
            each for each in resources if each.type in self.plan.counts.partitions and not is_dead_letter_topic(each)
        ]
        topics = [each for each in resources if _role(each) is Role.TOPIC and not is_dead_letter_topic(each)]
        workloads = [each for each in resources if _role(each) is Role.WORKLOAD]
        identities = self._consumers_identities(resources)
        return Pipe(
            name=numbers.pipe,
            partitions=numbers.partitions,
            replicas=numbers.replicas,
            paused=numbers.paused,
            topic=_kinds(topics) or f"topic, created by a {_kinds(read)}",
            topic_facts=tuple(dict.fromkeys(text for each in topics for text in figure(each.type).texts(each.inputs))),
            protected=any(each.protect for each in topics),
            dead_letters=_dead_letters(resources),
            workload=", ".join(
                dict.fromkeys(
                    [_kinds(workloads), *(text for each in workloads for text in figure(each.type).texts(each.inputs))]
                )
            ),
            identities=tuple(f"{figure(each.type).label} {self.name(each)}" for each in identities),
        )

    def _consumers_identities(self, resources: Sequence[RecordedResource]) -> list[RecordedResource]:
        """Return a pipe's identities without those of the jobs that create its topics."""
        jobs = {
            each.parent for each in resources if each.type in self.plan.counts.partitions and _role(each) is Role.DETAIL
        }

        def of_a_job(resource: RecordedResource) -> bool:
            parent = self.by_urn.get(resource.parent or "")
            return parent is not None and (parent.urn in jobs or of_a_job(parent))

        return [each for each in resources if _role(each) is Role.IDENTITY and not of_a_job(each)]

    def _cards(self, made: Sequence[RecordedResource]) -> Iterator[Card]:
        for role, title in _AROUND.items():
            found = [each for each in made if _role(each) is role]
            if found:
                yield Card(
                    title=title,
                    entries=tuple(
                        (self.name(each), " ".join([figure(each.type).label, *figure(each.type).texts(each.inputs)]))
                        for each in found
                    ),
                    protected=sum(each.protect for each in found),
                )


def _role(resource: RecordedResource) -> Role:
    return figure(resource.type).role if resource.custom else Role.DETAIL


def _dead_letters(resources: Iterable[RecordedResource]) -> str:
    """Return the noun of what stores a pipe's dead letters. A topic that a Job creates is not a resource."""
    found = [each for each in resources if is_dead_letter_topic(each)]
    nouns = [figure(each.type).label for each in found if _role(each) is Role.TOPIC]
    return nouns[0] if nouns else "topic" if found else ""


def _kinds(resources: Iterable[RecordedResource]) -> str:
    """Return the nouns of resources, with their numbers if there are several."""
    return ", ".join(
        label if number == 1 else f"{label} × {number}"
        for label, number in Counter(figure(each.type).label for each in resources).items()
    )


def _counted(labels: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(labels).items(), key=lambda pair: (-pair[1], pair[0])))
