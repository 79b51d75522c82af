"""The settings of Amazon EKS."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from typing_extensions import override

from components.aws.account import AwsSettings
from components.aws.eks.instance_type import VOLUME_DRIVER, instance
from components.aws.eks.labels import LARGEST_AUTO_NODE, Place, auto_labels, group_labels
from components.aws.encryption import LogDays
from components.aws.network.network import AwsNetworkSettings
from components.aws.network.subnets import zone_letters
from components.kubernetes.nodes.capacity import Room, replica_room
from components.kubernetes.nodes.group import NodeGroup
from components.kubernetes.nodes.labels import NodeLabel, selector_mistakes
from components.kubernetes.platform import consumer_mistakes
from components.section import ClosedCidr, Distinct, Form, Mistake, QuotedText, Section
from components.settings_bases import ServiceSettings, Surroundings
from components.versions import KnownVersions

VERSIONS = KnownVersions(
    service="EKS",
    versions=("1.32", "1.33", "1.34", "1.35", "1.36"),
    default="1.35",
    source="endoflife.date, Amazon EKS, read 2026-08",
)
"""The extended support of Kubernetes 1.31 ended on 2026-11-26."""

LARGEST_FARGATE_POD = Room(cpu=16_000, memory=120 * 1024 - 256)
"""What the largest pod on Fargate has for its container: 16 vCPU and 120 GB, less 256 MB for Kubernetes (EKS, Fargate pod
configuration)."""

ControlPlaneLog = Literal["api", "audit", "authenticator", "controllerManager", "scheduler"]


def _has_audit(logs: tuple[ControlPlaneLog, ...]) -> tuple[ControlPlaneLog, ...]:
    missing = [log for log in ("api", "audit") if log not in logs]
    if missing:
        raise ValueError(f"must name {' and '.join(missing)} too: api and audit tell who did what; add it")
    return logs


def _known_instance(name: str) -> str:
    instance(name)
    return name


class EndpointSettings(Section, frozen=True):
    """From where the Kubernetes API may be reached, besides the VPC itself."""

    public_cidrs: Annotated[tuple[ClosedCidr, ...], Distinct] = ()
    """The ranges on the internet that may reach the Kubernetes API; with none it has no public endpoint."""
    private_cidrs: Annotated[tuple[ClosedCidr, ...], Distinct] = ()
    """The ranges of connected networks that may reach the private endpoint, such as a VPN's."""


class NodeSettings(Section, frozen=True):
    """The nodes that consumers run on."""

    instance_type: Annotated[str, AfterValidator(_known_instance)] = "m5.large"
    """The EC2 instance type of each node."""
    min: Annotated[int, Field(ge=1, le=450)] = 3
    """The number of nodes below which the group never goes; three are one in each zone."""
    max: Annotated[int, Field(ge=1, le=450)] = 6
    """The number of nodes above which the group never goes; a managed node group has 450 at most (EKS quota)."""
    disk_size: Annotated[int, Field(ge=20, le=16_384)] = 50
    """The disk of each node in GiB."""

    @model_validator(mode="after")
    def _in_order(self) -> "NodeSettings":
        if self.min > self.max:
            raise ValueError(f"max must be at least min, not {self.max} with min {self.min}; raise max or lower min")
        return self


