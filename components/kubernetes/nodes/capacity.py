"""Number of nodes for the consumers and the system workloads of a streaming service. Arithmetic only."""

from collections.abc import Sequence
from dataclasses import dataclass

ZONES = 3
"""Number of zones that the nodes of a platform are spread over."""


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Resources of a node or of pods: CPU in thousandths of a vCPU, memory in MiB, and number of pods."""

    cpu: int
    memory: int
    pods: int = 1

    def fits(self, other: "Resources") -> bool:
        """Return whether the other resources fit into these."""
        return other.cpu <= self.cpu and other.memory <= self.memory and other.pods <= self.pods

    def __sub__(self, other: "Resources") -> "Resources":
        """Return what remains after the other resources are used."""
        return Resources(cpu=self.cpu - other.cpu, memory=self.memory - other.memory, pods=self.pods - other.pods)

    def __mul__(self, count: int) -> "Resources":
        """Return the resources of `count` replicas."""
        return Resources(cpu=self.cpu * count, memory=self.memory * count, pods=self.pods * count)


def replica_resources(cpu: str, memory: str) -> Resources:
    """Return the resources of one replica from Kubernetes quantities such as 500m and 512Mi."""
    millicores = int(cpu[:-1]) if cpu.endswith("m") else int(cpu) * 1000
    mebibytes = int(memory[:-2]) * (1024 if memory.endswith("Gi") else 1)
    return Resources(cpu=millicores, memory=mebibytes)


def replicas_on(node: Resources, replica: Resources) -> int:
    """Return how many equal replicas fit on a node."""
    return max(0, min(node.cpu // replica.cpu, node.memory // replica.memory, node.pods // replica.pods))


def nodes_for(
    node: Resources, groups: Sequence[tuple[Resources, int]], system_workloads: Sequence[tuple[Resources, int]] = ()
) -> int:
    """Return the number of nodes for all groups of equal replicas: largest replicas first, each on the first node with room.

    `system_workloads` are placed first. Their volumes bind them to a zone, so each zone gets enough nodes for an even share, rounded up:
    a single pod may be in any zone.
    Raises ValueError if a replica is larger than an empty node.
    """
    in_each_zone = _packed(node, [], [(capacity, -(-count // ZONES)) for capacity, count in system_workloads])
    return len(_packed(node, in_each_zone * ZONES, groups))


def _packed(node: Resources, nodes: Sequence[Resources], groups: Sequence[tuple[Resources, int]]) -> list[Resources]:
    """Place all groups, adding nodes if needed. Return the free resources of each node."""
    nodes_free = list(nodes)
    for replica, count in sorted(groups, key=lambda group: (group[0].cpu, group[0].memory), reverse=True):
        if not node.fits(replica):
            raise ValueError(
                f"a replica must fit on a node ({node.cpu}m CPU and {node.memory}Mi), got {replica.cpu}m CPU and {replica.memory}Mi"
            )
        left = count
        for index, free in enumerate(nodes_free):
            placed = min(left, replicas_on(free, replica))
            nodes_free[index] = free - replica * placed
            left -= placed
        full = replicas_on(node, replica)
        nodes_free += [node - replica * min(full, left - start) for start in range(0, left, full)]
    return nodes_free
