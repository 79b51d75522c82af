"""Simulated AWS: ECS. Times and rules are explained in kinds.py."""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.aws import existing
from workbench.cloud.aws.container_definitions import as_stored
from workbench.cloud.aws.outputs import arn
from workbench.cloud.model import COMMON, Inputs, ResourceModel, at, joined, number, text


def _revision(name: str, inputs: Inputs) -> str:
    """Return a task definition's family and revision.

    The provider's id is only the family. Here the revision distinguishes two task definitions of one family.
    """
    _, _, again = name.partition("#")
    return f"{text(inputs, 'family', name)}:{int(again or 0) + 1}"


def _cluster(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the ARN of a cluster. A program finds an existing one by its name."""
    return {"arn": arn("ecs", f"cluster/{id_.rpartition('/')[2]}", inputs)}


def _task_definition(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    family, _, revision = id_.rpartition(":")
    whole = arn("ecs", f"task-definition/{family}", inputs)
    return {"arn": f"{whole}:{revision}", "arnWithoutRevision": whole, "revision": int(revision)}


def _service_id(name: str, inputs: Inputs) -> str:
    """Return a service's id: its ARN."""
    cluster = text(inputs, "cluster", "default").rsplit("/", 1)[-1]
    return arn("ecs", f"service/{cluster}/{text(inputs, 'name', name)}", inputs)


def _rebalancing(inputs: Inputs) -> str:
    """Return the rebalancing setting. By default ECS rebalances a new service across zones if its deployments allow it."""
    can_exceed = number(inputs, "deploymentMaximumPercent", 200) > 100
    return text(inputs, "availabilityZoneRebalancing", "ENABLED" if can_exceed else "DISABLED")


def _service(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    return {
        "arn": id_,
        "iamRole": "/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        "platformVersion": "LATEST",
        "availabilityZoneRebalancing": _rebalancing(inputs),
    }


def _service_refusal(old: Inputs | None, new: Inputs) -> str | None:
    """Refuse settings that leave a deployment no room to replace tasks (ECS, "Amazon ECS service definition parameters").

    A service changes its capacity providers only in a forced deployment. The provider reports that in the preview.
    """
    capacity = "capacityProviderStrategies"
    if old is not None and at(old, capacity) != at(new, capacity) and at(new, "forceNewDeployment") is not True:
        return "force_new_deployment should be true when capacity_provider_strategy is being updated"
    most = number(new, "deploymentMaximumPercent", 200)
    least = number(new, "deploymentMinimumHealthyPercent", 100)
    if most <= 100 and _rebalancing({**_kept_rebalancing(old), **new}) == "ENABLED":
        return (
            "InvalidParameterException: Availability Zone Rebalancing does not support maximumPercent <= 100 % as "
            "deployment configuration."
        )
    if most == least == 100:
        return (
            "InvalidParameterException: Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block "
            "deployments."
        )
    return None


def _kept_rebalancing(old: Inputs | None) -> Inputs:
    """Return the old rebalancing setting. An update without the setting does not change it."""
    return {} if old is None else {"availabilityZoneRebalancing": _rebalancing(old)}


ECS: Mapping[str, ResourceModel] = {
    "aws:ecs/cluster:Cluster": ResourceModel(
        holds_data=True,
        create_minutes=0.2,
        delete_minutes=0.2,
        existing=existing.ecs_cluster,
        source="common use: the provider looks again after 10 s",
        identifier=lambda name, inputs: arn("ecs", f"cluster/{text(inputs, 'name', name)}", inputs),
        outputs=_cluster,
        replace_on=frozenset({"name"}),
        unique=("name",),
        name_property="name",
    ),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": ResourceModel(
        create_minutes=0.2,
        delete_minutes=0.2,
        update_minutes=0.2,
        existing=existing.ecs_capacity,
        source="common use: the provider looks again after 10 s",
        identifier=joined("", "clusterName"),
        replace_on=frozenset({"clusterName"}),
        unique=("clusterName",),
    ),
    "aws:ecs/taskDefinition:TaskDefinition": ResourceModel(
        create_minutes=0.1,
        delete_minutes=0.1,
        source=COMMON,
        identifier=_revision,
        outputs=_task_definition,
        replace_on=frozenset(
            {
                "containerDefinitions",
                "cpu",
                "enableFaultInjection",
                "ephemeralStorage",
                "executionRoleArn",
                "family",
                "ipcMode",
                "memory",
                "networkMode",
                "pidMode",
                "placementConstraints",
                "proxyConfiguration",
                "requiresCompatibilities",
                "runtimePlatform",
                "taskRoleArn",
                "volumes",
            }
        ),
        stored=lambda inputs: as_stored(text(inputs, "containerDefinitions", "[]"), text(inputs, "networkMode", "")),
    ),
    "aws:ecs/service:Service": ResourceModel(
        create_minutes=3,
        delete_minutes=3,
        update_minutes=3,
        source="common use, no log found: 1 to 5 min until its tasks are steady, as waitForSteadyState waits; 1 to 5 min to drain",
        identifier=_service_id,
        outputs=_service,
        replace_on=frozenset(
            {"cluster", "deploymentController.type", "iamRole", "launchType", "name", "schedulingStrategy"}
        ),
        refusal=_service_refusal,
        unique=("cluster", "name"),
        name_property="name",
    ),
}
