"""Tests of the simulated AWS services: responses, stored values and refusals. They need no engine."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench.cloud import behaviour, kinds
from workbench.cloud.inventory import CloudObject, Inventory, RefusedError
from workbench.cloud.wire import UNKNOWN

STREAM, SERVICE, MSK, EKS = (
    "aws:kinesis/stream:Stream",
    "aws:ecs/service:Service",
    "aws:msk/cluster:Cluster",
    "aws:eks/cluster:Cluster",
)
PUBLIC = {"brokerNodeGroupInfo": {"connectivityInfo": {"publicAccess": {"type": "SERVICE_PROVIDED_EIPS"}}}}
PRIVATE = {
    "brokerNodeGroupInfo": {"connectivityInfo": {"vpcConnectivity": {"clientAuthentication": {"sasl": {"iam": True}}}}}
}
EXPRESS = {"brokerNodeGroupInfo": {"instanceType": "express.m7g.large", "storageInfo": {}}}
FULL, SPARE = {"deploymentMaximumPercent": 100}, {"deploymentMinimumHealthyPercent": 0}
AUTO_MODE = {
    "computeConfig": {"enabled": True},
    "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": True}},
    "storageConfig": {"blockStorage": {"enabled": True}},
}


def test_an_msk_cluster_returns_a_bootstrap_string_for_each_enabled_method():
    kind = kinds.kind("aws:msk/cluster:Cluster")
    inputs = {"clusterName": "pipes", "numberOfBrokerNodes": 3, "clientAuthentication": {"sasl": {"iam": True}}}
    outputs = kind.outputs(kind.identifier("x", inputs), "x", {**inputs, "region": "eu-central-1"})
    assert [host.rsplit(":")[1] for host in outputs["bootstrapBrokersSaslIam"].split(",")] == ["9098"] * 3
    assert "kafka.eu-central-1.amazonaws.com" in outputs["bootstrapBrokersSaslIam"]
    assert outputs["bootstrapBrokersTls"] == outputs["bootstrapBrokersSaslScram"] == outputs["bootstrapBrokers"] == ""


@pytest.mark.parametrize(
    ("token", "old", "new", "answer"),
    [
        (STREAM, None, {"shardCount": 12}, None),
        (STREAM, {"shardCount": 3}, {"shardCount": 6}, None),
        (STREAM, {"shardCount": 3}, {"shardCount": 2}, None),
        (
            STREAM,
            {"shardCount": 3},
            {"shardCount": 7},
            "cannot scale up over double .* count: 3, Target shard count: 7",
        ),
        (STREAM, {"shardCount": 3}, {"shardCount": 1}, "cannot scale down below half"),
        (STREAM, None, {"shardCount": 3, "streamModeDetails": {"streamMode": "ON_DEMAND"}}, "must not be set"),
        (MSK, None, PUBLIC, "the only valid value for the Type parameter in PublicAccess is DISABLED"),
        (MSK, {}, PUBLIC, None),
        (MSK, None, PRIVATE, "all vpcConnectivity auth schemes must be disabled"),
        (MSK, {}, PRIVATE, None),
        (MSK, None, EXPRESS, "not supported for Express brokers"),
        (MSK, EXPRESS, EXPRESS, "not supported for Express brokers"),
        ("aws:iam/rolePolicy:RolePolicy", None, {"policy": '{"Statement": []}'}, "a policy must have a statement"),
        ("aws:iam/rolePolicy:RolePolicy", None, {"policy": '{"Statement": [{}]}'}, None),
        (SERVICE, None, {**FULL, **SPARE}, None),
        (
            SERVICE,
            SPARE,
            {**SPARE, "capacityProviderStrategies": [{"weight": 1}]},
            "force_new_deployment should be true",
        ),
        (SERVICE, SPARE, {**SPARE, "capacityProviderStrategies": [{}], "forceNewDeployment": True}, None),
        (SERVICE, None, FULL, "cannot be 100 as this will block deployments"),
        (SERVICE, None, {**FULL, **SPARE, "availabilityZoneRebalancing": "ENABLED"}, "does not support maximumPercent"),
        (SERVICE, {}, {**FULL, **SPARE}, "does not support maximumPercent"),
        (SERVICE, {}, {**FULL, **SPARE, "availabilityZoneRebalancing": "DISABLED"}, None),
        (EKS, None, AUTO_MODE, "bootstrapSelfManagedAddons must be set to false"),
        (EKS, None, {**AUTO_MODE, "bootstrapSelfManagedAddons": False}, None),
        (EKS, {}, AUTO_MODE, None),
        (EKS, {}, {**AUTO_MODE, "storageConfig": {}}, "either fully enabled or fully disabled"),
        (
            "aws:msk/singleScramSecretAssociation:SingleScramSecretAssociation",
            None,
            {"secretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders-abc123"},
            "must begin with AmazonMSK_",
        ),
    ],
)
def test_a_service_refuses_invalid_inputs(
    token: str, old: dict[str, Any] | None, new: dict[str, Any], answer: str | None
):
    refused = behaviour.refusal(kinds.kind(token), old, new)
    assert refused is None if answer is None else re.search(answer, refused or ""), refused


def test_a_method_enabled_by_an_update_gets_its_bootstrap_string_in_that_update():
    kind = kinds.kind(MSK)
    methods = {"clusterName": "pipes", "clientAuthentication": {"sasl": {"iam": True}}}
    state = {**methods, **kind.outputs(kind.identifier("x", methods), "x", methods)}
    assert kind.updated(state, methods) == {}
    assert state["bootstrapBrokersPublicSaslIam"] == state["bootstrapBrokersVpcConnectivitySaslIam"] == ""
    public = kind.updated(state, {**methods, **PUBLIC})
    assert [*public] == ["bootstrapBrokersPublicSaslIam"]
    assert public["bootstrapBrokersPublicSaslIam"].startswith("b-1-public.pipes.")
    assert [*kind.updated(state, {**methods, **PRIVATE})] == ["bootstrapBrokersVpcConnectivitySaslIam"]


def test_container_definitions_are_stored_with_the_defaults_of_ecs():
    kind = kinds.kind("aws:ecs/taskDefinition:TaskDefinition")
    variables = [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]
    short = {"name": "orders", "image": "orders:1", "environment": variables, "portMappings": [{"containerPort": 80}]}
    stored = kind.stored({"containerDefinitions": json.dumps([short]), "networkMode": "awsvpc"})
    [whole] = json.loads(stored["containerDefinitions"])
    assert whole == {
        **short,
        "cpu": 0,
        "environment": [variables[1], variables[0]],
        "essential": True,
        "mountPoints": [],
        "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
        "systemControls": [],
        "volumesFrom": [],
    }
    indented = json.dumps([whole], indent=2)
    assert kind.stored({"containerDefinitions": indented, "networkMode": "awsvpc"}) == {}
    assert kind.stored({"containerDefinitions": UNKNOWN}) == {}


def test_task_definitions_of_one_family_differ_in_their_revision():
    kind = kinds.kind("aws:ecs/taskDefinition:TaskDefinition")
    first, second = (kind.identifier(name, {"family": "orders"}) for name in ("urn:x", "urn:x#1"))
    arns = [kind.outputs(each, "", {"region": "eu-central-1"})["arn"] for each in (first, second)]
    assert arns == [f"arn:aws:ecs:eu-central-1:123456789012:task-definition/orders:{n}" for n in (1, 2)]


def test_an_image_repository_returns_its_url():
    kind = kinds.kind("aws:ecr/repository:Repository")
    outputs = kind.outputs("orders", "orders", {"region": "eu-central-1"})
    assert outputs["repositoryUrl"] == "123456789012.dkr.ecr.eu-central-1.amazonaws.com/orders"


def test_a_stream_with_consumers_is_deleted_only_with_enforced_deletion(tmp_path: Path):
    inventory, arn = Inventory(tmp_path / "inventory.sqlite"), "arn:aws:kinesis:eu-west-1:123456789012:stream/orders"
    stream = CloudObject(type=STREAM, id=arn, urn="stream", status="", inputs={"name": "orders"}, outputs={"arn": arn})
    consumer = replace(
        stream, type="aws:kinesis/streamConsumer:StreamConsumer", id=f"{arn}/consumer/a:1", inputs={"streamArn": arn}
    )
    for thing in (stream, consumer):
        inventory.create(kinds.kind(thing.type), thing, "eu-west-1")
    with pytest.raises(RefusedError, match="still in use by aws:kinesis/streamConsumer"):
        inventory.delete(kinds.kind(STREAM), STREAM, arn)
    inventory.update(kinds.kind(STREAM), replace(stream, inputs={"enforceConsumerDeletion": True}))
    assert inventory.delete(kinds.kind(STREAM), STREAM, arn)
