"""ECS service that runs a pipe's consumers, or one of its readers, with its own IAM role."""

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
    """Cluster, network and capacity of the platform's tasks."""

    network: Network
    cluster_name: Output[str]
    cluster_arn: Output[str]
    capacity_provider: str
    architecture: str
    wait_for_steady_state: bool
    ready: Sequence[Resource]
    """Resources that services depend on. They are made before the services and deleted after them."""


@dataclass(frozen=True, kw_only=True)
class EcsServiceArgs:
    """Arguments of EcsService."""

    placement: EcsPlacement
    purpose: str
    size: TaskSize
    containers: Output[str]
    """The container definitions as JSON."""
    volumes: Sequence[str]
    grants: Sequence[Grant]
    """Permissions of the tasks."""
    execution_role_arn: Output[str]
    security_group_ids: Sequence[Input[str]]
    tasks: Output[int]
    after: Sequence[Resource]


class EcsService(ComponentResource):
    """ECS service that never runs more than the desired number of tasks, even during a rollout or a replacement of the service.

    A rollout stops tasks before it starts new ones. Zone rebalancing is disabled, because it starts extra tasks. If the tasks of a
    rollout fail, ECS rolls it back.
    """

    tasks: Output[int]
    service_name: Output[str]

    def __init__(self, name: str, args: EcsServiceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:EcsService", name, None, opts)
        placement, child = args.placement, ResourceOptions(parent=self)
        # No suffix such as -role: role names have at most 64 characters, and stack, pipe and reader may use 54 of them.
        role = aws.iam.Role(
            name,
            description=args.purpose,
            assume_role_policy=tasks_trust(placement.network.account),
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
                cpu_architecture=placement.architecture, operating_system_family="LINUX"
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
            cluster=placement.cluster_arn,
            task_definition=task.arn,
            desired_count=args.tasks,
            deployment_maximum_percent=100,
            deployment_minimum_healthy_percent=args.tasks.apply(minimum_healthy_percent),
            availability_zone_rebalancing="DISABLED",
            deployment_circuit_breaker=aws.ecs.ServiceDeploymentCircuitBreakerArgs(enable=True, rollback=True),
            capacity_provider_strategies=[
                aws.ecs.ServiceCapacityProviderStrategyArgs(capacity_provider=placement.capacity_provider, weight=1)
            ],
            platform_version="LATEST",
            network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
                subnets=placement.network.private_subnet_ids,
                security_groups=[placement.network.consumers_security_group_id, *args.security_group_ids],
                assign_public_ip=False,
            ),
            propagate_tags="SERVICE",
            enable_ecs_managed_tags=True,
            enable_execute_command=False,
            wait_for_steady_state=placement.wait_for_steady_state,
            tags={"Name": name},
            opts=ResourceOptions(
                parent=self,
                depends_on=[*granted, *args.after, *placement.ready],
                # Two services at the same time would run twice as many consumers as partitions.
                delete_before_replace=True,
                custom_timeouts=CustomTimeouts(create="30m", update="60m", delete="30m"),
                hooks=refused_change(
                    f"{name}-service", "platform.spot", "capacityProviderStrategies", refuse_capacity_change
                ),
            ),
        )
        self.tasks = cast("Output[int]", service.desired_count)
        self.service_name = service.name
        self.register_outputs({"tasks": self.tasks, "serviceName": self.service_name})


def refuse_capacity_change(present: object, wanted: object) -> str | None:
    """Refuse a change of spot: ECS changes a service's capacity only in a forced deployment (ECS API, UpdateService).

    The program does not force deployments, because then every later change would restart all tasks.
    """
    if wanted == present:
        return None
    return (
        "cannot be changed while the services run (ECS keeps a service's capacity). Set it back, destroy the services, then change it and "
        "deploy (docs/aws.md, Spot on ECS)."
    )


def tasks_trust(account: Account) -> Output[str]:
    """Return the trust policy of a role that only ECS assumes, for tasks of this account and region (ECS, Task IAM role).

    ECS does not support a condition on a cluster or task here.
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
