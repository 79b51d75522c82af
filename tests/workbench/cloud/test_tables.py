"""Tests that the models of the simulated clouds match the SDKs and decide like the providers. They need no engine."""

import importlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi import _types

from workbench.cloud import behaviour, kinds, random_values
from workbench.cloud.aws import kinds as aws
from workbench.cloud.azure import kinds as azure
from workbench.cloud.confluent import kinds as confluent
from workbench.cloud.gcp import kinds as gcp
from workbench.cloud.kubernetes import kinds as kubernetes
from workbench.cloud.model import at
from workbench.cloud.wire import UNKNOWN, beyond, decode, encode, merged, replaced, unknown
from workbench.rehearse.timeline import longest_chain

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "hunter2"}


def sdk_properties(token: str) -> tuple[set[str], set[str]]:
    """Return (inputs, outputs) of a resource type in the SDK. A custom resource has those of any Kubernetes object, and a status."""
    package, module, name = token.split(":")
    group, _, rest = module.partition("/")
    path = {
        "aws": f".{group}",
        "azure-native": f".{group}",
        "confluentcloud": "",
        "gcp": f".{group}",
        "kubernetes": f".{group.split('.')[0]}.{rest}",
        "random": "",
    }[package]
    more: set[str] = set()
    try:
        where = importlib.import_module(f"pulumi_{package.replace('-', '_')}{path}")
    except ModuleNotFoundError:
        where, name, more = importlib.import_module("pulumi_kubernetes.apiextensions"), "CustomResource", {"status"}
    inputs = set(_types.input_type_types(getattr(where, f"{name}InitArgs", None) or getattr(where, f"{name}Args")))
    return inputs, {*_types.resource_types(getattr(where, name)), *inputs, *more}


@pytest.mark.parametrize(
    "token", [*aws.KINDS, *azure.KINDS, *confluent.KINDS, *gcp.KINDS, *kubernetes.KINDS, *random_values.KINDS]
)
def test_a_model_uses_only_properties_of_the_sdk_and_works_without_inputs(token: str):
    kind = kinds.kind(token)
    inputs, outputs = sdk_properties(token)
    single = filter(None, (kind.name_property, kind.guard, kind.release))
    named = {*kind.replace_on, *kind.unique, *kind.grow_only, *kind.left_out, *kind.defaults, *single}
    assert {path.split(".")[0] for path in named} <= inputs
    for given_inputs in ({}, dict.fromkeys(inputs, UNKNOWN)):
        identity = kind.identifier("orders", given_inputs)
        assert identity
        assert set(kind.outputs(identity, "orders", given_inputs)) <= outputs
        assert kind.refusal(given_inputs, given_inputs) is None
    assert min(kind.create_minutes, kind.update_minutes) > 0
    assert kind.source


def test_the_error_for_an_unknown_type_or_function_names_the_table_to_extend():
    for token, place in (
        ("aws:sqs/queue:Queue", "workbench/cloud/aws/kinds.py"),
        ("oci:a/b:C", "workbench/cloud/kinds.py"),
    ):
        with pytest.raises(kinds.UnknownKindError, match=place):
            kinds.kind(token)
    for token, place in (
        ("aws:ec2/getAmi:getAmi", "workbench/cloud/aws/kinds.py"),
        ("azure-native:network:getLoadBalancer", "workbench/cloud/azure/kinds.py"),
        ("gcp:compute/getImage:getImage", "workbench/cloud/gcp/kinds.py"),
        ("oci:a/b:c", "workbench/cloud/kinds.py"),
    ):
        with pytest.raises(kinds.UnknownKindError, match=place):
            kinds.invoke(token, {})


