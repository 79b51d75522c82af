"""What Fargate runs: the sizes that a task may have, and how many tasks of a service a rollout may stop at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.kubernetes.nodes.capacity import replica_resources
from components.section import ConfigError


def _gibibytes(first: int, last: int, step: int = 1) -> range:
    return range(first * 1024, last * 1024 + 1, step * 1024)


MEMORY: Mapping[int, Sequence[int]] = {
    250: (512, 1024, 2048),
    500: _gibibytes(1, 4),
    1000: _gibibytes(2, 8),
    2000: _gibibytes(4, 16),
    4000: _gibibytes(8, 30),
    8000: _gibibytes(16, 60, 4),
    16_000: _gibibytes(32, 120, 8),
    32_000: (60 * 1024, 120 * 1024, 244 * 1024),
}
"""The memory in MiB that a task may have, by its CPU in thousandths of a vCPU (ECS, Task size)."""


@dataclass(frozen=True, kw_only=True)
class TaskSize:
    """The size of a task as ECS takes it, in texts: CPU in units of which 1024 are a vCPU, memory in MiB."""

    cpu: str
    memory: str


def task_size(cpu: str, memory: str) -> TaskSize:
    """The size of a task from Kubernetes quantities such as 500m and 1Gi, of a pair that Fargate has."""
    room = replica_resources(cpu, memory)
    return TaskSize(cpu=str(room.cpu * 1024 // 1000), memory=str(room.memory))


def size_mistake(cpu: str, memory: str) -> ConfigError | None:
    """What is wrong with a consumer's cpu or memory where Fargate has no task of that size."""
    room = replica_resources(cpu, memory)
    fitting = MEMORY.get(room.cpu)
    if fitting is None:
        sizes = _any_of([_cpu(each) for each in MEMORY])
        return ConfigError(
            path=("cpu",), text=f"must be {sizes} on Fargate (ECS, Task size), not {cpu}; choose one of them"
        )
    if room.memory in fitting:
        return None
    others = [_cpu(each) for each, memories in MEMORY.items() if room.memory in memories]
    way_out = f"choose such a memory, or keep {memory} with cpu {_any_of(others)}" if others else "choose such a memory"
    return ConfigError(
        path=("memory",),
        text=f"must be {_memories(fitting)} with cpu {cpu} on Fargate (ECS, Task size), not {memory}; {way_out}",
    )


def minimum_healthy_percent(tasks: int) -> int:
    """The share of a service's tasks that must keep running in a rollout which may start none beyond their number.

    ECS rounds the least number of tasks up (ECS API, DeploymentConfiguration). So the share is rounded down here: a rollout can
    always stop one task, and about a quarter of them at most.
    """
    stopped = max(1, tasks // 4)
    return (tasks - stopped) * 100 // tasks


def _cpu(millicores: int) -> str:
    return f"{millicores}m" if millicores < 1000 else str(millicores // 1000)


def _memory(mebibytes: int) -> str:
    return f"{mebibytes}Mi" if mebibytes % 1024 else f"{mebibytes // 1024}Gi"


def _memories(fitting: Sequence[int]) -> str:
    if isinstance(fitting, range):
        return f"{_memory(fitting[0])} to {_memory(fitting[-1])} in steps of {_memory(fitting.step)}"
    return _any_of([_memory(each) for each in fitting])


def _any_of(choices: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(choices[:-1]), choices[-1])))
