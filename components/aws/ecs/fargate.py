"""Fargate task sizes, and the number of tasks that a rollout may stop at once."""

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
"""Possible memory of a task in MiB, by its CPU in millicores (ECS, Task size)."""


@dataclass(frozen=True, kw_only=True)
class TaskSize:
    """Task size in the format of the ECS API: CPU units (1024 are one vCPU) and memory in MiB, as text."""

    cpu: str
    memory: str


def task_size(cpu: str, memory: str) -> TaskSize:
    """Return the task size for Kubernetes quantities such as 500m and 1Gi. Fargate must support the pair."""
    replica = replica_resources(cpu, memory)
    return TaskSize(cpu=str(replica.cpu * 1024 // 1000), memory=str(replica.memory))


def size_error(cpu: str, memory: str) -> ConfigError | None:
    """Return the error about a consumer's cpu or memory if Fargate has no such task size."""
    replica = replica_resources(cpu, memory)
    fitting = MEMORY.get(replica.cpu)
    if fitting is None:
        sizes = _any_of([_cpu(each) for each in MEMORY])
        return ConfigError(
            path=("cpu",), text=f"must be {sizes} on Fargate, got {cpu} (ECS, Task size). Use one of these values."
        )
    if replica.memory in fitting:
        return None
    others = [_cpu(each) for each, memories in MEMORY.items() if replica.memory in memories]
    fix = f"Use such a memory, or keep {memory} with cpu {_any_of(others)}." if others else "Use such a memory."
    return ConfigError(
        path=("memory",),
        text=f"must be {_memories(fitting)} with cpu {cpu} on Fargate, got {memory} (ECS, Task size). {fix}",
    )


def minimum_healthy_percent(tasks: int) -> int:
    """Return the minimum healthy percent of a service whose rollouts never exceed the desired count.

    ECS rounds the number of tasks up (ECS API, DeploymentConfiguration), so the percentage is rounded down here. A rollout can stop
    at least one task, and at most about a quarter of the tasks. It is 0 for a paused service without tasks.
    """
    if tasks == 0:
        return 0
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
