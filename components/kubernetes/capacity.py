"""How many nodes a set of consumers needs: arithmetic only."""

from collections.abc import Sequence
from dataclasses import dataclass


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


def replica_room(cpu: str, memory: str) -> Room:
    """The room of one replica, from Kubernetes quantities such as 500m and 512Mi."""
    millicores = int(cpu[:-1]) if cpu.endswith("m") else int(cpu) * 1000
    mebibytes = int(memory[:-2]) * (1024 if memory.endswith("Gi") else 1)
    return Room(cpu=millicores, memory=mebibytes)


def replicas_on(node: Room, replica: Room) -> int:
    """How many equal replicas one empty node holds."""
    return max(0, min(node.cpu // replica.cpu, node.memory // replica.memory, node.pods // replica.pods))


def nodes_for(node: Room, replicas: Sequence[Room]) -> int:
    """How many nodes hold all replicas, packed largest first, each on the first node with room.

    Raises ValueError where a replica is larger than an empty node.
    """
    nodes: list[Room] = []
    for replica in sorted(replicas, key=lambda room: (room.cpu, room.memory), reverse=True):
        if not node.holds(replica):
            raise ValueError(
                f"a replica of {replica.cpu}m and {replica.memory}Mi is larger than a node's {node.cpu}m and {node.memory}Mi"
            )
        index = next((index for index, free in enumerate(nodes) if free.holds(replica)), None)
        if index is None:
            nodes.append(node.less(replica))
        else:
            nodes[index] = nodes[index].less(replica)
    return len(nodes)
