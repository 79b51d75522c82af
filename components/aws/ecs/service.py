"""The consumers of one pipe on ECS, or one of its readers: a service whose tasks have a role of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import pulumi_aws as aws
from pulumi import ComponentResource, CustomTimeouts, Input, Output, Resource, ResourceOptions

from components.aws.account import Account
from components.aws.ecs.fargate import TaskSize, minimum_healthy_percent
from components.aws.network.network import Network
from components.aws.policy import document
from components.aws.rights import rights
from components.changes import refused_change
from components.contracts import Grant


@dataclass(frozen=True, kw_only=True)
class EcsPlacement:
    """Where and how a platform runs its tasks."""

    network: Network
    cluster_arn: Output[str]
    capacity_provider: str
    architecture: str
    wait_for_steady_state: bool
    ready: Sequence[Resource]
    """What must be there before a task starts, and goes after the last one has ended."""


@dataclass(frozen=True, kw_only=True)
class EcsServiceArgs:
    """What a service is built from."""

    place: EcsPlacement
    purpose: str
    size: TaskSize
    containers: Output[str]
    """The container definitions, as JSON."""
    volumes: Sequence[str]
    grants: Sequence[Grant]
    """What the tasks may do."""
    execution_role_arn: Output[str]
    security_group_ids: Sequence[Input[str]]
    tasks: Output[int]
    after: Sequence[Resource]


class EcsService(ComponentResource):
    """As many equal tasks as it is told, never more: neither in a rollout nor while the service itself is replaced.

    A rollout stops tasks before it starts their successors, so tasks are not rebalanced over the zones, which takes more than the full
    number for a while. A rollout whose tasks fail goes back on its own.
    """

    tasks: Output[int]

    def __init__(self, name: str, args: EcsServiceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:EcsService", name, None, opts)
        place, child = args.place, ResourceOptions(parent=self)
        # No role word: a role's name ends at 64 characters, and stack, pipe and reader may take 54 of them.
        role = aws.iam.Role(
            name,
            description=args.purpose,
            assume_role_policy=tasks_trust(place.network.account),
            tags={"Name": name},
            opts=child,
        )
        granted = rights(name, role, args.grants, parent=self)
        task = aws.ecs.TaskDefinition(
            f"{name}-task",
            family=name,
            container_definitions=args.containers,
            cpu=args.size.cpu,
            memory=args.size.memory,
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            runtime_platform=aws.ecs.TaskDefinitionRuntimePlatformArgs(
                cpu_architecture=place.architecture, operating_system_family="LINUX"
            ),
            volumes=[aws.ecs.TaskDefinitionVolumeArgs(name=volume) for volume in args.volumes] or None,
            execution_role_arn=args.execution_role_arn,
            task_role_arn=role.arn,
            tags={"Name": name},
            opts=child,
        )
        service = aws.ecs.Service(
            f"{name}-service",
            name=name,
            cluster=place.cluster_arn,
            task_definition=task.arn,
            desired_count=args.tasks,
            deployment_maximum_percent=100,
            deployment_minimum_healthy_percent=args.tasks.apply(minimum_healthy_percent),
            availability_zone_rebalancing="DISABLED",
            deployment_circuit_breaker=aws.ecs.ServiceDeploymentCircuitBreakerArgs(enable=True, rollback=True),
            capacity_provider_strategies=[
                aws.ecs.ServiceCapacityProviderStrategyArgs(capacity_provider=place.capacity_provider, weight=1)
            ],
            platform_version="LATEST",
            network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
                subnets=place.network.private_subnet_ids,
                security_groups=[place.network.consumers_security_group_id, *args.security_group_ids],
                assign_public_ip=False,
            ),
            propagate_tags="SERVICE",
            enable_ecs_managed_tags=True,
            enable_execute_command=False,
            wait_for_steady_state=place.wait_for_steady_state,
            tags={"Name": name},
            opts=ResourceOptions(
                parent=self,
                depends_on=[*granted, *args.after, *place.ready],
                # Two services side by side would be twice as many consumers as partitions.
                delete_before_replace=True,
                custom_timeouts=CustomTimeouts(create="30m", update="60m", delete="30m"),
                hooks=refused_change(f"{name}-service", "platform.spot", "capacityProviderStrategies", other_capacity),
            ),
        )
        self.tasks = cast("Output[int]", service.desired_count)
        self.register_outputs({"tasks": self.tasks})


def other_capacity(present: object, wanted: object) -> str | None:
    """ECS exchanges a service's capacity only in a forced deployment (ECS API, UpdateService).

    The program forces none, since each later change would then restart all tasks.
    """
    if wanted == present:
        return None
    return (
        "cannot change while the services run, since ECS keeps a service's capacity. Set it back, destroy the services, then change it and "
        "deploy (docs/aws.md, Spot or not)."
    )


def tasks_trust(account: Account) -> Output[str]:
    """The trust policy of a role that only ECS takes on, for tasks of this account and region (ECS, Task IAM role).

    ECS names no single cluster or task here, so the policy cannot either.
    """

    def render(known: list[str]) -> str:
        partition, account_id = known
        return document(
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": account_id},
                    "ArnLike": {"aws:SourceArn": f"arn:{partition}:ecs:{account.region}:{account_id}:*"},
                },
            }
        )

    return Output.all(account.partition, account.id).apply(render)
