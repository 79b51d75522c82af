"""Amazon ECS on Fargate: a cluster without nodes, and the consumers that run on it."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Literal

import pulumi_aws as aws
from pulumi import Output, ResourceOptions
from typing_extensions import override

from components.aws.ecs_service import Place
from components.aws.ecs_workload import EcsWorkload, EcsWorkloadArgs
from components.aws.encryption import LogDays, key
from components.aws.fargate import size_mistake
from components.aws.network import Network
from components.aws.policy import key_policy, logs_key_statement
from components.aws.registry import EcrRegistry
from components.consumer import ConsumerSettings
from components.contracts import Deployed, Platform, PlatformArgs, ServiceSettings, Surroundings, Workload
from components.section import Mistake

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
    def mistakes(self, rest: Surroundings) -> Iterator[Mistake]:
        """Yield what Fargate or a service of ECS cannot do for a pipe."""
        for name, pipe in rest.pipes.items():
            if pipe.parallelism > TASKS_PER_SERVICE:
                text = (
                    f"must be at most {TASKS_PER_SERVICE} on ECS, whose services have no more tasks (ECS, Service quotas), not "
                    f"{pipe.parallelism}; lower it, or divide the pipe"
                )
                yield Mistake(path=("pipes", name, "parallelism"), text=text)
            for mistake in consumer_mistakes(pipe.consumer):
                yield mistake.under("pipes", name, "consumer")


def consumer_mistakes(consumer: ConsumerSettings) -> Iterator[Mistake]:
    """Yield what is said of a consumer that Fargate cannot do."""
    size = size_mistake(consumer.cpu, consumer.memory)
    if size:
        yield size
    if consumer.node_selector:
        yield Mistake(
            path=("nodeSelector",), text="would have no effect, since Fargate has no nodes to choose from; remove it"
        )
    if consumer.grace_period_seconds > STOP_SECONDS:
        text = (
            f"must be at most {STOP_SECONDS} on Fargate, which ends a container then (ECS, stopTimeout), not "
            f"{consumer.grace_period_seconds}; lower it"
        )
        yield Mistake(path=("gracePeriodSeconds",), text=text)
    for path in consumer.files:
        file = PurePosixPath(path)
        if file.parent in SYSTEM_DIRECTORIES or not KERNEL_DIRECTORIES.isdisjoint(file.parents):
            text = (
                f"would hide all else that is in {file.parent}, since Fargate mounts directories and no single files; put it in a "
                f"directory of its own, such as /etc/consumer/{file.name}"
            )
            yield Mistake(path=("files", path), text=text)


class Ecs(Platform):
    """A cluster on Fargate with Container Insights, and the key of what its pipes keep secret."""

    cluster: aws.ecs.Cluster

    def __init__(
        self, name: str, args: PlatformArgs[EcsSettings, Network, EcrRegistry], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:aws:Ecs", name, None, opts)
        self.name = name
        self.args = args
        settings, network = args.settings, args.network
        child = ResourceOptions(parent=self)

        encryption = self._key()
        performance = aws.cloudwatch.LogGroup(
            f"{name}-ecs-logs",
            name=performance_log_path(name),
            retention_in_days=settings.log_days,
            kms_key_id=encryption.arn,
            opts=child,
        )
        self.cluster = aws.ecs.Cluster(
            f"{name}-ecs",
            name=name,
            settings=[aws.ecs.ClusterSettingArgs(name="containerInsights", value=settings.container_insights)],
            tags={"Name": name},
            opts=ResourceOptions(parent=self, protect=args.protect, depends_on=[performance]),
        )
        capacity = aws.ecs.ClusterCapacityProviders(
            f"{name}-ecs",
            cluster_name=self.cluster.name,
            capacity_providers=["FARGATE", "FARGATE_SPOT"],
            opts=child,
        )
        self.key_arn = encryption.arn
        self.pull_policy = args.registry.pull_policy()
        self.place = Place(
            network=network,
            cluster_arn=self.cluster.arn,
            capacity_provider="FARGATE_SPOT" if settings.spot else "FARGATE",
            architecture=settings.architecture,
            wait_for_steady_state=settings.wait_for_steady_state,
            ready=[capacity, *network.way_out],
        )
        self.outputs = {"clusterName": self.cluster.name}
        self.register_outputs(dict(self.outputs))

    def _key(self) -> aws.kms.Key:
        """The key of the pipes' secrets and of the performance log, which ECS would make itself, without key or end."""
        account = self.args.network.account

        def policy(known: list[str]) -> str:
            partition, account_id = known
            logs = logs_key_statement(
                partition=partition, account=account_id, region=account.region, paths=[performance_log_path(self.name)]
            )
            return key_policy(partition=partition, account=account_id, statements=[logs])

        return key(
            f"{self.name}-ecs-key",
            purpose=f"Encrypts the secrets of the pipes and the performance log of {self.name}",
            policy=Output.all(account.partition, account.id).apply(policy),
            parent=self,
            protect=self.args.protect,
        )

    @override
    def run(self, workload: Workload, opts: ResourceOptions) -> Deployed:
        """Run a pipe's consumers as tasks with a role that only they have."""
        tasks = EcsWorkload(
            f"{self.name}-{workload.name}",
            EcsWorkloadArgs(
                workload=workload,
                place=self.place,
                pull_policy=self.pull_policy,
                key_arn=self.key_arn,
                log_days=self.args.settings.log_days,
                protect=self.args.protect,
            ),
            opts,
        )
        return Deployed(replicas=tasks.replicas)


def performance_log_path(cluster: str) -> str:
    """The log group that Container Insights writes to (CloudWatch, Container Insights performance log events for ECS)."""
    return f"/aws/ecs/containerinsights/{cluster}/performance"