class EksSettings(ServiceSettings, frozen=True):
    """The platform section of a stack file, for EKS."""

    cloud_services = ("ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "logs", "sts")
    """Those of a private cluster (EKS, Private clusters)."""

    service: Literal["eks"]
    """Always eks."""
    version: Annotated[
        QuotedText,
        Form(r"1\.[1-9][0-9]", 'a Kubernetes version of two numbers in quotes, such as "1.35"'),
        AfterValidator(VERSIONS.check),
    ] = VERSIONS.default
    """The Kubernetes version; a cluster goes up by one minor version at a time (EKS, Update cluster version)."""
    admins: Annotated[
        tuple[Annotated[str, Form(r"arn:[a-z-]+:iam::\d{12}:(role|user)/.+", "the ARN of an IAM role or user")], ...],
        Field(max_length=100),
        Distinct,
    ] = ()
    """The ARNs of the IAM roles or users that administer the cluster, by default whoever runs Pulumi.

    Name them, yourself among them, where several people or a CI runner deploy: without, only the last one keeps the rights.
    """
    endpoint: EndpointSettings = EndpointSettings()
    """From where the Kubernetes API may be reached."""
    logs: Annotated[tuple[ControlPlaneLog, ...], Distinct, AfterValidator(_has_audit)] = ("api", "audit")
    """The control plane's logs that are kept; api and audit always are."""
    log_days: LogDays = 90
    """How many days the control plane's logs are kept."""
    compute: Literal["nodes", "fargate", "auto"] = "nodes"
    """What pods run on: a group of nodes, Fargate, which is a machine for each pod, or nodes that EKS Auto Mode makes as it
    sees fit; nodes and fargate can be exchanged, which restarts all consumers, and auto is for the life of a cluster."""
    nodes: NodeSettings = NodeSettings()
    """The nodes that consumers run on, where compute is nodes."""
    volumes: bool = False
    """Whether pods may claim EBS volumes."""

    @property
    def node_group(self) -> NodeGroup:
        """The consumers' nodes, where compute is nodes."""
        room = instance(self.nodes.instance_type).room
        return NodeGroup(
            machine=self.nodes.instance_type,
            machine_key="instanceType",
            room=room.less(VOLUME_DRIVER) if self.volumes else room,
            max=self.nodes.max,
        )

    @property
    @override
    def warnings(self) -> Sequence[str]:
        """A version that the program does not know."""
        return VERSIONS.warnings("platform.version", self.version)

    @override
    def mistakes(self, rest: Surroundings) -> Iterator[Mistake]:
        """Yield keys that the compute has no use for, and replicas that it has no room for."""
        yield from consumer_mistakes(rest.pipes)
        if self.compute != "fargate":
            yield from self._selector_mistakes(rest)
            if rest.residents.volumes and not self.volumes:
                text = "must be true, since the brokers of the streaming service keep their records on volumes; set it to true"
                yield Mistake(path=("platform", "volumes"), text=text)
        if self.compute == "nodes":
            yield from self.node_group.mistakes(rest.pipes, rest.residents)
            return
        if "nodes" in self.model_fields_set:
            reason = "has no nodes" if self.compute == "fargate" else "chooses nodes itself"
            yield Mistake(
                path=("platform", "nodes"),
                text=f"would have no effect with compute {self.compute}, which {reason}; remove nodes, or set compute to nodes",
            )
        yield from self._fargate_mistakes(rest) if self.compute == "fargate" else self._auto_mistakes(rest)

    def _labels(self, place: Place) -> Mapping[str, NodeLabel]:
        """What consumers can choose nodes by."""
        return auto_labels(place) if self.compute == "auto" else group_labels(place, instance(self.nodes.instance_type))

    def _selector_mistakes(self, rest: Surroundings) -> Iterator[Mistake]:
        """Labels that no node will have, for which every replica would wait."""
        if not isinstance(rest.account, AwsSettings) or not isinstance(rest.network, AwsNetworkSettings):
            return
        region = rest.account.region
        made = tuple(rest.network.zones or zone_letters(region))
        labels = self._labels(Place(region=region, zones=None if rest.network.existing else made))
        yield from selector_mistakes(rest.pipes, labels)

    def _fargate_mistakes(self, rest: Surroundings) -> Iterator[Mistake]:
        """What Fargate does not have (EKS, AWS Fargate considerations)."""
        region = rest.account.region if isinstance(rest.account, AwsSettings) else ""
        if region.startswith("us-gov-"):
            text = f"must be nodes or auto, since EKS has no Fargate in {region}"
            yield Mistake(path=("platform", "compute"), text=text)
        if rest.residents.pods:
            text = (
                "must be nodes or auto, since the brokers of the streaming service run in this cluster on volumes that pods on Fargate cannot "
                "mount (EKS, AWS Fargate considerations); remove it, or choose another streaming.service"
            )
            yield Mistake(path=("platform", "compute"), text=text)
        if self.volumes:
            text = "must be false with compute fargate, whose pods cannot mount EBS volumes; remove it, or set compute to nodes or auto"
            yield Mistake(path=("platform", "volumes"), text=text)
        for name, pipe in rest.pipes.items():
            consumer = pipe.consumer
            if consumer.node_selector:
                text = "would leave every replica waiting: a pod on Fargate is its own node, without labels to choose by; remove it"
                yield Mistake(path=("pipes", name, "consumer", "nodeSelector"), text=text)
            if not LARGEST_FARGATE_POD.holds(replica_room(consumer.cpu, consumer.memory)):
                text = (
                    f"asks for {consumer.cpu} CPU and {consumer.memory}, and the largest pod on Fargate has {LARGEST_FARGATE_POD.cpu}m and "
                    f"{LARGEST_FARGATE_POD.memory}Mi; lower cpu or memory, or set platform.compute to nodes or auto"
                )
                yield Mistake(path=("pipes", name, "consumer"), text=text)

    def _auto_mistakes(self, rest: Surroundings) -> Iterator[Mistake]:
        """Replicas and brokers that no node which Auto Mode makes would hold."""
        largest = instance(LARGEST_AUTO_NODE).room
        for pod in (pod for pod, _ in rest.residents.pods if not largest.holds(pod)):
            text = (
                f"asks for pods of {pod.cpu}m and {pod.memory}Mi, and the largest node that Auto Mode makes for them has {largest.cpu}m and "
                f"{largest.memory}Mi; lower cpu or memory, or set platform.compute to nodes"
            )
            yield Mistake(path=("streaming",), text=text)
        for name, pipe in rest.pipes.items():
            consumer = pipe.consumer
            if not largest.holds(replica_room(consumer.cpu, consumer.memory)):
                text = (
                    f"asks for {consumer.cpu} CPU and {consumer.memory}, and the largest node that Auto Mode makes for consumers has "
                    f"{largest.cpu}m and {largest.memory}Mi; lower cpu or memory, or set platform.compute to nodes"
                )
                yield Mistake(path=("pipes", name, "consumer"), text=text)
