"""Settings of Azure Kubernetes Service."""

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
"""Support for Kubernetes 1.33 ended in July 2026."""

SYSTEM_NODES = 3
"""Number of system nodes: one in each zone (AKS, Use system node pools)."""

LEAST_SYSTEM_VCPUS = 4
"""Minimum for a system node, with 4 GB of memory (AKS, Use system node pools)."""

NODE_RANGE = 256
"""Addresses for the pods of each node: a /24 (AKS, Azure CNI Overlay)."""

API_ADDRESSES = 1
"""Addresses of the nodes' subnet that the private Kubernetes API uses (AKS, Create a private cluster)."""

PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
"""Ranges that AKS supports for pods and services (AKS, Azure CNI Overlay)."""

WIDEST_SERVICES, NARROWEST_SERVICES = 13, 28
"""Prefix limits of the service range. It must be smaller than a /12 (AKS, Azure CNI Overlay) and contain address 10 for DNS."""

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
"""Audit logs. kube-audit-admin omits read requests (AKS, Monitor AKS)."""


def _has_audit(logs: tuple[ControlPlaneLog, ...]) -> tuple[ControlPlaneLog, ...]:
    if not set(logs) & set(AUDITS):
        raise ValueError(
            f"must include {' or '.join(AUDITS)} (the audit log), got {', '.join(logs) or 'no logs'}. Add one of them."
        )
    return logs


def _known_machine(name: str) -> str:
    machine(name)
    return name


def _system_machine(name: str) -> str:
    vcpus = machine(name).vcpus
    if vcpus < LEAST_SYSTEM_VCPUS:
        raise ValueError(
            f"must have at least {LEAST_SYSTEM_VCPUS} vCPUs (AKS, Use system node pools), got {name} with {vcpus}. Use a larger size, "
            "such as Standard_D4s_v5."
        )
    return name


def _inner_range(cidr: str) -> str:
    check_usable(cidr)
    network = IPv4Network(cidr)
    if not any(network.subnet_of(IPv4Network(private)) for private in PRIVATE):
        raise ValueError(
            f"must be within a range that AKS supports ({', '.join(PRIVATE)}), got {cidr} (pods could not reach this range outside the "
            "cluster). Choose a range such as 10.244.0.0/16."
        )
    return cidr


def _services_range(cidr: str) -> str:
    if not WIDEST_SERVICES <= IPv4Network(cidr).prefixlen <= NARROWEST_SERVICES:
        raise ValueError(
            f"must be from /{WIDEST_SERVICES} to /{NARROWEST_SERVICES}, got {cidr}. Choose a range such as 10.245.0.0/16."
        )
    return cidr


InnerCidr = Annotated[Cidr, AfterValidator(_inner_range)]
"""Range that is used only inside the cluster."""


class EndpointSettings(SettingsModel, frozen=True):
    """Public access to the Kubernetes API."""

    public_cidrs: Annotated[tuple[ClosedCidr, ...], Field(max_length=199), Distinct] = ()
    """Public IP ranges that can reach the Kubernetes API. Without ranges the API is private. A cluster cannot switch between private
    and public. In an existing virtual network, also add the addresses from which its nodes reach the internet."""


class NodeSettings(SettingsModel, frozen=True):
    """Node pool that runs the consumers."""

    vm_size: Annotated[str, AfterValidator(_known_machine)] = "Standard_D4s_v5"
    """VM size of the nodes. For another size, new nodes start before the old ones are drained."""
    min: Annotated[int, Field(ge=1, le=1000)] = 3
    """Minimum number of nodes. 3 puts one node in each zone."""
    max: Annotated[int, Field(ge=1, le=1000)] = 6
    """Maximum number of nodes, at most 1,000 (AKS, Service limits)."""
    disk_size: Annotated[int, Field(ge=30, le=2048)] = 128
    """Disk size of each node in GiB. For another size, new nodes start before the old ones are drained."""

    @model_validator(mode="after")
    def _in_order(self) -> "NodeSettings":
        if self.min > self.max:
            raise ValueError(
                f"max must be at least min, got max {self.max} and min {self.min}. Raise max or lower min."
            )
        return self


class SystemNodeSettings(SettingsModel, frozen=True):
    """System node pool: three nodes, one in each zone, for AKS components. Consumers do not run there."""

    vm_size: Annotated[str, AfterValidator(_system_machine)] = "Standard_D4s_v5"
    """VM size of the system nodes. It cannot be changed after the cluster is created."""


