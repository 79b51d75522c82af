"""Amazon EKS settings."""

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
"""Extended support for Kubernetes 1.31 ended on 2026-11-26."""

MOST_NODES = 450
"""Most nodes of a managed node group (EKS quota)."""

LARGEST_FARGATE_POD = Resources(cpu=16_000, memory=120 * 1024 - 256)
"""Resources of the largest pod on Fargate: 16 vCPU and 120 GB, minus 256 MB for Kubernetes (EKS, Fargate pod configuration)."""

ControlPlaneLog = Literal["api", "audit", "authenticator", "controllerManager", "scheduler"]


def _require_audit(logs: tuple[ControlPlaneLog, ...]) -> tuple[ControlPlaneLog, ...]:
    missing = [log for log in ("api", "audit") if log not in logs]
    if missing:
        raise ValueError(
            f"must contain api and audit, got {', '.join(logs) or 'none'} (they record who did what). "
            f"Add {' and '.join(missing)}."
        )
    return logs


def _check_instance(name: str) -> str:
    instance(name)
    return name


class EndpointSettings(SettingsModel, frozen=True):
    """Access to the Kubernetes API from outside the VPC."""

    public_cidrs: Annotated[tuple[ClosedCidr, ...], Distinct] = ()
    """The IPv4 ranges on the internet that may reach the Kubernetes API. If there are none, it has no public endpoint."""
    private_cidrs: Annotated[tuple[ClosedCidr, ...], Distinct] = ()
    """The IPv4 ranges of connected networks, such as a VPN, that may reach the private endpoint."""


class NodeSettings(SettingsModel, frozen=True):
    """Nodes of the managed node group."""

    instance_type: Annotated[str, AfterValidator(_check_instance)] = "m5.large"
    """The EC2 instance type of each node."""
    min: Annotated[int, Field(ge=1, le=MOST_NODES)] = 3
    """The minimum number of nodes. Three nodes are one in each zone."""
    max: Annotated[int, Field(ge=1, le=MOST_NODES)] = 6
    """The maximum number of nodes. A managed node group has at most 450 (EKS quota)."""
    disk_size: Annotated[int, Field(ge=20, le=16_384)] = 50
    """The disk size of each node in GiB."""

    @model_validator(mode="after")
    def _in_order(self) -> "NodeSettings":
        if self.min > self.max:
            raise ValueError(f"max must be at least min ({self.min}), got {self.max}. Raise max, or lower min.")
        return self