@pytest.mark.parametrize(
    ("token", "old", "new", "settings", "replaces"),
    [
        ("aws:msk/topic:Topic", {"partitionCount": 3}, {"partitionCount": 6}, {}, False),
        ("aws:msk/topic:Topic", {"replicationFactor": 3}, {"replicationFactor": 2}, {}, True),
        (
            "aws:msk/cluster:Cluster",
            {"brokerNodeGroupInfo": {"clientSubnets": ["a", "b"], "instanceType": "x"}},
            {"brokerNodeGroupInfo": {"clientSubnets": ["a", "c"], "instanceType": "x"}},
            {},
            True,
        ),
        (
            "aws:msk/cluster:Cluster",
            {"brokerNodeGroupInfo": {"clientSubnets": ["a"], "instanceType": "x"}},
            {"brokerNodeGroupInfo": {"clientSubnets": ["a"], "instanceType": "y"}},
            {},
            False,
        ),
        ("kubernetes:core/v1:ConfigMap", {"data": {"a.b": "1"}}, {"data": {"a.b": "2"}}, {}, True),
        (
            "kubernetes:core/v1:ConfigMap",
            {"data": {"a": "1"}},
            {"data": {"a": "2"}},
            {"enableConfigMapMutable": True},
            False,
        ),
        ("kubernetes:core/v1:Secret", {"stringData": {"a": "1"}}, {"stringData": {"a": "1", "b": "2"}}, {}, True),
        ("kubernetes:apps/v1:Deployment", {"spec": {"replicas": 3}}, {"spec": {"replicas": 6}}, {}, False),
        ("kubernetes:apps/v1:Deployment", {"spec": {"selector": {"a": "b"}}}, {"spec": {"selector": {}}}, {}, True),
        ("kubernetes:apps/v1:StatefulSet", {"spec": {"replicas": 3}}, {"spec": {"replicas": 6}}, {}, False),
        ("kubernetes:apps/v1:StatefulSet", {"spec": {"template": {"a": "b"}}}, {"spec": {"template": {}}}, {}, False),
        (
            "kubernetes:apps/v1:StatefulSet",
            {"spec": {"podManagementPolicy": "Parallel"}},
            {"spec": {"podManagementPolicy": "OrderedReady"}},
            {},
            True,
        ),
        ("kubernetes:batch/v1:Job", {"spec": {"template": {"a": "b"}}}, {"spec": {"template": {}}}, {}, True),
        ("kubernetes:batch/v1:Job", {"spec": {"suspend": True}}, {"spec": {"suspend": False}}, {}, False),
        ("aws:msk/cluster:Cluster", {"kafkaVersion": "3.9.x.kraft"}, {"kafkaVersion": "4.1.x.kraft"}, {}, False),
        ("aws:msk/cluster:Cluster", {"kafkaVersion": "4.1.x.kraft"}, {"kafkaVersion": "3.9.x.kraft"}, {}, False),
        ("aws:msk/serverlessCluster:ServerlessCluster", {"vpcConfigs": ["a"]}, {"vpcConfigs": ["b"]}, {}, True),
        ("aws:kinesis/stream:Stream", {"shardCount": 3}, {"shardCount": 6}, {}, False),
        ("aws:kinesis/stream:Stream", {"name": "orders"}, {"name": "other"}, {}, True),
        (
            "aws:kinesis/videoStream:VideoStream",
            {"dataRetentionInHours": 24},
            {"dataRetentionInHours": 48},
            {},
            True,
        ),
        ("aws:dynamodb/table:Table", {"hashKey": "leaseKey"}, {"hashKey": "other"}, {}, True),
        ("aws:ecs/taskDefinition:TaskDefinition", {"cpu": "256"}, {"cpu": "512"}, {}, True),
        ("aws:ecs/service:Service", {"desiredCount": 3}, {"desiredCount": 6}, {}, False),
        ("aws:ecs/service:Service", {"taskDefinition": "a:1"}, {"taskDefinition": "a:2"}, {}, False),
        (
            "aws:eks/cluster:Cluster",
            {},
            {"kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": True}}},
            {},
            False,
        ),
        ("aws:ecs/service:Service", {"launchType": "FARGATE"}, {"launchType": "EC2"}, {}, True),
        ("aws:ecr/repository:Repository", {"imageTagMutability": "A"}, {"imageTagMutability": "B"}, {}, False),
        ("aws:ecr/lifecyclePolicy:LifecyclePolicy", {"policy": "a"}, {"policy": "b"}, {}, True),
        ("aws:secretsmanager/secretVersion:SecretVersion", {"secretString": "a"}, {"secretString": "b"}, {}, True),
        ("aws:eks/fargateProfile:FargateProfile", {"tags": {"a": "b"}}, {"tags": {}}, {}, False),
        (
            "aws:eks/cluster:Cluster",
            {"computeConfig": {"nodeRoleArn": "a"}},
            {"computeConfig": {"nodeRoleArn": "b"}},
            {},
            True,
        ),
        ("aws:eks/cluster:Cluster", {"computeConfig": {}}, {"computeConfig": {"nodeRoleArn": "b"}}, {}, False),
        ("aws:appautoscaling/target:Target", {"maxCapacity": 100}, {"maxCapacity": 200}, {}, False),
        ("azure-native:eventhub:EventHub", {"partitionCount": 3}, {"partitionCount": 6}, {}, False),
        ("azure-native:eventhub:EventHub", {"namespaceName": "a"}, {"namespaceName": "b"}, {}, True),
        ("azure-native:eventhub:Namespace", {"location": "westeurope"}, {"location": "northeurope"}, {}, True),
        ("azure-native:eventhub:Namespace", {"sku": {"capacity": 1}}, {"sku": {"capacity": 2}}, {}, False),
        ("azure-native:hdinsight:Cluster", {"properties": {"tier": "a"}}, {"properties": {"tier": "b"}}, {}, False),
        ("azure-native:containerservice:AgentPool", {"vmSize": "a"}, {"vmSize": "b"}, {}, True),
        ("azure-native:containerservice:AgentPool", {"maxCount": 3}, {"maxCount": 6}, {}, False),
        (
            "azure-native:containerservice:ManagedCluster",
            {"networkProfile": {"podCidr": "a"}},
            {"networkProfile": {"podCidr": "b"}},
            {},
            True,
        ),
        (
            "azure-native:containerservice:ManagedCluster",
            {"kubernetesVersion": "1.35"},
            {"kubernetesVersion": "1.36"},
            {},
            False,
        ),
        ("azure-native:authorization:RoleAssignment", {"scope": "a"}, {"scope": "b"}, {}, True),
        ("azure-native:network:PrivateEndpoint", {"subnet": {"id": "a"}}, {"subnet": {"id": "b"}}, {}, True),
        ("azure-native:storage:StorageAccount", {"isHnsEnabled": True}, {"isHnsEnabled": False}, {}, True),
        ("confluentcloud:index/kafkaTopic:KafkaTopic", {"partitionsCount": 3}, {"partitionsCount": 6}, {}, False),
        ("confluentcloud:index/kafkaTopic:KafkaTopic", {"partitionsCount": 6}, {"partitionsCount": 3}, {}, True),
        ("confluentcloud:index/kafkaTopic:KafkaTopic", {"partitionsCount": 3}, {}, {}, False),
        ("confluentcloud:index/kafkaTopic:KafkaTopic", {"restEndpoint": "a"}, {"restEndpoint": "b"}, {}, False),
        ("confluentcloud:index/kafkaAcl:KafkaAcl", {"restEndpoint": "a"}, {"restEndpoint": "b"}, {}, True),
        ("confluentcloud:index/kafkaCluster:KafkaCluster", {"availability": "LOW"}, {"availability": "HIGH"}, {}, True),
        (
            "confluentcloud:index/kafkaCluster:KafkaCluster",
            {"availability": "SINGLE_ZONE"},
            {"availability": "LOW"},
            {},
            False,
        ),
        ("confluentcloud:index/kafkaCluster:KafkaCluster", {"basic": {}}, {"basic": {"maxEcku": 3}}, {}, False),
        ("confluentcloud:index/ksqlCluster:KsqlCluster", {"csu": 1}, {"csu": 2}, {}, True),
        ("confluentcloud:index/identityPool:IdentityPool", {"filter": "a"}, {"filter": "b"}, {}, False),
        ("gcp:pubsub/subscription:Subscription", {"filter": "a"}, {"filter": "b"}, {}, True),
        ("gcp:pubsub/subscription:Subscription", {"labels": {"a": "1"}}, {"labels": {"a": "2"}}, {}, False),
        (
            "gcp:pubsub/subscription:Subscription",
            {"enableExactlyOnceDelivery": False},
            {"enableExactlyOnceDelivery": True},
            {},
            False,
        ),
        ("gcp:pubsub/topic:Topic", {"name": "orders"}, {"name": "other"}, {}, True),
        ("gcp:pubsub/topic:Topic", {"kmsKeyName": "a"}, {"kmsKeyName": "b"}, {}, False),
        ("gcp:pubsub/schema:Schema", {"definition": "a"}, {"definition": "b"}, {}, False),
        ("gcp:managedkafka/topic:Topic", {"partitionCount": 6}, {"partitionCount": 3}, {}, False),
        ("gcp:managedkafka/topic:Topic", {"replicationFactor": 3}, {"replicationFactor": 2}, {}, True),
        ("gcp:managedkafka/cluster:Cluster", {"gcpConfig": {"kmsKey": "a"}}, {"gcpConfig": {"kmsKey": "b"}}, {}, True),
        (
            "gcp:managedkafka/cluster:Cluster",
            {"capacityConfig": {"vcpuCount": "3"}},
            {"capacityConfig": {"vcpuCount": "6"}},
            {},
            False,
        ),
        ("gcp:container/cluster:Cluster", {"enableAutopilot": True}, {}, {}, True),
        ("gcp:container/cluster:Cluster", {"deletionProtection": True}, {"deletionProtection": False}, {}, False),
        (
            "gcp:container/cluster:Cluster",
            {"releaseChannel": {"channel": "REGULAR"}},
            {"releaseChannel": {"channel": "STABLE"}},
            {},
            False,
        ),
        (
            "gcp:container/nodePool:NodePool",
            {"nodeConfig": {"serviceAccount": "a"}},
            {"nodeConfig": {"serviceAccount": "b"}},
            {},
            True,
        ),
        (
            "gcp:container/nodePool:NodePool",
            {"nodeConfig": {"machineType": "a"}},
            {"nodeConfig": {"machineType": "b"}},
            {},
            False,
        ),
        (
            "gcp:compute/subnetwork:Subnetwork",
            {"ipCidrRange": "10.0.0.0/20"},
            {"ipCidrRange": "10.0.0.0/19"},
            {},
            False,
        ),
        (
            "gcp:compute/subnetwork:Subnetwork",
            {"ipCidrRange": "10.0.0.0/20"},
            {"ipCidrRange": "10.0.0.0/21"},
            {},
            True,
        ),
        ("gcp:artifactregistry/repository:Repository", {"kmsKeyName": "a"}, {"kmsKeyName": "b"}, {}, True),
        ("gcp:kms/cryptoKey:CryptoKey", {"rotationPeriod": "1s"}, {"rotationPeriod": "2s"}, {}, False),
        ("gcp:projects/iAMMember:IAMMember", {"role": "a"}, {"role": "b"}, {}, True),
        (
            "kubernetes:kafka.strimzi.io/v1:KafkaTopic",
            {"spec": {"partitions": 3}},
            {"spec": {"partitions": 6}},
            {},
            False,
        ),
        ("kubernetes:helm.sh/v3:Release", {"version": "1.2.0"}, {"version": "1.3.0"}, {}, False),
        ("random:index/randomPassword:RandomPassword", {"length": 16}, {"length": 32}, {}, True),
    ],
)
def test_replacements_and_updates(
    token: str, old: dict[str, Any], new: dict[str, Any], settings: dict[str, Any], replaces: bool
):
    [difference] = behaviour.differences(kinds.kind(token), old, new, settings)
    assert difference.replaces is replaces
    assert behaviour.differences(kinds.kind(token), old, old, settings) == []


