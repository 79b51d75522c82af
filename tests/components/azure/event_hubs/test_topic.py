"""Tests of a pipe's event hub: partitions, retention and permissions."""

import re

import pytest

from components.azure.event_hubs.tiers import refuse_partition_change
from components.changes import ChangeRefusedError
from tests.hooks import before_update
from tests.stacks import planned, shipped

STACK = "azure-eventhubs-aks"
NAME = "azure-eventhubs-aks-orders"
NAMESPACE = "azure-native:eventhub:Namespace"
HUB = f"{NAME}-hub"
GROUP = "azure-native:eventhub:ConsumerGroup"
SCHEMAS = "azure-native:eventhub:SchemaRegistry"
RIGHT = "azure-native:authorization:RoleAssignment"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
RECEIVER, SCHEMA_READER = "a638d3c7-ab3a-418d-83e6-5f17a39d4fde", "2c56ea50-c6b3-40a6-83c0-9d98858bc7d2"


def with_topic(**topic):
    return planned({"data-pipes:pipes": {"orders": {"topic": topic}}}, stack=STACK).recording


def environment(recording):
    return recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]


def rights(recording, role):
    """Return the scopes of a built-in role's assignments."""
    assignments = recording.of_type(RIGHT)
    return [each.inputs["scope"] for each in assignments if each.inputs["roleDefinitionId"].endswith(role)]


def ports(recording):
    """Return the ports in the network that the pipe's consumers can call."""
    policies = recording.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    rules = [rule for policy in policies for rule in policy.inputs["spec"].get("egress", [])]
    return {
        port["port"]
        for rule in rules
        if {"ipBlock": {"cidr": "10.0.0.0/16"}} in rule.get("to", [])
        for port in rule["ports"]
    }


@pytest.mark.parametrize("parallelism", [1, 7])
def test_partitions_and_replicas_equal_parallelism(parallelism):
    plan = planned({"data-pipes:pipes": {"orders": {"parallelism": parallelism}}}, stack=STACK)
    assert plan.problems == ()
    assert plan.recording.one(HUB).inputs["partitionCount"] == parallelism
    assert plan.recording.one(DEPLOYMENT).input("spec.replicas") == parallelism


def test_a_preview_shows_the_replicas():
    plan = shipped(STACK, preview=True)
    assert plan.problems == ()
    assert plan.recording.one(DEPLOYMENT).input("spec.replicas") == 3


def test_the_event_hub_has_the_pipe_s_name_and_keeps_records_for_a_week():
    hub = shipped(STACK).recording.one(HUB)
    assert hub.inputs["eventHubName"] == "orders"
    assert hub.inputs["retentionDescription"] == {"cleanupPolicy": "Delete", "retentionTimeInHours": 168}
    assert not {"messageRetentionInDays", "captureDescription"} & hub.inputs.keys()


def test_the_retention_is_configurable():
    description = with_topic(retentionHours=2160).one(HUB).inputs["retentionDescription"]
    assert description["retentionTimeInHours"] == 2160


def test_a_compacted_event_hub_has_a_tombstone_retention_instead_of_a_record_retention():
    hub = with_topic(compaction={"tombstoneHours": 48}).one(HUB)
    assert hub.inputs["retentionDescription"] == {"cleanupPolicy": "Compact", "tombstoneRetentionTimeInHours": 48}


@pytest.mark.parametrize("protect", [True, False])
def test_protect_applies_to_the_event_hub_and_its_schema_group(protect):
    changes = {"data-pipes:protect": protect, "data-pipes:pipes": {"orders": {"topic": {"schemaGroup": "forward"}}}}
    recording = planned(changes, stack=STACK).recording
    assert recording.one(HUB).protect is protect
    assert recording.one(SCHEMAS).protect is protect


def test_consumers_get_the_connection_settings_for_their_workload_identity():
    recording = shipped(STACK).recording
    host = f"{recording.one(NAMESPACE).inputs['namespaceName']}.servicebus.windows.net"
    assert {
        "STREAM_SERVICE": "kafka",
        "STREAM_TOPIC": "orders",
        "STREAM_GROUP": "orders",
        "KAFKA_BOOTSTRAP_SERVERS": f"{host}:9093",
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
        "KAFKA_SASL_OAUTHBEARER_SCOPE": f"https://{host}/.default",
    }.items() <= environment(recording).items()


def test_consumers_can_read_only_this_event_hub():
    recording = shipped(STACK).recording
    namespace = recording.one(NAMESPACE).inputs["namespaceName"]
    [scope] = rights(recording, RECEIVER)
    assert scope.endswith(f"/namespaces/{namespace}/eventhubs/orders")
    assert not rights(recording, SCHEMA_READER)


