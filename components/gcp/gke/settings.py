"""Platform settings for Google Kubernetes Engine."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from typing_extensions import override

from components.gcp.account import GcpSettings
from components.gcp.gke.autopilot import autopilot_errors
from components.gcp.gke.labels import autopilot_labels, pool_labels
from components.gcp.gke.machine_type import Machine, machine
from components.gcp.network.network import ZONES, GcpNetworkSettings
from components.gcp.network.subnets import layout
from components.kubernetes.nodes.group import NodeGroup
from components.kubernetes.nodes.labels import selector_errors
from components.kubernetes.platform import consumer_errors
from components.section import ClosedCidr, ConfigError, Distinct, Pattern, QuotedText, SettingsModel
from components.settings_bases import PipeSettings, ServiceSettings, SystemWorkloads, ValidationContext

RESERVED_ADDRESSES = 4
"""Reserved addresses in a subnet's primary range (VPC, Unusable addresses in IPv4 subnet ranges)."""

API_ADDRESSES = 1
"""Addresses of the nodes' subnet that the Kubernetes API uses (GKE, Control plane access)."""

Log = Literal["SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER"]


def _has_system(logs: tuple[Log, ...]) -> tuple[Log, ...]:
    if "SYSTEM_COMPONENTS" not in logs:
        raise ValueError("must include SYSTEM_COMPONENTS (without it GKE keeps no logs). Add SYSTEM_COMPONENTS.")
    return logs


def _known_machine(name: str) -> str:
    machine(name)
    return name


class EndpointSettings(SettingsModel, frozen=True):
    """Network access to the Kubernetes API."""

    public_cidrs: Annotated[tuple[ClosedCidr, ...], Field(max_length=50), Distinct] = ()
    """The public IP ranges that may reach the Kubernetes API at its IP address, at most 50 (GKE, Authorized networks). By default the API
    has only a public DNS name, where Google checks IAM before it forwards a request."""


class NodeSettings(SettingsModel, frozen=True):
    """Nodes for consumers in mode standard."""

    machine_type: Annotated[str, AfterValidator(_known_machine)] = "e2-standard-4"
    """The machine type of each node. If it changes, new nodes start before the old ones are drained."""
    min: Annotated[int, Field(ge=1, le=1000)] = 3
    """The fewest nodes of the pool, over all zones. With 3 there is one in each zone."""
    max: Annotated[int, Field(ge=ZONES, le=1000)] = 6
    """The most nodes of the pool, over all zones: 3 to 1,000 (GKE, Quotas and limits). At least 3 because the pool starts with one node in
    each zone."""
    disk_size: Annotated[int, Field(ge=30, le=65_536)] = 100
    """The disk size of each node in GiB. If it changes, new nodes start before the old ones are drained."""

    @model_validator(mode="after")
    def _in_order(self) -> "NodeSettings":
        if self.min > self.max:
            raise ValueError(f"max must be at least min ({self.min}), got {self.max}. Raise max or lower min.")
        return self