def test_an_object_with_a_name_from_the_program_is_deleted_before_it_is_created_again():
    kind = kinds.kind("aws:msk/topic:Topic")
    named = behaviour.with_name(kind, "orders", b"seed", {"name": "orders"}, {})
    auto = behaviour.with_name(kind, "orders", b"seed", {}, {})
    assert behaviour.deletes_first(kind, named, named)
    assert not behaviour.deletes_first(kind, auto, auto)
    assert not behaviour.deletes_first(kind, named, {**named, "name": "other"})
    assert behaviour.with_name(kind, "orders", b"another seed", {}, auto)["name"] == auto["name"]
    assert behaviour.with_name(kind, "orders", b"another seed", {}, {})["name"] != auto["name"]
    prefixed = {"namePrefix": "AmazonMSK_orders-"}
    assert (
        behaviour.with_name(kinds.kind("aws:secretsmanager/secret:Secret"), "orders", b"seed", prefixed, {}) == prefixed
    )
    secret = behaviour.with_name(kinds.kind("kubernetes:core/v1:Secret"), "s", b"", {"stringData": SECRET}, {})
    assert str(at(secret, "metadata.name")).startswith("s-")


def test_only_real_references_count():
    cluster, role = "aws:eks/cluster:Cluster", "aws:iam/role:Role"
    identities = {"pipes", "arn:aws:eks:eu-west-1:123456789012:cluster/pipes"}
    assert behaviour.refers_to("aws:eks/addon:Addon", {"clusterName": "pipes"}, cluster, identities)
    assert not behaviour.refers_to("aws:msk/cluster:Cluster", {"clusterName": "pipes"}, cluster, identities)
    assert not behaviour.refers_to("aws:eks/addon:Addon", {"tags": {"stack": "pipes"}}, cluster, identities)
    assert behaviour.refers_to("aws:iam/rolePolicy:RolePolicy", {"role": "pipes"}, role, identities)
    for other, names, owner in (
        ("aws:ecr/lifecyclePolicy:LifecyclePolicy", {"repository": "pipes"}, "aws:ecr/repository:Repository"),
        (
            "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
            {"clusterName": "pipes"},
            "aws:ecs/cluster:Cluster",
        ),
        ("aws:secretsmanager/secretVersion:SecretVersion", {"secretId": "pipes"}, "aws:secretsmanager/secret:Secret"),
    ):
        assert behaviour.refers_to(other, names, owner, {"pipes"})
        assert not behaviour.refers_to("aws:msk/cluster:Cluster", names, owner, {"pipes"})
    vpc = "vpc-0123456789abcdef0"
    assert behaviour.refers_to("aws:ec2/subnet:Subnet", {"a": [{"b": vpc}]}, "aws:ec2/vpc:Vpc", {vpc})


