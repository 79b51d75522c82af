"""The settings of Google Kubernetes Engine."""

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
"""How many addresses of a subnet's primary range nobody gets (VPC, Unusable addresses in IPv4 subnet ranges)."""

API_ADDRESSES = 1
"""How many addresses of the nodes' subnet the Kubernetes API takes inside the network (GKE, Control plane access)."""

Log = Literal["SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER"]


def _has_system(logs: tuple[Log, ...]) -> tuple[Log, ...]:
    if "SYSTEM_COMPONENTS" not in logs:
        raise ValueError("must name SYSTEM_COMPONENTS too, without which GKE keeps no logs at all; add it")
    return logs


def _known_machine(name: str) -> str:
    machine(name)
    return name


class EndpointSettings(SettingsModel, frozen=True):
    """From where the Kubernetes API may be reached."""

    public_cidrs: Annotated[tuple[ClosedCidr, ...], Field(max_length=50), Distinct] = ()
    """The ranges on the internet that may reach the Kubernetes API at its own address, 50 at most (GKE, Authorized networks); with none it
    has only a name in public DNS, where Google asks IAM before anything else."""


class NodeSettings(SettingsModel, frozen=True):
    """The nodes that consumers run on, in mode standard."""

    machine_type: Annotated[str, AfterValidator(_known_machine)] = "e2-standard-4"
    """The machine type of each node; for another, new nodes come up before the old ones are drained."""
    min: Annotated[int, Field(ge=1, le=1000)] = 3
    """The number of nodes, over all zones, below which the pool never goes; three are one in each zone."""
    max: Annotated[int, Field(ge=ZONES, le=1000)] = 6
    """The number of nodes, over all zones, above which the pool never goes: from 3, since it begins with one in each zone, to the 1,000 of a
    node pool (GKE, Quotas and limits)."""
    disk_size: Annotated[int, Field(ge=30, le=65_536)] = 100
    """The disk of each node in GiB; for another, new nodes come up before the old ones are drained."""

    @model_validator(mode="after")
    def _in_order(self) -> "NodeSettings":
        if self.min > self.max:
            raise ValueError(f"max must be at least min, not {self.max} with min {self.min}; raise max or lower min")
        return self


class GkeSettings(ServiceSettings, frozen=True):
    """The platform section of a stack file, for GKE."""

    cloud_services = ("binaryauthorization", "container")

    service: Literal["gke"]
    """Always gke."""
    mode: Literal["standard", "autopilot"] = "standard"
    """Whether consumers run on a pool of nodes of their own, or on nodes that Google makes, keeps and charges by pod; for the life of a cluster."""
    release_channel: Literal["rapid", "regular", "stable", "extended"] = "regular"
    """Which Kubernetes versions GKE brings in by itself, and how soon (GKE, Release channels)."""
    maintenance_start: (
        Annotated[
            QuotedText, Pattern(r"([01][0-9]|2[0-3]):[0-5][0-9]", 'a time of day in UTC in quotes, such as "03:00"')
        ]
        | None
    ) = None
    """The time of day in UTC at which the four hours begin in which GKE upgrades the cluster, by default at any time."""
    admins: Annotated[
        tuple[
            Annotated[
                str,
                Pattern(
                    r"(user|group|serviceAccount):[^\s@:]+@[^\s@:]+|principal(Set)?://iam\.googleapis\.com/\S+",
                    "a member as IAM names it, such as group:platform@example.com",
                ),
            ],
            ...,
        ],
        Distinct,
    ] = ()
    """The members who administer this cluster and no other, besides whom the project lets in already, such as whoever deploys."""
    endpoint: EndpointSettings = EndpointSettings()
    """From where the Kubernetes API may be reached."""
    nodes: NodeSettings = NodeSettings()
    """The nodes that consumers run on, in mode standard."""
    logs: Annotated[tuple[Log, ...], Distinct, AfterValidator(_has_system)] = (
        "SYSTEM_COMPONENTS",
        "WORKLOADS",
        "APISERVER",
    )
    """The logs of the cluster that are kept, in Cloud Logging; who changed what is in the audit logs of the project besides."""
    deletion_protection: bool | None = None
    """Whether GKE's provider refuses to delete the cluster, by default as protect says. It holds until an `up` with false: destroy
    deletes nothing before."""

    @property
    def machine(self) -> Machine:
        """The machine type of the consumers' nodes, in mode standard."""
        return machine(self.nodes.machine_type)

    @property
    def node_group(self) -> NodeGroup:
        """The consumers' nodes, in mode standard."""
        return NodeGroup(
            machine=self.nodes.machine_type,
            machine_key="machineType",
            capacity=self.machine.capacity,
            max=self.nodes.max,
        )

    def nodes_needed(self, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads) -> int:
        """How many nodes hold all replicas of all pipes and the residents; raises ValueError where a pod is larger than a node."""
        return self.node_group.nodes_needed(pipes, system_workloads)

    @property
    def most_nodes(self) -> int:
        """How many nodes there may be for a time: all twice, while a pool is exchanged for one of another machine type."""
        return 2 * self.nodes.max

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield nodes that Autopilot has no use for, labels that no node has, pods that find no room, and nodes that find no addresses."""
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
            text = "would have no effect in mode autopilot, in which Google makes the nodes; remove nodes, or set mode to standard"
            yield ConfigError(path=("platform", "nodes"), text=text)
        if "WORKLOADS" not in self.logs:
            text = "must name WORKLOADS too in mode autopilot, which always keeps them (GKE, About GKE logs); add it"
            yield ConfigError(path=("platform", "logs"), text=text)
        yield from autopilot_errors(context.pipes, context.system_workloads)
        if isinstance(context.account, GcpSettings):
            yield from selector_errors(context.pipes, autopilot_labels(context.account.region))

    def _network_errors(self, network: GcpNetworkSettings) -> Iterator[ConfigError]:
        """Nodes and pods have addresses of the network, from ranges that are frozen with it."""
        nodes, pods = _ranges(network)
        each = self.machine.pod_addresses
        room = {
            f"the subnet {nodes} has addresses": IPv4Network(nodes).num_addresses - RESERVED_ADDRESSES - API_ADDRESSES,
            f"the range of pods {pods} has {each} addresses each": IPv4Network(pods).num_addresses // each,
        }
        fact, most = min(room.items(), key=lambda item: item[1])
        if self.most_nodes > most:
            way_out = f"lower max to {most // 2}" if most > 1 else "choose a wider range"
            text = (
                f"is {self.nodes.max}, and {fact} for {max(0, most)} nodes, of which there may be {self.most_nodes} for a time, twice max; "
                f"{way_out}, or make the network wider"
            )
            yield ConfigError(path=("platform", "nodes", "max"), text=text)


def _ranges(network: GcpNetworkSettings) -> tuple[str, str]:
    """The ranges that nodes and pods have their addresses from."""
    if network.existing:
        return network.existing.cidr, network.existing.pod_cidr
    made = layout(network.cidr)
    return made.nodes, made.pods
