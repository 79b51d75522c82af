"""How many nodes a set of consumers needs, and what a streaming service runs beside them: arithmetic only."""

from collections.abc import Sequence
from dataclasses import dataclass

ZONES = 3
"""How many zones the nodes of a platform are shared out over."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """Room on a node: CPU in thousandths of a vCPU, memory in MiB, and a number of pods."""

    cpu: int
    memory: int
    pods: int = 1

    def holds(self, other: "Room") -> bool:
        """Whether the other room fits into this one."""
        return other.cpu <= self.cpu and other.memory <= self.memory and other.pods <= self.pods

    def less(self, other: "Room") -> "Room":
        """What is left of this room when the other is taken from it."""
        return Room(cpu=self.cpu - other.cpu, memory=self.memory - other.memory, pods=self.pods - other.pods)

    def times(self, count: int) -> "Room":
        """The room of so many replicas."""
        return Room(cpu=self.cpu * count, memory=self.memory * count, pods=self.pods * count)


def replica_room(cpu: str, memory: str) -> Room:
    """The room of one replica, from Kubernetes quantities such as 500m and 512Mi."""
    millicores = int(cpu[:-1]) if cpu.endswith("m") else int(cpu) * 1000
    mebibytes = int(memory[:-2]) * (1024 if memory.endswith("Gi") else 1)
    return Room(cpu=millicores, memory=mebibytes)


def replicas_on(node: Room, replica: Room) -> int:
    """How many equal replicas a node with this room holds."""
    return max(0, min(node.cpu // replica.cpu, node.memory // replica.memory, node.pods // replica.pods))


def nodes_for(node: Room, groups: Sequence[tuple[Room, int]], residents: Sequence[tuple[Room, int]] = ()) -> int:
    """How many nodes hold all groups of equal replicas, packed largest first, each on the first nodes with room.

    `residents` come before them, and cannot leave the zone that their volume is in: each zone has nodes enough for an even share of
    them, and for one of which there is only one, since it may be that one's.
    Raises ValueError where a replica is larger than an empty node.
    """
    in_each_zone = _packed(node, [], [(room, -(-count // ZONES)) for room, count in residents])
    return len(_packed(node, in_each_zone * ZONES, groups))


def _packed(node: Room, nodes: Sequence[Room], groups: Sequence[tuple[Room, int]]) -> list[Room]:
    """What is left of each node, those there are and those that had to be added, when all groups are on them."""
    left_over = list(nodes)
    for replica, count in sorted(groups, key=lambda group: (group[0].cpu, group[0].memory), reverse=True):
        if not node.holds(replica):
            raise ValueError(
                f"a replica of {replica.cpu}m and {replica.memory}Mi is larger than a node's {node.cpu}m and {node.memory}Mi"
            )
        left = count
        for index, free in enumerate(left_over):
            placed = min(left, replicas_on(free, replica))
            left_over[index] = free.less(replica.times(placed))
            left -= placed
        full = replicas_on(node, replica)
        left_over += [node.less(replica.times(min(full, left - start))) for start in range(0, left, full)]
    return left_over
