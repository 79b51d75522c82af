"""The settings of Amazon EKS."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from typing_extensions import override

from components.aws.account import AwsSettings
from components.aws.eks.instance_type import VOLUME_DRIVER, instance
from components.aws.eks.labels import LARGEST_AUTO_NODE, NodePlacement, auto_labels, group_labels
from components.aws.encryption import LogDays
from components.aws.network.network import AwsNetworkSettings
from components.aws.network.subnets import zone_letters
from components.kubernetes.nodes.capacity import Resources, replica_resources
from components.kubernetes.nodes.group import NodeGroup
from components.kubernetes.nodes.labels import NodeLabel, selector_errors
from components.kubernetes.platform import consumer_errors
from components.section import ClosedCidr, ConfigError, Distinct, Pattern, QuotedText, SettingsModel
from components.settings_bases import ServiceSettings, ValidationContext
from components.versions import KnownVersions

VERSIONS = KnownVersions(
    service="EKS",
    versions=("1.32", "1.33", "1.34", "1.35", "1.36"),
    default="1.35",
    source="endoflife.date, Amazon EKS, read 2026-08",
)
"""The extended support of Kubernetes 1.31 ended on 2026-11-26."""

LARGEST_FARGATE_POD = Resources(cpu=16_000, memory=120 * 1024 - 256)
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


class EndpointSettings(SettingsModel, frozen=True):
    """From where the Kubernetes API may be reached, besides the VPC itself."""

    public_cidrs: Annotated[tuple[ClosedCidr, ...], Distinct] = ()
    """The ranges on the internet that may reach the Kubernetes API; with none it has no public endpoint."""
    private_cidrs: Annotated[tuple[ClosedCidr, ...], Distinct] = ()
    """The ranges of connected networks that may reach the private endpoint, such as a VPN's."""


class NodeSettings(SettingsModel, frozen=True):
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
        Pattern(r"1\.[1-9][0-9]", 'a Kubernetes version of two numbers in quotes, such as "1.35"'),
        AfterValidator(VERSIONS.check),
    ] = VERSIONS.default
    """The Kubernetes version; a cluster goes up by one minor version at a time (EKS, Update cluster version)."""
    admins: Annotated[
        tuple[
            Annotated[str, Pattern(r"arn:[a-z-]+:iam::\d{12}:(role|user)/.+", "the ARN of an IAM role or user")], ...
        ],
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
        capacity = instance(self.nodes.instance_type).capacity
        return NodeGroup(
            machine=self.nodes.instance_type,
            machine_key="instanceType",
            capacity=capacity - VOLUME_DRIVER if self.volumes else capacity,
            max=self.nodes.max,
        )

    @property
    @override
    def warnings(self) -> Sequence[str]:
        """A version that the program does not know."""
        return VERSIONS.warnings("platform.version", self.version)

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield keys that the compute has no use for, and replicas that it has no room for."""
        yield from consumer_errors(context.pipes)
        if self.compute != "fargate":
            yield from self._selector_errors(context)
            if context.system_workloads.volumes and not self.volumes:
                text = "must be true, since the brokers of the streaming service keep their records on volumes; set it to true"
                yield ConfigError(path=("platform", "volumes"), text=text)
        if self.compute == "nodes":
            yield from self.node_group.config_errors(context.pipes, context.system_workloads)
            return
        if "nodes" in self.model_fields_set:
            reason = "has no nodes" if self.compute == "fargate" else "chooses nodes itself"
            yield ConfigError(
                path=("platform", "nodes"),
                text=f"would have no effect with compute {self.compute}, which {reason}; remove nodes, or set compute to nodes",
            )
        yield from self._fargate_errors(context) if self.compute == "fargate" else self._auto_errors(context)

    def _labels(self, place: NodePlacement) -> Mapping[str, NodeLabel]:
        """What consumers can choose nodes by."""
        return auto_labels(place) if self.compute == "auto" else group_labels(place, instance(self.nodes.instance_type))

    def _selector_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Labels that no node will have, for which every replica would wait."""
        if not isinstance(context.account, AwsSettings) or not isinstance(context.network, AwsNetworkSettings):
            return
        region = context.account.region
        made = tuple(context.network.zones or zone_letters(region))
        labels = self._labels(NodePlacement(region=region, zones=None if context.network.existing else made))
        yield from selector_errors(context.pipes, labels)

    def _fargate_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """What Fargate does not have (EKS, AWS Fargate considerations)."""
        region = context.account.region if isinstance(context.account, AwsSettings) else ""
        if region.startswith("us-gov-"):
            text = f"must be nodes or auto, since EKS has no Fargate in {region}"
            yield ConfigError(path=("platform", "compute"), text=text)
        if context.system_workloads.pods:
            text = (
                "must be nodes or auto, since the brokers of the streaming service run in this cluster on volumes that pods on Fargate cannot "
                "mount (EKS, AWS Fargate considerations); remove it, or choose another streaming.service"
            )
            yield ConfigError(path=("platform", "compute"), text=text)
        if self.volumes:
            text = "must be false with compute fargate, whose pods cannot mount EBS volumes; remove it, or set compute to nodes or auto"
            yield ConfigError(path=("platform", "volumes"), text=text)
        for name, pipe in context.pipes.items():
            consumer = pipe.consumer
            if consumer.node_selector:
                text = "would leave every replica waiting: a pod on Fargate is its own node, without labels to choose by; remove it"
                yield ConfigError(path=("pipes", name, "consumer", "nodeSelector"), text=text)
            if not LARGEST_FARGATE_POD.fits(replica_resources(consumer.cpu, consumer.memory)):
                text = (
                    f"asks for {consumer.cpu} CPU and {consumer.memory}, and the largest pod on Fargate has {LARGEST_FARGATE_POD.cpu}m and "
                    f"{LARGEST_FARGATE_POD.memory}Mi; lower cpu or memory, or set platform.compute to nodes or auto"
                )
                yield ConfigError(path=("pipes", name, "consumer"), text=text)

    def _auto_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Replicas and brokers that no node which Auto Mode makes would hold."""
        largest = instance(LARGEST_AUTO_NODE).capacity
        for pod in (pod for pod, _ in context.system_workloads.pods if not largest.fits(pod)):
            text = (
                f"asks for pods of {pod.cpu}m and {pod.memory}Mi, and the largest node that Auto Mode makes for them has {largest.cpu}m and "
                f"{largest.memory}Mi; lower cpu or memory, or set platform.compute to nodes"
            )
            yield ConfigError(path=("streaming",), text=text)
        for name, pipe in context.pipes.items():
            consumer = pipe.consumer
            if not largest.fits(replica_resources(consumer.cpu, consumer.memory)):
                text = (
                    f"asks for {consumer.cpu} CPU and {consumer.memory}, and the largest node that Auto Mode makes for consumers has "
                    f"{largest.cpu}m and {largest.memory}Mi; lower cpu or memory, or set platform.compute to nodes"
                )
                yield ConfigError(path=("pipes", name, "consumer"), text=text)