class GkeSettings(ServiceSettings, frozen=True):
    """Platform settings for GKE."""

    cloud_services = ("binaryauthorization", "container")

    service: Literal["gke"]
    """Always gke."""
    mode: Literal["standard", "autopilot"] = "standard"
    """The mode of the cluster. With standard, consumers run on their own node pool. With autopilot, Google manages the nodes and bills by pod.
    It cannot be changed after the cluster is created."""
    release_channel: Literal["rapid", "regular", "stable", "extended"] = "regular"
    """The release channel, which decides the Kubernetes versions that GKE installs automatically (GKE, Release channels)."""
    maintenance_start: (
        Annotated[
            QuotedText, Pattern(r"([01][0-9]|2[0-3]):[0-5][0-9]", 'a time of day in UTC in quotes, such as "03:00"')
        ]
        | None
    ) = None
    """The start of the daily four-hour maintenance window for upgrades, as a time of day in UTC. By default GKE can upgrade at any time."""
    admins: Annotated[
        tuple[
            Annotated[
                str,
                Pattern(
                    r"(user|group|serviceAccount):[^\s@:]+@[^\s@:]+|principal(Set)?://iam\.googleapis\.com/\S+",
                    "an IAM member such as group:platform@example.com",
                ),
            ],
            ...,
        ],
        Distinct,
    ] = ()
    """The IAM members that administer only this cluster. Members with a project-wide role, such as the deployer, have access too."""
    endpoint: EndpointSettings = EndpointSettings()
    """The network access to the Kubernetes API."""
    nodes: NodeSettings = NodeSettings()
    """The nodes for consumers in mode standard."""
    logs: Annotated[tuple[Log, ...], Distinct, AfterValidator(_has_system)] = (
        "SYSTEM_COMPONENTS",
        "WORKLOADS",
        "APISERVER",
    )
    """The cluster logs that are sent to Cloud Logging. Changes to the cluster are recorded in the project's audit logs."""
    deletion_protection: bool | None = None
    """Whether the provider refuses to delete the cluster. By default the same as protect. To delete the cluster, set it to false and run
    `pulumi up` before `pulumi destroy`."""

    @property
    def machine(self) -> Machine:
        """Machine type of the nodes in mode standard."""
        return machine(self.nodes.machine_type)

    @property
    def node_group(self) -> NodeGroup:
        """Node group in mode standard."""
        return NodeGroup(
            machine=self.nodes.machine_type,
            machine_key="machineType",
            capacity=self.machine.capacity,
            max=self.nodes.max,
        )

    def nodes_needed(self, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads) -> int:
        """Return the number of nodes for all replicas and system workloads. Raise ValueError if a pod does not fit on a node."""
        return self.node_group.nodes_needed(pipes, system_workloads)

    @property
    def most_nodes(self) -> int:
        """Most nodes at one time: twice max, while one pool replaces another."""
        return 2 * self.nodes.max

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors for node settings in mode autopilot, unknown node labels, pods that do not fit, and too few IP addresses."""
        yield from consumer_errors(context.pipes)
        if self.mode == "autopilot":
            yield from self._autopilot_errors(context)
            return
        yield from self.node_group.config_errors(context.pipes, context.system_workloads)
        if isinstance(context.account, GcpSettings):
            yield from selector_errors(context.pipes, pool_labels(context.account.region, self.machine))
        if isinstance(context.network, GcpNetworkSettings):
            yield from self._network_errors(context.network)

    def _autopilot_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        if "nodes" in self.model_fields_set:
            text = (
                "is not available in mode autopilot (Google manages the nodes). Remove nodes, or set mode to standard."
            )
            yield ConfigError(path=("platform", "nodes"), text=text)
        if "WORKLOADS" not in self.logs:
            text = "must include WORKLOADS in mode autopilot (it cannot be turned off; GKE, About GKE logs). Add WORKLOADS."
            yield ConfigError(path=("platform", "logs"), text=text)
        yield from autopilot_errors(context.pipes, context.system_workloads)
        if isinstance(context.account, GcpSettings):
            yield from selector_errors(context.pipes, autopilot_labels(context.account.region))

    def _network_errors(self, network: GcpNetworkSettings) -> Iterator[ConfigError]:
        """Yield an error if the subnet or the pod range has too few addresses for the most nodes."""
        nodes, pods = _ranges(network)
        each = self.machine.pod_addresses
        capacity = {
            f"the subnet {nodes} has addresses": IPv4Network(nodes).num_addresses - RESERVED_ADDRESSES - API_ADDRESSES,
            f"the pod range {pods} has {each} addresses per node": IPv4Network(pods).num_addresses // each,
        }
        reason, most = min(capacity.items(), key=lambda item: item[1])
        if self.most_nodes > most:
            reason = f"{reason} for {max(0, most)} nodes; replacing a pool needs twice max"
            if most // 2 >= ZONES:
                text = (
                    f"must be at most {most // 2}, got {self.nodes.max} ({reason}). Lower max, or use a wider network."
                )
            else:
                text = f"must fit into the network, got {self.nodes.max} ({reason}). Use a wider network."
            yield ConfigError(path=("platform", "nodes", "max"), text=text)


def _ranges(network: GcpNetworkSettings) -> tuple[str, str]:
    """Return the address ranges of nodes and pods."""
    if network.existing:
        return network.existing.cidr, network.existing.pod_cidr
    made = layout(network.cidr)
    return made.nodes, made.pods
