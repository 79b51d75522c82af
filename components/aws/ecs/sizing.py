"""Sizing of ECS on Fargate: one task for each replica."""

from collections.abc import Iterator, Mapping, Sequence

from typing_extensions import override

from components.aws.ecs.settings import TASKS_PER_SERVICE, EcsSettings
from components.load import Need
from components.settings_bases import PipeSettings, SystemWorkloads
from components.sizing import PlatformSizing


class EcsSizing(PlatformSizing[EcsSettings]):
    """Sizing of ECS on Fargate."""

    @override
    def sections(
        self, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads
    ) -> Sequence[Mapping[str, object]]:
        return [{"service": "ecs"}]

    @override
    def needs(
        self, settings: EcsSettings, pipes: Mapping[str, PipeSettings], system_workloads: SystemWorkloads
    ) -> Iterator[Need]:
        """Yield the tasks of each pipe. Each pipe is one ECS service."""
        for name, pipe in pipes.items():
            yield Need(
                what=f"tasks of {pipe.consumer.cpu} CPU and {pipe.consumer.memory}",
                limit="tasks of an ECS service",
                exact=pipe.parallelism,
                amount=pipe.parallelism,
                have=TASKS_PER_SERVICE,
                most=TASKS_PER_SERVICE,
                formula="one for each replica",
                source="ECS, Service quotas, read 2026-11-22",
                more=f"Split the pipe {name}, or set platform.service to eks.",
            )