def test_a_policy_with_its_owners_arn_can_be_deleted_while_others_refer_to_the_owner():
    arn = "arn:aws:kafka:eu-west-1:123456789012:cluster/pipes/0-2"
    assert behaviour.identities(arn, {"clusterArn": arn}, {"currentVersion": "1"}) == set()
    assert behaviour.identities(arn, {"clusterName": "pipes"}, {"arn": arn}) == {arn}
    assert behaviour.identities(arn, {"name": "pipes"}, {"arn": arn, "name": "pipes"}) == {arn, "pipes"}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=5) | st.just(UNKNOWN) | st.just(SECRET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
BAGS = st.dictionaries(st.text(max_size=4), VALUES, max_size=4)


@given(BAGS)
def test_values_survive_the_wire(bag: dict[str, Any]):
    assert decode(encode(bag)) == bag


def test_a_secret_that_a_service_stores_in_another_form_remains_secret():
    assert replaced({"a": SECRET, "b": 1}, {"a": "x", "c": 2}) == {"a": {**SECRET, "value": "x"}, "b": 1}


@given(BAGS, BAGS)
def test_inputs_are_never_overwritten_and_computed_outputs_are_returned_again(
    computed: dict[str, Any], inputs: dict[str, Any]
):
    state = merged(computed, inputs)
    assert merged(beyond(state, inputs), inputs) == state
    assert {key: state[key] for key in inputs if key not in computed} == {
        key: value for key, value in inputs.items() if key not in computed
    }
    assert merged(unknown(computed), inputs).keys() == state.keys()


def test_the_longest_chain_counts_minutes_and_not_links():
    waits_for = {"a": [], "b": ["a"], "c": ["b"], "slow": ["a"], "end": ["c", "slow"]}
    minutes = {"a": 1.0, "b": 1.0, "c": 1.0, "slow": 28.0, "end": 0.5}
    assert longest_chain(waits_for, minutes) == (29.5, ("a", "slow", "end"))
    assert longest_chain({}, {}) == (0.0, ())
