"""Group of equal nodes: the number of nodes that the pods need, and errors if they do not fit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from components.kubernetes.nodes.capacity import Resources, nodes_for, replica_resources, replicas_on
from components.section import ConfigError, first_three
from components.settings_bases import PipeSettings, SystemWorkloads


@dataclass(frozen=True, kw_only=True)
class NodeGroup:
    """Nodes of one size, shared by the consumers and the system workloads of the streaming service."""

    machine: str
    """Machine type of the nodes, by the cloud's name."""
    machine_key: str
    """Key of the machine type in platform.nodes."""
    capacity: Resources
    """Resources of one node that pods can use."""
    max: int
    """Maximum number of nodes."""

    def nodes_needed(self, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads) -> int:
        """Return the number of nodes for all replicas and system workloads. Raise ValueError if a pod does not fit on a node."""
        groups = [(_resources(pipe), pipe.parallelism) for pipe in pipes.values()]
        return nodes_for(self.capacity, groups, system_workloads.pods)

    def config_errors(
        self, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads
    ) -> Iterator[ConfigError]:
        """Yield pods that do not fit on a node, and pods that need more nodes than the maximum."""
        node = self.capacity
        fitting = {name: pipe for name, pipe in pipes.items() if node.fits(_resources(pipe))}
        for name, pipe in pipes.items():
            if name in fitting:
                continue
            text = (
                f"must fit on one {self.machine} node ({node.cpu}m CPU and {node.memory}Mi for consumers), got {pipe.consumer.cpu} CPU and "
                f"{pipe.consumer.memory}. Lower cpu or memory, or choose a larger platform.nodes.{self.machine_key}."
            )
            yield ConfigError(path=("pipes", name, "consumer"), text=text)
        too_large = [pod for pod, _ in system_workloads.pods if not node.fits(pod)]
        for pod in too_large:
            text = (
                f"must have room for the streaming service's pods of {pod.cpu}m CPU and {pod.memory}Mi, got {self.machine} ({node.cpu}m CPU and "
                f"{node.memory}Mi for pods). Choose a larger {self.machine_key}, or lower the resources in streaming."
            )
            yield ConfigError(path=("platform", "nodes", self.machine_key), text=text)
        if not too_large:
            yield from self._shortage(fitting, system_workloads)

    def _shortage(self, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads) -> Iterator[ConfigError]:
        node = self.capacity
        needed = self.nodes_needed(pipes, system_workloads)
        if needed <= self.max:
            return
        each_node = {name: replicas_on(node, _resources(pipe)) for name, pipe in pipes.items()}
        largest_first = sorted(pipes, key=lambda name: pipes[name].parallelism / each_node[name], reverse=True)
        replicas = [
            f"{name} {_replicas(pipes[name].parallelism)} of {pipes[name].consumer.cpu} CPU and {pipes[name].consumer.memory}, "
            f"{each_node[name]} per node"
            for name in largest_first
        ]
        shares = first_three(replicas, "pipe")
        shares += [
            f"streaming service {count} x {pod.cpu}m CPU and {pod.memory}Mi" for pod, count in system_workloads.pods
        ]
        text = (
            f"must be at least {needed}, got {self.max} ({self.machine} nodes with {node.cpu}m CPU and {node.memory}Mi for pods: "
            f"{'; '.join(shares)}). Raise max to {needed}, choose a larger {self.machine_key}, or lower cpu and memory of the consumers."
        )
        yield ConfigError(path=("platform", "nodes", "max"), text=text)


def _replicas(count: int) -> str:
    return "1 replica" if count == 1 else f"{count} replicas"


def _resources(pipe: PipeSettings) -> Resources:
    return replica_resources(pipe.consumer.cpu, pipe.consumer.memory)