class EksSettings(ServiceSettings, frozen=True):
    """Platform section of a stack file for EKS."""

    cloud_services = ("ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "logs", "sts")
    """Services that a private cluster calls (EKS, Private clusters)."""

    service: Literal["eks"]
    """Always eks."""
    version: Annotated[
        QuotedText,
        Pattern(r"1\.[1-9][0-9]", 'a Kubernetes version of two numbers in quotes, such as "1.35"'),
        AfterValidator(VERSIONS.check),
    ] = VERSIONS.default
    """The Kubernetes version. Raise it by one minor version at a time (EKS, Update cluster version)."""
    admins: Annotated[
        tuple[
            Annotated[str, Pattern(r"arn:[a-z-]+:iam::\d{12}:(role|user)/.+", "the ARN of an IAM role or user")], ...
        ],
        Field(max_length=100),
        Distinct,
    ] = ()
    """The ARNs of the IAM roles or users with admin access to the cluster. The default is the identity that runs Pulumi.

    Set it if several people or a CI runner deploy, and include yourself. Otherwise only the identity that deployed last has access.
    """
    endpoint: EndpointSettings = EndpointSettings()
    """The access to the Kubernetes API from outside the VPC."""
    logs: Annotated[tuple[ControlPlaneLog, ...], Distinct, AfterValidator(_require_audit)] = ("api", "audit")
    """The control-plane logs to keep. api and audit are required."""
    log_days: LogDays = 90
    """The number of days that the control-plane logs are kept."""
    compute: Literal["nodes", "fargate", "auto"] = "nodes"
    """The compute of the pods: nodes is a managed node group, fargate a virtual machine for each pod, auto EKS Auto Mode. Changing
    between nodes and fargate restarts all consumers. An existing cluster cannot be changed to or from auto."""
    nodes: NodeSettings = NodeSettings()
    """The managed node group. Only used if compute is nodes."""
    volumes: bool = False
    """Whether pods may use EBS volumes."""

    @property
    def node_group(self) -> NodeGroup:
        """Managed node group, used if compute is nodes."""
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
        """Warning about a version that the program does not know."""
        return VERSIONS.warnings("platform.version", self.version)

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors about keys that the compute does not support, and about pods that do not fit."""
        yield from consumer_errors(context.pipes)
        if self.compute != "fargate":
            yield from self._selector_errors(context)
            if context.system_workloads.volumes and not self.volumes:
                text = "must be true, got false (the brokers of the streaming service store their records on volumes). Set it to true."
                yield ConfigError(path=("platform", "volumes"), text=text)
        if self.compute == "nodes":
            yield from self.node_group.config_errors(context.pipes, context.system_workloads)
            return
        if "nodes" in self.model_fields_set:
            reason = "Fargate has no nodes" if self.compute == "fargate" else "Auto Mode selects nodes itself"
            yield ConfigError(
                path=("platform", "nodes"),
                text=f"is not available with compute {self.compute} ({reason}). Remove nodes, or set compute to nodes.",
            )
        yield from self._fargate_errors(context) if self.compute == "fargate" else self._auto_errors(context)

    def _labels(self, placement: NodePlacement) -> Mapping[str, NodeLabel]:
        """Return the node labels that consumers can select."""
        return (
            auto_labels(placement)
            if self.compute == "auto"
            else group_labels(placement, instance(self.nodes.instance_type))
        )

    def _selector_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors about node selectors that no node matches. Their replicas would stay pending."""
        if not isinstance(context.account, AwsSettings) or not isinstance(context.network, AwsNetworkSettings):
            return
        region = context.account.region
        zones = tuple(context.network.zones or zone_letters(region))
        labels = self._labels(NodePlacement(region=region, zones=None if context.network.existing else zones))
        yield from selector_errors(context.pipes, labels)

    def _fargate_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors about settings that Fargate does not support (EKS, AWS Fargate considerations)."""
        region = context.account.region if isinstance(context.account, AwsSettings) else ""
        if region.startswith("us-gov-"):
            text = f"must be nodes or auto in {region}, got fargate (EKS has no Fargate there). Use nodes or auto."
            yield ConfigError(path=("platform", "compute"), text=text)
        if context.system_workloads.pods:
            text = (
                "must be nodes or auto, got fargate (the brokers of the streaming service run in this cluster and need volumes, which pods "
                "on Fargate cannot mount: EKS, AWS Fargate considerations). Remove it, or use another streaming.service."
            )
            yield ConfigError(path=("platform", "compute"), text=text)
        if self.volumes:
            text = (
                "must be false with compute fargate, got true (pods on Fargate cannot mount EBS volumes). "
                "Remove it, or set compute to nodes or auto."
            )
            yield ConfigError(path=("platform", "volumes"), text=text)
        for name, pipe in context.pipes.items():
            consumer = pipe.consumer
            if consumer.node_selector:
                text = "is not available with compute fargate (Fargate has no nodes to select). Remove it."
                yield ConfigError(path=("pipes", name, "consumer", "nodeSelector"), text=text)
            if not LARGEST_FARGATE_POD.fits(replica_resources(consumer.cpu, consumer.memory)):
                text = (
                    f"must fit in the largest pod on Fargate ({LARGEST_FARGATE_POD.cpu}m CPU and {LARGEST_FARGATE_POD.memory}Mi), "
                    f"got {consumer.cpu} CPU and {consumer.memory}. Lower cpu or memory, or set platform.compute to nodes or auto."
                )
                yield ConfigError(path=("pipes", name, "consumer"), text=text)

    def _auto_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors about replicas and brokers that do not fit on any node of Auto Mode."""
        largest = instance(LARGEST_AUTO_NODE).capacity
        for pod in (pod for pod, _ in context.system_workloads.pods if not largest.fits(pod)):
            text = (
                f"must have pods that fit on the largest node of Auto Mode ({largest.cpu}m CPU and {largest.memory}Mi), got a pod of "
                f"{pod.cpu}m CPU and {pod.memory}Mi. Lower cpu or memory, or set platform.compute to nodes."
            )
            yield ConfigError(path=("streaming",), text=text)
        for name, pipe in context.pipes.items():
            consumer = pipe.consumer
            if not largest.fits(replica_resources(consumer.cpu, consumer.memory)):
                text = (
                    f"must fit on the largest node of Auto Mode ({largest.cpu}m CPU and {largest.memory}Mi), "
                    f"got {consumer.cpu} CPU and {consumer.memory}. Lower cpu or memory, or set platform.compute to nodes."
                )
                yield ConfigError(path=("pipes", name, "consumer"), text=text)
