"""The settings of Azure Kubernetes Service."""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from typing_extensions import override

from components.azure.account import AzureSettings, Uuid
from components.azure.aks.labels import node_labels
from components.azure.aks.vm_size import machine
from components.azure.network.network import AzureNetworkSettings
from components.azure.network.subnets import NODE_ADDRESSES, check_usable
from components.kubernetes.nodes.group import NodeGroup
from components.kubernetes.nodes.labels import selector_errors
from components.kubernetes.platform import consumer_errors
from components.section import Cidr, ClosedCidr, ConfigError, Distinct, Pattern, QuotedText, SettingsModel
from components.settings_bases import PipeSettings, ServiceSettings, SystemWorkloads, ValidationContext
from components.versions import KnownVersions

VERSIONS = KnownVersions(
    service="AKS",
    versions=("1.34", "1.35", "1.36"),
    default="1.35",
    source="AKS, Supported Kubernetes versions, read 2026-08",
)
"""The support of Kubernetes 1.33 ended in July 2026."""

SYSTEM_NODES = 3
"""How many nodes run what the cluster itself needs: one in each zone (AKS, Use system node pools)."""

LEAST_SYSTEM_VCPUS = 4
"""Of a node of a system pool, with 4 GB of memory (AKS, Use system node pools)."""

NODE_RANGE = 256
"""Each node takes so many addresses for its pods, a /24 (AKS, Azure CNI Overlay)."""

API_ADDRESSES = 1
"""How many addresses of the nodes' subnet the private Kubernetes API takes (AKS, Create a private cluster)."""

PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
"""The ranges that AKS supports for pods and services (AKS, Azure CNI Overlay)."""

WIDEST_SERVICES, NARROWEST_SERVICES = 13, 28
"""The range of services must be smaller than a /12 (AKS, Azure CNI Overlay), and has DNS at its tenth address."""

ControlPlaneLog = Literal[
    "kube-apiserver",
    "kube-audit",
    "kube-audit-admin",
    "kube-controller-manager",
    "kube-scheduler",
    "cluster-autoscaler",
    "cloud-controller-manager",
    "guard",
    "csi-azuredisk-controller",
]

AUDITS = ("kube-audit", "kube-audit-admin")
"""The logs that tell who did what; the latter leaves out who only looked (AKS, Monitor AKS)."""


def _has_audit(logs: tuple[ControlPlaneLog, ...]) -> tuple[ControlPlaneLog, ...]:
    if not set(logs) & set(AUDITS):
        raise ValueError(f"must name {' or '.join(AUDITS)} too: without, nothing tells who did what; add one")
    return logs


def _known_machine(name: str) -> str:
    machine(name)
    return name


def _system_machine(name: str) -> str:
    vcpus = machine(name).vcpus
    if vcpus < LEAST_SYSTEM_VCPUS:
        raise ValueError(
            f"must have at least {LEAST_SYSTEM_VCPUS} vCPUs, as AKS asks of system nodes, and {name} has {vcpus}; choose a larger one, "
            "such as Standard_D4s_v5"
        )
    return name


def _inner_range(cidr: str) -> str:
    check_usable(cidr)
    network = IPv4Network(cidr)
    if not any(network.subnet_of(IPv4Network(private)) for private in PRIVATE):
        raise ValueError(
            f"must lie in one of the ranges that AKS supports, {', '.join(PRIVATE)}, not {cidr}, whose owner nobody in the cluster could reach"
        )
    return cidr


def _services_range(cidr: str) -> str:
    if not WIDEST_SERVICES <= IPv4Network(cidr).prefixlen <= NARROWEST_SERVICES:
        raise ValueError(
            f"must be from /{WIDEST_SERVICES} to /{NARROWEST_SERVICES}, not {cidr}; choose one such as 10.245.0.0/16"
        )
    return cidr


