"""How many nodes a set of consumers needs, and what a streaming service runs beside them: arithmetic only."""

from collections.abc import Sequence
from dataclasses import dataclass

ZONES = 3
"""How many zones the nodes of a platform are shared out over."""


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Room on a node: CPU in thousandths of a vCPU, memory in MiB, and a number of pods."""

    cpu: int
    memory: int
    pods: int = 1

    def fits(self, other: "Resources") -> bool:
        """Whether the other room fits into this one."""
        return other.cpu <= self.cpu and other.memory <= self.memory and other.pods <= self.pods

    def __sub__(self, other: "Resources") -> "Resources":
        """What is left of this room when the other is taken from it."""
        return Resources(cpu=self.cpu - other.cpu, memory=self.memory - other.memory, pods=self.pods - other.pods)

    def __mul__(self, count: int) -> "Resources":
        """The room of so many replicas."""
        return Resources(cpu=self.cpu * count, memory=self.memory * count, pods=self.pods * count)


def replica_resources(cpu: str, memory: str) -> Resources:
    """The room of one replica, from Kubernetes quantities such as 500m and 512Mi."""
    millicores = int(cpu[:-1]) if cpu.endswith("m") else int(cpu) * 1000
    mebibytes = int(memory[:-2]) * (1024 if memory.endswith("Gi") else 1)
    return Resources(cpu=millicores, memory=mebibytes)


def replicas_on(node: Resources, replica: Resources) -> int:
    """How many equal replicas a node with this room holds."""
    return max(0, min(node.cpu // replica.cpu, node.memory // replica.memory, node.pods // replica.pods))


def nodes_for(
    node: Resources, groups: Sequence[tuple[Resources, int]], system_workloads: Sequence[tuple[Resources, int]] = ()
) -> int:
    """How many nodes hold all groups of equal replicas, packed largest first, each on the first nodes with room.

    `system_workloads` come before them, and cannot leave the zone that their volume is in: each zone has nodes enough for an even share of
    them, and for one of which there is only one, since it may be that one's.
    Raises ValueError where a replica is larger than an empty node.
    """
    in_each_zone = _packed(node, [], [(capacity, -(-count // ZONES)) for capacity, count in system_workloads])
    return len(_packed(node, in_each_zone * ZONES, groups))


def _packed(node: Resources, nodes: Sequence[Resources], groups: Sequence[tuple[Resources, int]]) -> list[Resources]:
    """What is left of each node, those there are and those that had to be added, when all groups are on them."""
    left_over = list(nodes)
    for replica, count in sorted(groups, key=lambda group: (group[0].cpu, group[0].memory), reverse=True):
        if not node.fits(replica):
            raise ValueError(
                f"a replica of {replica.cpu}m and {replica.memory}Mi is larger than a node's {node.cpu}m and {node.memory}Mi"
            )
        left = count
        for index, free in enumerate(left_over):
            placed = min(left, replicas_on(free, replica))
            left_over[index] = free - replica * placed
            left -= placed
        full = replicas_on(node, replica)
        left_over += [node - replica * min(full, left - start) for start in range(0, left, full)]
    return left_over
