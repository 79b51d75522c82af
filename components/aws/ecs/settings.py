"""The settings of Amazon ECS on Fargate."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Literal

from typing_extensions import override

from components.aws.ecs.fargate import size_mistake
from components.aws.encryption import LogDays
from components.consumer import ConsumerSettings
from components.section import ConfigError
from components.settings_bases import ServiceSettings, ValidationContext

TASKS_PER_SERVICE = 5000
"""How many tasks a service has at most (ECS, Service quotas)."""

STOP_SECONDS = 120
"""The longest that Fargate waits for a container to stop (ECS API, ContainerDefinition, stopTimeout)."""

KERNEL_DIRECTORIES = frozenset(PurePosixPath("/", name) for name in ("dev", "proc", "sys"))
"""Where the kernel itself shows files, which nothing may be mounted over, however deep."""

SYSTEM_DIRECTORIES = frozenset(
    PurePosixPath("/", name)
    for name in (
        *(
            "",
            "bin",
            "boot",
            "etc",
            "etc/pki",
            "etc/ssl",
            "etc/ssl/certs",
            "home",
            "lib",
            "lib64",
            "media",
            "mnt",
            "opt",
        ),
        *("root", "run", "sbin", "srv", "tmp", "usr", "usr/bin", "usr/lib", "usr/lib64", "usr/local", "usr/local/bin"),
        *("usr/local/lib", "usr/sbin", "usr/share", "var", "var/lib", "var/run", "var/tmp"),
    )
)
"""Directories whose content an image needs, so no volume may take their place (Filesystem Hierarchy Standard)."""


class EcsSettings(ServiceSettings, frozen=True):
    """The platform section of a stack file, for ECS on Fargate."""

    cloud_services = ("ecr.api", "ecr.dkr", "logs", "secretsmanager")
    """Those that starting a task calls (ECS, Interface VPC endpoints)."""

    service: Literal["ecs"]
    """Always ecs."""
    architecture: Literal["X86_64", "ARM64"] = "X86_64"
    """The processor that the consumers' images are built for."""
    spot: bool = False
    """Whether tasks run on spare capacity, cheaper and stopped by AWS with two minutes' notice; fixed for the life of the services
    (docs/aws.md, Changing it later)."""
    wait_for_steady_state: bool = True
    """Whether a deployment waits until all tasks run, and fails where they do not."""
    log_days: LogDays = 90
    """How many days the consumers' logs and the cluster's performance log are kept."""
    container_insights: Literal["enhanced", "enabled"] = "enhanced"
    """How fine the metrics are that CloudWatch has of the cluster: enhanced down to each container, enabled down to each service."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield what Fargate or a service of ECS cannot do for a pipe."""
        for name, pipe in context.pipes.items():
            if pipe.parallelism > TASKS_PER_SERVICE:
                text = (
                    f"must be at most {TASKS_PER_SERVICE} on ECS, whose services have no more tasks (ECS, Service quotas), not "
                    f"{pipe.parallelism}; lower it, or divide the pipe"
                )
                yield ConfigError(path=("pipes", name, "parallelism"), text=text)
            for error in consumer_errors(pipe.consumer):
                yield error.under("pipes", name, "consumer")


def consumer_errors(consumer: ConsumerSettings) -> Iterator[ConfigError]:
    """Yield what is said of a consumer that Fargate cannot do."""
    size = size_mistake(consumer.cpu, consumer.memory)
    if size:
        yield size
    if consumer.node_selector:
        yield ConfigError(
            path=("nodeSelector",), text="would have no effect, since Fargate has no nodes to choose from; remove it"
        )
    if consumer.grace_period_seconds > STOP_SECONDS:
        text = (
            f"must be at most {STOP_SECONDS} on Fargate, which ends a container then (ECS, stopTimeout), not "
            f"{consumer.grace_period_seconds}; lower it"
        )
        yield ConfigError(path=("gracePeriodSeconds",), text=text)
    for path in consumer.files:
        file = PurePosixPath(path)
        if file.parent in SYSTEM_DIRECTORIES or not KERNEL_DIRECTORIES.isdisjoint(file.parents):
            text = (
                f"would hide all else that is in {file.parent}, since Fargate mounts directories and no single files; put it in a "
                f"directory of its own, such as /etc/consumer/{file.name}"
            )
            yield ConfigError(path=("files", path), text=text)