InnerCidr = Annotated[Cidr, AfterValidator(_inner_range)]
"""A range that is used inside the cluster alone."""


class EndpointSettings(SettingsModel, frozen=True):
    """From where the Kubernetes API may be reached, besides the virtual network."""

    public_cidrs: Annotated[tuple[ClosedCidr, ...], Field(max_length=199), Distinct] = ()
    """The ranges on the internet that may reach the Kubernetes API; with none it is private. To have any or none is for the life
    of a cluster. In an existing virtual network, nodes call from the addresses of its way out, which belong here too."""


class NodeSettings(SettingsModel, frozen=True):
    """The nodes that consumers run on."""

    vm_size: Annotated[str, AfterValidator(_known_machine)] = "Standard_D4s_v5"
    """The size of each node; for another, new nodes come up before the old ones are drained."""
    min: Annotated[int, Field(ge=1, le=1000)] = 3
    """The number of nodes below which the pool never goes; three are one in each zone."""
    max: Annotated[int, Field(ge=1, le=1000)] = 6
    """The number of nodes above which the pool never goes; a node pool has 1,000 at most (AKS, Service limits)."""
    disk_size: Annotated[int, Field(ge=30, le=2048)] = 128
    """The disk of each node in GiB; for another, new nodes come up before the old ones are drained."""

    @model_validator(mode="after")
    def _in_order(self) -> "NodeSettings":
        if self.min > self.max:
            raise ValueError(f"max must be at least min, not {self.max} with min {self.min}; raise max or lower min")
        return self


class SystemNodeSettings(SettingsModel, frozen=True):
    """The three nodes, one in each zone, that run what the cluster itself needs, and no consumers."""

    vm_size: Annotated[str, AfterValidator(_system_machine)] = "Standard_D4s_v5"
    """The size of each system node, for the life of a cluster."""


