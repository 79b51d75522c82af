"""Amazon ECS settings."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Literal

from typing_extensions import override

from components.aws.ecs.fargate import size_error
from components.aws.encryption import LogDays
from components.consumer import ConsumerSettings
from components.section import ConfigError
from components.settings_bases import ServiceSettings, ValidationContext

TASKS_PER_SERVICE = 5000
"""Maximum number of tasks of a service (ECS, Service quotas)."""

STOP_SECONDS = 120
"""Maximum time in seconds that Fargate waits for a container to stop (ECS API, ContainerDefinition, stopTimeout)."""

KERNEL_DIRECTORIES = frozenset(PurePosixPath("/", name) for name in ("dev", "proc", "sys"))
"""Kernel file systems. No volume may be mounted in them at any depth."""

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
"""Directories whose content an image needs. No volume may replace them (Filesystem Hierarchy Standard)."""


class TaskSettings(ServiceSettings, frozen=True):
    """Settings of the tasks of the pipes, on a new or an existing cluster."""

    service: Literal["ecs"]
    """Always ecs."""
    architecture: Literal["X86_64", "ARM64"] = "X86_64"
    """The processor architecture of the consumers' images."""
    spot: bool = False
    """Whether tasks run on Fargate Spot, which is cheaper. AWS may stop Spot tasks with two minutes' notice. It cannot be changed
    while the services run (docs/aws.md, Spot on ECS)."""
    wait_for_steady_state: bool = True
    """Whether a deployment waits until all tasks run, and fails if they do not."""
    log_days: LogDays = 90
    """The number of days that the consumers' logs and the cluster's performance log are kept."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors about pipes that ECS or Fargate cannot run."""
        for name, pipe in context.pipes.items():
            if pipe.parallelism > TASKS_PER_SERVICE:
                text = (
                    f"must be at most {TASKS_PER_SERVICE} (the tasks of one ECS service: ECS, Service quotas), "
                    f"got {pipe.parallelism}. Lower it, or split the pipe."
                )
                yield ConfigError(path=("pipes", name, "parallelism"), text=text)
            for error in consumer_errors(pipe.consumer):
                yield error.under("pipes", name, "consumer")


class EcsSettings(TaskSettings, frozen=True):
    """Platform section of a stack file for ECS on Fargate."""

    cloud_services = ("ecr.api", "ecr.dkr", "logs", "secretsmanager")
    """Services that ECS calls to start a task (ECS, Interface VPC endpoints)."""

    container_insights: Literal["enhanced", "enabled"] = "enhanced"
    """The level of detail of the cluster's CloudWatch metrics: enhanced includes each container, enabled only each service."""


def consumer_errors(consumer: ConsumerSettings) -> Iterator[ConfigError]:
    """Yield errors about consumer settings that Fargate does not support."""
    size = size_error(consumer.cpu, consumer.memory)
    if size:
        yield size
    if consumer.node_selector:
        yield ConfigError(
            path=("nodeSelector",), text="is not available on ECS (Fargate has no nodes to select). Remove it."
        )
    if consumer.grace_period_seconds > STOP_SECONDS:
        text = (
            f"must be at most {STOP_SECONDS} on Fargate, got {consumer.grace_period_seconds} "
            "(Fargate then stops the container: ECS, stopTimeout). Lower it."
        )
        yield ConfigError(path=("gracePeriodSeconds",), text=text)
    for path in consumer.files:
        file = PurePosixPath(path)
        if file.parent in SYSTEM_DIRECTORIES or not KERNEL_DIRECTORIES.isdisjoint(file.parents):
            text = (
                f"must be in a separate directory, got {file.parent} (Fargate mounts whole directories, so the mount would hide the other "
                f"files there). Use a path such as /etc/consumer/{file.name}."
            )
            yield ConfigError(path=("files", path), text=text)
