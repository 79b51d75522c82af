"""Amazon ECS on Fargate."""

import pulumi_aws as aws
from pulumi import Output, ResourceOptions
from typing_extensions import override

from components.arguments import PlatformArgs
from components.aws.ecs.redrive import EcsRedrive, EcsRedriveArgs
from components.aws.ecs.service import EcsPlacement
from components.aws.ecs.settings import EcsSettings, TaskSettings
from components.aws.ecs.workload import EcsWorkload, EcsWorkloadArgs
from components.aws.encryption import key
from components.aws.network.network import Network
from components.aws.policy import key_policy, logs_key_statement
from components.aws.registry import EcrRegistry
from components.contracts import Deployed, Platform, Redrive, Workload
from components.redrive import redrive_name


class EcsPlatform(Platform):
    """ECS cluster that runs the consumers of each pipe as Fargate tasks."""

    name: str
    tasks: TaskSettings
    protect: bool
    key_arn: Output[str]
    """The KMS key that encrypts the secrets of the pipes."""
    pull_policy: Output[str]
    placement: EcsPlacement

    @override
    def run(self, workload: Workload, opts: ResourceOptions) -> Deployed:
        """Run a pipe's consumers as ECS tasks with their own IAM role."""
        tasks = EcsWorkload(
            f"{self.name}-{workload.name}",
            EcsWorkloadArgs(
                workload=workload,
                placement=self.placement,
                pull_policy=self.pull_policy,
                key_arn=self.key_arn,
                log_days=self.tasks.log_days,
                protect=self.protect,
            ),
            opts,
        )
        return Deployed(replicas=tasks.replicas, signals=tasks.signals)

    @override
    def redrive(self, redrive: Redrive, opts: ResourceOptions) -> None:
        """Make a task definition with its own IAM role."""
        EcsRedrive(
            redrive_name(f"{self.name}-{redrive.workload.name}"),
            EcsRedriveArgs(
                pipe=redrive.workload.name,
                image=redrive.workload.image,
                connection=redrive.connection,
                placement=self.placement,
                pull_policy=self.pull_policy,
                key_arn=self.key_arn,
                log_days=self.tasks.log_days,
                protect=self.protect,
            ),
            opts,
        )


class Ecs(EcsPlatform):
    """ECS cluster on Fargate with Container Insights, and the KMS key of its pipes' secrets."""

    cluster: aws.ecs.Cluster

    def __init__(
        self, name: str, args: PlatformArgs[EcsSettings, Network, EcrRegistry], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:aws:Ecs", name, None, opts)
        self.name = name
        self.args = args
        self.tasks, self.protect = args.settings, args.protect
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
        self.placement = EcsPlacement(
            network=network,
            cluster_name=self.cluster.name,
            cluster_arn=self.cluster.arn,
            capacity_provider="FARGATE_SPOT" if settings.spot else "FARGATE",
            architecture=settings.architecture,
            wait_for_steady_state=settings.wait_for_steady_state,
            ready=[capacity, *network.outbound],
        )
        self.outputs = {"clusterName": self.cluster.name}
        self.register_outputs(dict(self.outputs))

    def _key(self) -> aws.kms.Key:
        """Make the KMS key of the pipes' secrets and of the performance log. ECS itself makes that log unencrypted, without expiry."""
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


def performance_log_path(cluster: str) -> str:
    """Return the log group of Container Insights (CloudWatch, Container Insights performance log events for ECS)."""
    return f"/aws/ecs/containerinsights/{cluster}/performance"