class AksSettings(ServiceSettings, frozen=True):
    """Platform settings for AKS."""

    service: Literal["aks"]
    """Always aks."""
    version: Annotated[
        QuotedText,
        Pattern(r"1\.[1-9][0-9]", 'a Kubernetes version of two numbers in quotes, such as "1.35"'),
        AfterValidator(VERSIONS.check),
    ] = VERSIONS.default
    """Kubernetes version of the control plane and the consumers' nodes. Upgrade one minor version at a time (AKS, Upgrade a cluster)."""
    admin_groups: Annotated[tuple[Uuid, ...], Distinct] = ()
    """Object IDs of the Entra groups that administer the cluster. By default the identity that runs Pulumi administers it.

    Set groups if several people or a CI runner deploy, and join one of them. Without groups, only the last deployer has access.
    """
    endpoint: EndpointSettings = EndpointSettings()
    """Public access to the Kubernetes API."""
    pod_cidr: InnerCidr = "10.244.0.0/16"
    """IP range of the pods, used only inside the cluster. Each node uses a /24 of it."""
    service_cidr: Annotated[InnerCidr, AfterValidator(_services_range)] = "10.245.0.0/16"
    """IP range of the Kubernetes services, used only inside the cluster."""
    outbound_type: Literal["userAssignedNATGateway", "userDefinedRouting"] = "userAssignedNATGateway"
    """How nodes reach the internet: userAssignedNATGateway uses the NAT gateway of their subnet. userDefinedRouting uses the route table
    of their subnet in an existing virtual network. That table needs a route for 0.0.0.0/0, for example to a firewall (AKS, Outbound
    types)."""
    nodes: NodeSettings = NodeSettings()
    """Node pool that runs the consumers."""
    system_nodes: SystemNodeSettings = SystemNodeSettings()
    """System node pool, which runs AKS components."""
    upgrade_channel: Literal["patch", "none"] = "patch"
    """Automatic Kubernetes upgrades by AKS: patch versions or none. Minor versions are upgraded only by changing version."""
    node_upgrade_channel: Literal["NodeImage", "SecurityPatch", "None"] = "NodeImage"
    """Automatic operating system updates by AKS: a new node image each week, security patches, or none."""
    logs: Annotated[tuple[ControlPlaneLog, ...], Distinct, AfterValidator(_has_audit)] = (
        "kube-audit-admin",
        "kube-apiserver",
        "guard",
    )
    """Control plane logs to keep. Include kube-audit or kube-audit-admin."""

    @property
    def node_group(self) -> NodeGroup:
        """Node pool of the consumers, for capacity checks."""
        return NodeGroup(
            machine=self.nodes.vm_size,
            machine_key="vmSize",
            capacity=machine(self.nodes.vm_size).capacity,
            max=self.nodes.max,
        )

    def nodes_needed(self, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads) -> int:
        """Return the number of nodes for all replicas and system workloads. Raise ValueError if a pod is larger than a node."""
        return self.node_group.nodes_needed(pipes, system_workloads)

    @property
    def most_nodes(self) -> int:
        """Peak number of nodes: twice the maximum, while a pool is replaced or upgraded."""
        return 2 * (self.nodes.max + SYSTEM_NODES)

    @property
    @override
    def warnings(self) -> Sequence[str]:
        """Return a warning if the program does not know the version."""
        return VERSIONS.warnings("platform.version", self.version)

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors about overlapping or small ranges, labels that no node has, and pods that do not fit."""
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
                "must be userAssignedNATGateway without network.existing, got userDefinedRouting (the virtual network that this stack creates "
                "has a NAT gateway and no route table). Remove it, or set network.existing."
            )
            yield ConfigError(path=("platform", "outboundType"), text=text)
        ranges = IPv4Network(self.pod_cidr).num_addresses // NODE_RANGE
        if self.most_nodes > ranges:
            text = (
                f"must have a /24 for each of {self.most_nodes} nodes, got {self.pod_cidr} for {ranges} nodes (during replacement there are twice "
                f"platform.nodes.max and twice {SYSTEM_NODES} system nodes). Choose a wider range or lower max."
            )
            yield ConfigError(path=("platform", "podCidr"), text=text)
        available = NODE_ADDRESSES - API_ADDRESSES
        if not network.existing and self.most_nodes > available:
            fitting = available // 2 - SYSTEM_NODES
            text = (
                f"must be at most {fitting}, got {self.nodes.max} (the nodes' subnet has addresses for {available} nodes; during replacement there are twice "
                f"max and twice {SYSTEM_NODES} system nodes, {self.most_nodes} in total). Lower max to {fitting}."
            )
            yield ConfigError(path=("platform", "nodes", "max"), text=text)


def _overlap(key: str, cidr: str, other_key: str, other: str) -> Iterator[ConfigError]:
    if IPv4Network(cidr).overlaps(IPv4Network(other)):
        text = f"must not overlap {other} ({other_key}), got {cidr}. Choose a range outside it."
        yield ConfigError(path=("platform", key), text=text)