def test_consumers_can_reach_the_kafka_port():
    assert 9093 in ports(shipped(STACK).recording)


def test_consumers_wait_for_the_event_hub_its_private_endpoint_and_their_role():
    recording = shipped(STACK).recording
    waits = recording.requirements(recording.one(DEPLOYMENT))
    [right] = [each for each in recording.of_type(RIGHT) if each.inputs["roleDefinitionId"].endswith(RECEIVER)]
    endpoint = f"{STACK}-event-hubs-endpoint"
    way = [each for each in recording.resources if each.name == endpoint and each.type.startswith("azure-native:")]
    assert len(way) == 2
    assert {each.urn for each in (recording.one(HUB), right, *way)} <= set(waits)


def test_the_namespace_does_not_wait_for_its_private_endpoint():
    recording = shipped(STACK).recording
    waits = recording.requirements(recording.one(NAMESPACE))
    assert not [urn for urn in waits if "PrivateEndpoint::" in urn]


def test_by_default_there_is_no_schema_group():
    recording = shipped(STACK).recording
    assert not recording.of_type(SCHEMAS)
    assert not [name for name in environment(recording) if "SCHEMA" in name]


def test_each_pipe_has_its_own_schema_group_that_its_consumers_can_read():
    recording = with_topic(schemaGroup="backward")
    group = recording.one(SCHEMAS)
    assert group.inputs["schemaGroupName"] == "orders"
    assert (group.inputs["schemaType"], group.inputs["schemaCompatibility"]) == ("Avro", "Backward")
    [scope] = rights(recording, SCHEMA_READER)
    assert scope.endswith("/schemagroups/orders")
    host = f"{recording.one(NAMESPACE).inputs['namespaceName']}.servicebus.windows.net"
    assert {"STREAM_SCHEMA_REGISTRY": f"https://{host}", "STREAM_SCHEMA_GROUP": "orders"}.items() <= environment(
        recording
    ).items()
    assert {9093, 443} <= ports(recording)


def test_configured_consumer_groups_are_created():
    assert not shipped(STACK).recording.of_type(GROUP)
    groups = with_topic(consumerGroups=["audit", "reports.2"]).of_type(GROUP)
    assert {group.inputs["consumerGroupName"] for group in groups} == {"audit", "reports.2"}
    assert {group.inputs["eventHubName"] for group in groups} == {"orders"}


def change(tier, name, old, new, **topic):
    """Run a resource's update hooks."""
    changes = {"data-pipes:streaming": {"tier": tier}, "data-pipes:pipes": {"orders": {"topic": topic}}}
    recording = planned(changes, stack=STACK).recording
    before_update(recording, recording.one(name), old, new)


def partitions(count):
    return {"partitionCount": float(count)}


@pytest.mark.parametrize(
    ("tier", "present", "wanted", "message"),
    [
        (
            "standard",
            3,
            6,
            "On tier standard, the number of partitions of an event hub is fixed at creation. Set parallelism back to 3",
        ),
        (
            "standard",
            6,
            3,
            "On tier standard, the number of partitions of an event hub is fixed at creation. Set parallelism back to 6",
        ),
        ("premium", 6, 3, "Kafka cannot remove partitions"),
    ],
)
def test_partition_changes_that_the_tier_does_not_support_are_refused_in_the_preview(tier, present, wanted, message):
    with pytest.raises(ChangeRefusedError) as refusal:
        change(tier, HUB, partitions(present), partitions(wanted))
    assert f"pipes.orders.parallelism: cannot be changed from {present} to {wanted}. {message}" in str(refusal.value)
    assert re.search(rf"add a pipe .*name (with|and) parallelism {wanted}", str(refusal.value))


def test_partitions_can_be_added_on_tier_premium():
    change("premium", HUB, partitions(3), partitions(6))
    change("standard", HUB, partitions(3), partitions(3))
    assert refuse_partition_change(3, 3) is None


def test_a_changed_cleanup_policy_is_refused_in_the_preview():
    kept, compacted = ({"retentionDescription": {"cleanupPolicy": policy}} for policy in ("Delete", "Compact"))
    with pytest.raises(ChangeRefusedError, match=r"\(an event hub keeps its cleanup policy, delete\)"):
        change("premium", HUB, kept, compacted)


def test_a_changed_compatibility_rule_is_refused_in_the_preview():
    old, new = {"schemaCompatibility": "Backward"}, {"schemaCompatibility": "Forward"}
    with pytest.raises(
        ChangeRefusedError, match=r"cannot be changed from backward \(a schema group keeps its compatibility rule\)"
    ):
        change("premium", SCHEMAS, old, new, schemaGroup="forward")
