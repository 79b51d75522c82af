"""A pipe's workload on ECS: its services and the resources that they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.aws.ecs.fargate import task_size
from components.aws.ecs.secrets import EcsSecret, EcsSecretArgs, reader_secrets, secret_content
from components.aws.ecs.service import EcsPlacement, EcsService, EcsServiceArgs
from components.aws.ecs.signals import service_signals
from components.aws.ecs.start_role import StartRoleArgs, start_role
from components.aws.ecs.task import ConsumerTask, container_definitions, volumes
from components.aws.encryption import LogDays
from components.aws.monitoring.metrics import Measurement
from components.contracts import Workload
from components.monitoring.signals import Signal


@dataclass(frozen=True, kw_only=True)
class EcsWorkloadArgs:
    """Arguments of EcsWorkload."""

    workload: Workload
    placement: EcsPlacement
    pull_policy: Output[str]
    """The policy for pulling images."""
    key_arn: Output[str]
    """The KMS key that encrypts the pipe's secret."""
    log_days: LogDays
    protect: bool


class EcsWorkload(ComponentResource):
    """ECS service with one task for each partition or, if each partition has its own reader, one service for each reader.

    The execution role is separate from the task role: it pulls the image, reads the pipe's secret and writes to the pipe's log group.
    The consumer cannot use it.
    """

    replicas: Output[int]
    signals: Sequence[Signal[Measurement]]

    def __init__(self, name: str, args: EcsWorkloadArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:EcsWorkload", name, None, opts)
        self.name = name
        self.args = args
        self.child = ResourceOptions(parent=self)
        workload = args.workload

        self.logs = args.placement.network.logs.group(f"pipe-{workload.name}", days=args.log_days, parent=self)
        self.secrets = {reader: reader_secrets(workload, reader) for reader in workload.connections}
        content = secret_content(self.secrets.values())
        secret = EcsSecretArgs(pipe=workload.name, content=content, key_arn=args.key_arn, protect=args.protect)
        self.secret = EcsSecret(name, secret, self.child) if content else None
        start = StartRoleArgs(
            purpose=f"Starts the tasks of the pipe {workload.name}",
            account=args.placement.network.account,
            pull_policy=args.pull_policy,
            log_group_arn=self.logs.arn,
            secret=self.secret,
            key_arn=args.key_arn,
        )
        self.role, self.rights = start_role(name, start, self.child)
        self.security_groups, self.rules = self._egress()
        services = [self._service(reader) for reader in workload.connections]
        self.replicas = Output.all(*(service.tasks for service in services)).apply(sum)
        self.signals = service_signals(
            args.placement.cluster_name, [service.service_name for service in services], self._tasks
        )
        self.register_outputs({"replicas": self.replicas})

    def _egress(self) -> tuple[list[Input[str]], list[Resource]]:
        """Make the security group for the pipe's consumer.egress setting, with its rules."""
        workload = self.args.workload
        if not workload.consumer.egress:
            return [], []
        group = aws.ec2.SecurityGroup(
            f"{self.name}-egress",
            vpc_id=self.args.placement.network.vpc_id,
            description=f"What the consumers of the pipe {workload.name} call",
            tags={"Name": f"{self.name}-egress"},
            opts=self.child,
        )
        rules: list[Resource] = [
            aws.vpc.SecurityGroupEgressRule(
                f"{self.name}-egress-{rule.cidr.replace('/', '-')}-{rule.port}",
                security_group_id=group.id,
                description=f"Named by pipes.{workload.name}.consumer.egress",
                cidr_ipv4=rule.cidr,
                ip_protocol="tcp",
                from_port=rule.port,
                to_port=rule.port,
                opts=self.child,
            )
            for rule in dict.fromkeys(workload.consumer.egress)
        ]
        return [group.id], rules

    def _service(self, reader: str) -> EcsService:
        workload = self.args.workload
        return EcsService(
            self._named(reader),
            EcsServiceArgs(
                placement=self.args.placement,
                purpose=f"Consumers of the pipe {workload.name}" + (f", reader {reader}" if reader else ""),
                size=task_size(workload.consumer.cpu, workload.consumer.memory),
                containers=self._containers(reader),
                volumes=list(volumes(self.secrets[reader].files).values()),
                grants=workload.connections[reader].grants,
                execution_role_arn=self.role.arn,
                security_group_ids=self.security_groups,
                tasks=self._tasks,
                after=[*self.rights, *self.rules],
            ),
            self.child,
        )

    @property
    def _tasks(self) -> Output[int]:
        """Return the tasks of each service."""
        readers = len(self.args.workload.connections)
        return self.args.workload.replicas.apply(lambda replicas: replicas // readers)

    def _named(self, reader: str) -> str:
        return f"{self.name}-{reader}" if reader else self.name

    def _containers(self, reader: str) -> Output[str]:
        workload, account = self.args.workload, self.args.placement.network.account
        consumer = workload.consumer
        variables, files = self.secrets[reader].variables, self.secrets[reader].files

        def render(known: Mapping[str, Any]) -> str:
            task = ConsumerTask(
                image=known["image"],
                health_command=consumer.health_command,
                stop_seconds=consumer.grace_period_seconds,
                environment=known["environment"],
                secrets=dict(zip(variables, known["variables"], strict=True)),
                files=dict(zip(files, known["files"], strict=True)),
                log_group=known["log_group"],
                log_prefix=self._named(reader),
                region=account.region,
            )
            return container_definitions(task)

        return Output.all(
            image=workload.image,
            environment={**consumer.variables, **workload.connections[reader].settings},
            variables=self._references([entry.key for entry in variables.values()]),
            files=self._references([entry.key for entry in files.values()]),
            log_group=self.logs.name,
        ).apply(render)

    def _references(self, keys: Sequence[str]) -> list[Output[str]]:
        return [self.secret.reference(key) for key in keys] if self.secret else []