class AksSettings(ServiceSettings, frozen=True):
    """The platform section of a stack file, for AKS."""

    service: Literal["aks"]
    """Always aks."""
    version: Annotated[
        QuotedText,
        Pattern(r"1\.[1-9][0-9]", 'a Kubernetes version of two numbers in quotes, such as "1.35"'),
        AfterValidator(VERSIONS.check),
    ] = VERSIONS.default
    """The Kubernetes version of control plane and consumers' nodes; a cluster goes up by one minor version at a time (AKS, Upgrade a cluster)."""
    admin_groups: Annotated[tuple[Uuid, ...], Distinct] = ()
    """The object ids of the Entra groups that administer the cluster, by default whoever runs Pulumi.

    Name them, with yourself in one of them, where several people or a CI runner deploy: without, only the last one keeps the rights.
    """
    endpoint: EndpointSettings = EndpointSettings()
    """From where the Kubernetes API may be reached."""
    pod_cidr: InnerCidr = "10.244.0.0/16"
    """The range of the pods' addresses, known inside the cluster alone; each node takes a /24 of it."""
    service_cidr: Annotated[InnerCidr, AfterValidator(_services_range)] = "10.245.0.0/16"
    """The range of the addresses of Kubernetes services, known inside the cluster alone."""
    outbound_type: Literal["userAssignedNATGateway", "userDefinedRouting"] = "userAssignedNATGateway"
    """How nodes reach the internet: through the NAT gateway of their subnet, or as the route table of their subnet in an existing
    virtual network says, which must have a route for 0.0.0.0/0, such as to a firewall (AKS, Outbound types)."""
    nodes: NodeSettings = NodeSettings()
    """The nodes that consumers run on."""
    system_nodes: SystemNodeSettings = SystemNodeSettings()
    """The nodes that run what the cluster itself needs."""
    upgrade_channel: Literal["patch", "none"] = "patch"
    """Which new Kubernetes versions AKS itself brings in: patches, or none; a new minor version is yours to choose."""
    node_upgrade_channel: Literal["NodeImage", "SecurityPatch", "None"] = "NodeImage"
    """How AKS itself keeps the system of the nodes up to date: with a new image each week, with security patches, or not at all."""
    logs: Annotated[tuple[ControlPlaneLog, ...], Distinct, AfterValidator(_has_audit)] = (
        "kube-audit-admin",
        "kube-apiserver",
        "guard",
    )
    """The control plane's logs that are kept; one of the two audit logs always is."""

    @property
    def node_group(self) -> NodeGroup:
        """The consumers' nodes."""
        return NodeGroup(
            machine=self.nodes.vm_size,
            machine_key="vmSize",
            capacity=machine(self.nodes.vm_size).capacity,
            max=self.nodes.max,
        )

    def nodes_needed(self, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads) -> int:
        """How many nodes hold all replicas of all pipes and the residents; raises ValueError where a pod is larger than a node."""
        return self.node_group.nodes_needed(pipes, system_workloads)

    @property
    def most_nodes(self) -> int:
        """How many nodes there may be for a time: all twice, while a pool is exchanged for one of another size or brought up to date."""
        return 2 * (self.nodes.max + SYSTEM_NODES)

    @property
    @override
    def warnings(self) -> Sequence[str]:
        """A version that the program does not know."""
        return VERSIONS.warnings("platform.version", self.version)

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield ranges that overlap or are too small, labels that no node has, and pods that find no room."""
        yield from consumer_errors(context.pipes)
        yield from self.node_group.config_errors(context.pipes, context.system_workloads)
        if isinstance(context.account, AzureSettings):
            yield from selector_errors(
                context.pipes, node_labels(context.account.location, machine(self.nodes.vm_size))
            )
        if isinstance(context.network, AzureNetworkSettings):
            yield from self._network_errors(context.network)

    def _network_errors(self, network: AzureNetworkSettings) -> Iterator[ConfigError]:
        vnet = network.existing.cidr if network.existing else network.cidr
        yield from _overlap("podCidr", self.pod_cidr, "platform.serviceCidr", self.service_cidr)
        yield from _overlap("podCidr", self.pod_cidr, "the virtual network", vnet)
        yield from _overlap("serviceCidr", self.service_cidr, "the virtual network", vnet)
        if self.outbound_type == "userDefinedRouting" and not network.existing:
            text = (
                "must be userAssignedNATGateway in a virtual network that is made here, whose nodes' subnet has a NAT gateway and no route "
                "table; remove it, or adopt a virtual network with network.existing"
            )
            yield ConfigError(path=("platform", "outboundType"), text=text)
        ranges = IPv4Network(self.pod_cidr).num_addresses // NODE_RANGE
        if self.most_nodes > ranges:
            text = (
                f"has ranges for the pods of {ranges} nodes, {NODE_RANGE} addresses each, and there may be {self.most_nodes} nodes for a time, "
                f"twice platform.nodes.max and {SYSTEM_NODES} system nodes; choose a wider range, or lower max"
            )
            yield ConfigError(path=("platform", "podCidr"), text=text)
        if not network.existing and self.most_nodes > NODE_ADDRESSES - API_ADDRESSES:
            text = (
                f"is {self.nodes.max}, and the nodes' subnet has addresses for {NODE_ADDRESSES - API_ADDRESSES} nodes, of which there may be "
                f"{self.most_nodes} for a time, twice max and {SYSTEM_NODES} system nodes; lower max to {(NODE_ADDRESSES - API_ADDRESSES) // 2 - SYSTEM_NODES}"
            )
            yield ConfigError(path=("platform", "nodes", "max"), text=text)


def _overlap(key: str, cidr: str, others_name: str, other: str) -> Iterator[ConfigError]:
    if IPv4Network(cidr).overlaps(IPv4Network(other)):
        text = f"is {cidr} and overlaps {other} of {others_name}, so that one address would mean two things; choose a range outside it"
        yield ConfigError(path=("platform", key), text=text)
