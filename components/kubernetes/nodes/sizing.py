"""Sizing of nodes: the machine type with the fewest vCPUs in total, and the number of nodes."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from typing_extensions import override

from components.kubernetes.nodes.capacity import ZONES, replica_resources, replicas_on
from components.kubernetes.nodes.group import NodeGroup
from components.load import Need, number
from components.settings_bases import PipeSettings, ServiceSettings, SystemWorkloads
from components.sizing import PlatformSizing

USUAL = 6
"""Default maximum of every node group."""

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


class NodeSizing(PlatformSizing[SettingsT]):
    """Sizing of a platform with one group of equal nodes."""

    model: type[SettingsT]
    service: str
    machines: Mapping[str, int]
    """Machine types to choose from, from small to large, with their vCPUs."""
    volumes: Mapping[str, object] = {}
    """Keys of the section that allow pods to use volumes."""

    @abstractmethod
    def group(self, settings: SettingsT) -> NodeGroup | None:
        """Return the nodes of a platform. None if the platform manages the nodes itself."""

    @override
    def sections(
        self, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads
    ) -> Sequence[Mapping[str, object]]:
        """Return a section for each machine type on which all pods fit, the one with the fewest vCPUs in total first, then with the fewest nodes."""
        found: list[tuple[int, int, Mapping[str, object]]] = []
        for machine, vcpus in self.machines.items():
            section = {"service": self.service, **(self.volumes if system_workloads.volumes else {})}
            default = self.group(self.model.model_validate(section))
            key = default.machine_key if default else ""
            group = self.group(self.model.model_validate({**section, "nodes": {key: machine}}))
            if group is None:
                return [section]
            try:
                nodes = max(ZONES, group.nodes_needed(pipes, system_workloads))
            except ValueError:  # a pod is larger than this node
                continue
            most = {"max": nodes} if nodes > USUAL else {}
            found.append((nodes * vcpus, nodes, {**section, "nodes": {key: machine, **most}}))
        return [section for _, _, section in sorted(found, key=lambda each: each[:2])]

    @override
    def needs(
        self, settings: SettingsT, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads
    ) -> Iterator[Need]:
        """Yield the nodes for all replicas and for the pods of the streaming service."""
        group = self.group(settings)
        if group is None:
            return
        shares = [
            f"{number(pipe.parallelism)} {'replica' if pipe.parallelism == 1 else 'replicas'} of {pipe.consumer.cpu} CPU and {pipe.consumer.memory}, {on_node(group, pipe)} per node"
            for pipe in list(pipes.values())[:3]
        ]
        nodes = group.nodes_needed(pipes, system_workloads)
        yield Need(
            key=("platform", "nodes", "max"),
            what=f"nodes of {group.machine}",
            limit="nodes",
            exact=nodes,
            amount=max(ZONES, nodes),
            have=group.max,
            formula="; ".join(shares) + ("; and the pods of the streaming service" if system_workloads.pods else ""),
            source="capacity of the machine type, as in plan",
            machines=True,
            fix=f"A larger {group.machine_key} needs fewer.",
        )


def on_node(group: NodeGroup, pipe: PipeSettings) -> int:
    """Return how many replicas of a pipe fit on an empty node."""
    return replicas_on(group.capacity, replica_resources(pipe.consumer.cpu, pipe.consumer.memory))
