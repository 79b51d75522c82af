"""Stacks on an ECS cluster that was there before."""

import json
from typing import Any

import pytest

from tests.adopted import IMAGE, FakeClouds, planned, refusal, warnings
from tests.combinations import EXISTING_VPC
from tests.stacks import refused
from workbench.cloud.aws.existing import SUBNETS

CLUSTER = "aws:ecs/cluster:Cluster"
CAPACITY = "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders"
ARN = "arn:aws:ecs:eu-west-1:123456789012:cluster/production"


def config(image: str = IMAGE, network: dict[str, Any] | None = None, **platform: Any) -> dict[str, Any]:
    return {
        "aws:region": "eu-west-1",
        "data-pipes:name": "test",
        "data-pipes:network": EXISTING_VPC if network is None else network,
        "data-pipes:streaming": {"service": "kinesis"},
        "data-pipes:platform": {"service": "ecs", "existing": {"name": "production"}, **platform},
        "data-pipes:pipes": {"orders": {"parallelism": 3, "consumer": {"image": image}}},
    }


def pulls(image: str) -> list[dict[str, Any]]:
    """Return what the role that starts the tasks may pull."""
    policy = planned(config(image)).recording.one("test-orders-start-images")
    return json.loads(policy.inputs["policy"])["Statement"]


def test_the_cluster_and_its_capacity_are_only_read():
    made = planned(config())
    assert made.recording.one(CLUSTER).external
    assert made.recording.one(CAPACITY).external
    service = made.recording.one("aws:ecs/service:Service")
    assert service.inputs["cluster"] == ARN
    assert service.input("networkConfiguration.subnets") == list(SUBNETS)
    assert not made.recording.of_type("aws:ecr/repository:Repository")
    assert not [each for each in warnings(made) if "Container Insights" in each]


@pytest.mark.parametrize(("spot", "provider"), [(False, "FARGATE"), (True, "FARGATE_SPOT")])
def test_tasks_run_on_the_capacity_provider_of_the_stack_file(spot: bool, provider: str):
    service = planned(config(spot=spot)).recording.one("aws:ecs/service:Service")
    assert service.input("capacityProviderStrategies[0].capacityProvider") == provider


def test_images_in_ecr_are_pulled_with_permissions_for_their_repositories_only():
    [token, images] = pulls("210987654321.dkr.ecr.eu-central-1.amazonaws.com/team/orders:1.0.0")
    assert token["Action"] == ["ecr:GetAuthorizationToken"]
    assert images["Resource"] == ["arn:aws:ecr:eu-central-1:210987654321:repository/team/orders"]


def test_images_in_other_registries_need_no_statement_with_a_repository():
    assert [each["Action"] for each in pulls(IMAGE)] == [["ecr:GetAuthorizationToken"]]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"network": {}}, "network.existing: is required with platform.existing", id="no network"),
        pytest.param(
            {"containerInsights": "enabled"}, "platform.containerInsights: cannot be used with ", id="of a new cluster"
        ),
        pytest.param(
            {"existing": {"name": ARN}}, "platform.existing.name: must be the name of an ECS cluster", id="ARN"
        ),
        pytest.param(
            {"image": ":1.0.0"}, "pipes.orders.consumer.image: must be a full reference such as", id="own registry"
        ),
    ],
)
def test_wrong_settings_are_refused_by_key(changes: dict[str, Any], error: str):
    [line] = refused(config(**changes))
    assert line.removeprefix("stacks/Pulumi.test.yaml: ").startswith(error)


def test_a_cluster_that_is_not_in_the_region_is_refused_with_the_command_that_lists_them():
    line = refusal(config(existing={"name": "missing"}))
    assert line.startswith("platform.existing.name: must be the name of an ECS cluster in eu-west-1 and in the account")
    assert "aws ecs list-clusters --region eu-west-1 prints the ARNs." in line


def test_a_cluster_that_is_not_active_is_refused(clouds: FakeClouds):
    clouds.change(CLUSTER, status="PROVISIONING")
    line = refusal(config())
    assert "must be the name of an ECS cluster that is active, got 'production' (its status is PROVISIONING)" in line


def test_a_cluster_without_the_capacity_provider_is_refused_with_a_command_that_keeps_the_others(clouds: FakeClouds):
    default = {"capacityProvider": "ec2", "weight": 1, "base": 2}
    clouds.change(CAPACITY, capacityProviders=["ec2", "FARGATE"], defaultCapacityProviderStrategies=[default])
    line = refusal(config(spot=True))
    assert line.startswith(
        "platform.spot: must be false for a cluster without the capacity provider FARGATE_SPOT, got true ("
    )
    assert (
        "aws ecs put-cluster-capacity-providers --region eu-west-1 --cluster production --capacity-providers ec2 FARGATE FARGATE_SPOT "
        "--default-capacity-provider-strategy capacityProvider=ec2,weight=1,base=2"
    ) in line
    assert planned(config()).problems == ()
    clouds.change(CAPACITY, capacityProviders=[])
    line = refusal(config())
    assert line.startswith("platform.existing.name: must be the name of a cluster with the capacity provider FARGATE, ")
    assert "--capacity-providers FARGATE --default-capacity-provider-strategy []" in line


def test_a_cluster_without_container_insights_is_warned_of_if_the_stack_has_alarms(clouds: FakeClouds):
    clouds.change(CLUSTER, settings=[{"name": "containerInsights", "value": "disabled"}])
    [warning] = [each for each in warnings(planned(config())) if "Container Insights" in each]
    assert "the alarm missing-consumers of each pipe stays on" in warning
    assert "--cluster production --settings name=containerInsights,value=enabled" in warning
    without = {**config(), "data-pipes:monitoring": {"enabled": False}}
    assert not [each for each in warnings(planned(without)) if "Container Insights" in each]
