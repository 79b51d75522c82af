"""Job that replays the dead letters of a pipe on ECS: a task definition, which an operator runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.aws.ecs.secrets import EcsSecret, EcsSecretArgs
from components.aws.ecs.service import EcsPlacement, tasks_trust
from components.aws.ecs.start_role import StartRoleArgs, start_role
from components.aws.ecs.task import ConsumerTask, redrive_definitions
from components.aws.encryption import LogDays
from components.aws.rights import rights
from components.contracts import Connection

CPU, MEMORY = "256", "512"
"""Size of the task, the smallest of Fargate (ECS, Task definition parameters for Fargate)."""

STOP_SECONDS = 30
"""Seconds to finish the current batch after a stop."""


@dataclass(frozen=True, kw_only=True)
class EcsRedriveArgs:
    """Arguments of EcsRedrive."""

    pipe: str
    image: Output[str]
    """Image of the consumers."""
    connection: Connection
    placement: EcsPlacement
    pull_policy: Output[str]
    """The policy for pulling images."""
    key_arn: Output[str]
    """The KMS key that encrypts the secret."""
    log_days: LogDays
    protect: bool


class EcsRedrive(ComponentResource):
    """Task definition with a task role, an execution role and a log group of its own. Nothing runs it."""

    def __init__(self, name: str, args: EcsRedriveArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:EcsRedrive", name, None, opts)
        child = ResourceOptions(parent=self)
        placement, connection = args.placement, args.connection
        account = placement.network.account
        logs = placement.network.logs.group(f"redrive-{args.pipe}", days=args.log_days, parent=self)
        content = dict(connection.secrets)
        secret_args = EcsSecretArgs(pipe=args.pipe, content=content, key_arn=args.key_arn, protect=args.protect)
        secret = EcsSecret(name, secret_args, child) if content else None
        purpose = f"Replays the dead letters of the pipe {args.pipe}"
        start = StartRoleArgs(
            purpose=f"Starts the job that replays the dead letters of the pipe {args.pipe}",
            account=account,
            pull_policy=args.pull_policy,
            log_group_arn=logs.arn,
            secret=secret,
            key_arn=args.key_arn,
        )
        execution, started = start_role(name, start, child)
        role = aws.iam.Role(
            name, description=purpose, assume_role_policy=tasks_trust(account), tags={"Name": name}, opts=child
        )
        granted = rights(name, role, connection.grants, parent=self)
        references = {key: secret.reference(key) for key in content} if secret else {}

        def render(known: Mapping[str, Any]) -> str:
            task = ConsumerTask(
                image=known["image"],
                health_command=None,
                stop_seconds=STOP_SECONDS,
                environment=known["environment"],
                secrets=known["secrets"],
                files={},
                log_group=known["log_group"],
                log_prefix=name,
                region=account.region,
            )
            return redrive_definitions(task)

        task = aws.ecs.TaskDefinition(
            f"{name}-task",
            family=name,
            container_definitions=Output.all(
                image=args.image, environment=dict(connection.settings), secrets=references, log_group=logs.name
            ).apply(render),
            cpu=CPU,
            memory=MEMORY,
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            runtime_platform=aws.ecs.TaskDefinitionRuntimePlatformArgs(
                cpu_architecture=placement.architecture, operating_system_family="LINUX"
            ),
            execution_role_arn=execution.arn,
            task_role_arn=role.arn,
            tags={"Name": name},
            opts=ResourceOptions(parent=self, depends_on=[*started, *granted]),
        )
        self.register_outputs({"task": task.family})
