"""A group of equal nodes, and whether all that is to run on it finds room: arithmetic and messages only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from components.kubernetes.nodes.capacity import Resources, nodes_for, replica_resources, replicas_on
from components.section import ConfigError
from components.settings_bases import PipeSettings, SystemWorkloads


@dataclass(frozen=True, kw_only=True)
class NodeGroup:
    """Nodes of one size that consumers share with what a streaming service runs beside them."""

    machine: str
    """The size of the nodes, as the cloud names it."""
    machine_key: str
    """The key of that size in platform.nodes."""
    capacity: Resources
    """What one node has for pods."""
    max: int
    """The number of nodes above which the group never goes."""

    def nodes_needed(self, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads) -> int:
        """How many nodes hold all replicas of all pipes and the residents; raises ValueError where a pod is larger than a node."""
        groups = [(_room(pipe), pipe.parallelism) for pipe in pipes.values()]
        return nodes_for(self.capacity, groups, system_workloads.pods)

    def config_errors(
        self, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads
    ) -> Iterator[ConfigError]:
        """Yield pods that no node of the group holds, and more pods than the largest number of nodes holds."""
        node = self.capacity
        fitting = {name: pipe for name, pipe in pipes.items() if node.fits(_room(pipe))}
        for name, pipe in pipes.items():
            if name in fitting:
                continue
            text = (
                f"asks for {pipe.consumer.cpu} CPU and {pipe.consumer.memory}, and an empty {self.machine} has {node.cpu}m and "
                f"{node.memory}Mi for consumers; lower cpu or memory, or choose a larger platform.nodes.{self.machine_key}"
            )
            yield ConfigError(path=("pipes", name, "consumer"), text=text)
        too_large = [pod for pod, _ in system_workloads.pods if not node.fits(pod)]
        for pod in too_large:
            text = (
                f"is {self.machine}, an empty one of which has {node.cpu}m and {node.memory}Mi for pods, and the streaming service runs pods of "
                f"{pod.cpu}m and {pod.memory}Mi; choose a larger one, or lower what streaming asks for"
            )
            yield ConfigError(path=("platform", "nodes", self.machine_key), text=text)
        if not too_large:
            yield from self._shortage(fitting, system_workloads)

    def _shortage(self, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads) -> Iterator[ConfigError]:
        node = self.capacity
        needed = self.nodes_needed(pipes, system_workloads)
        if needed <= self.max:
            return
        shares = [
            f"{name} {pipe.parallelism} replicas of {pipe.consumer.cpu} and {pipe.consumer.memory} at "
            f"{replicas_on(node, _room(pipe))} a node"
            for name, pipe in pipes.items()
        ]
        shares += [
            f"the streaming service {count} x {pod.cpu}m and {pod.memory}Mi" for pod, count in system_workloads.pods
        ]
        text = (
            f"is {self.max}, and all pods need {needed} nodes of {self.machine} ({node.cpu}m and {node.memory}Mi each for them): "
            f"{', '.join(shares)}; raise max to {needed}, choose a larger {self.machine_key}, or lower cpu and memory of the consumers"
        )
        yield ConfigError(path=("platform", "nodes", "max"), text=text)


def _room(pipe: PipeSettings) -> Resources:
    return replica_resources(pipe.consumer.cpu, pipe.consumer.memory)
