"""Tests of an Event Hubs namespace: access, tier and refused changes."""

import pytest

from components.changes import ChangeRefusedError
from tests.hooks import before_update
from tests.stacks import planned, shipped

STACK = "azure-eventhubs-aks"
NAMESPACE = "azure-native:eventhub:Namespace"
ENDPOINT = "azure-native:network:PrivateEndpoint"
DIAGNOSTICS = "azure-native:monitor:DiagnosticSetting"
LOGS = f"{STACK}-event-hubs-logs"
CLUSTER = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/shared/providers/Microsoft.EventHub/clusters/big"


def with_streaming(**streaming):
    return planned({"data-pipes:streaming": streaming}, stack=STACK).recording


def shipped_namespace():
    return shipped(STACK).recording.one(NAMESPACE)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("sku", {"name": "Premium", "tier": "Premium", "capacity": 1}),
        ("isAutoInflateEnabled", False),
        ("maximumThroughputUnits", 0),
        ("kafkaEnabled", True),
        ("zoneRedundant", True),
        ("disableLocalAuth", True),
        ("minimumTlsVersion", "1.2"),
        ("publicNetworkAccess", "Disabled"),
        ("identity", {"type": "SystemAssigned"}),
        ("location", "westeurope"),
        ("tags", {"data-pipes": STACK}),
    ],
)
def test_the_namespace_is_private_zone_redundant_and_kafka_enabled_without_shared_keys(path, value):
    assert shipped_namespace().input(path) == value


def test_optional_features_are_not_set_by_default():
    assert not {"encryption", "clusterArmId"} & shipped_namespace().inputs.keys()
    assert shipped_namespace().ignore_changes == ()


@pytest.mark.parametrize("name", [STACK, "x" * 24, "a-stack--of-2"])
def test_the_namespace_name_is_valid_on_azure_and_has_a_random_suffix(name):
    namespace = planned({"data-pipes:name": name}, stack=STACK).recording.one(NAMESPACE)
    given = namespace.inputs["namespaceName"]
    beginning, suffix = given.rsplit("-", 1)
    assert name.replace("--", "-") == beginning
    assert len(suffix) == 8
    assert 6 <= len(given) <= 50


def test_the_namespace_has_a_private_endpoint():
    recording = shipped(STACK).recording
    [endpoint] = [each for each in recording.of_type(ENDPOINT) if each.name == f"{STACK}-event-hubs-endpoint"]
    [connection] = endpoint.inputs["privateLinkServiceConnections"]
    assert connection["groupIds"] == ["namespace"]
    assert connection["privateLinkServiceId"].endswith(shipped_namespace().inputs["namespaceName"])


def test_the_namespace_logs_operations_and_kafka_errors():
    [setting] = [each for each in shipped(STACK).recording.of_type(DIAGNOSTICS) if each.name == LOGS]
    assert setting.inputs["resourceUri"].endswith(shipped_namespace().inputs["namespaceName"])
    enabled = {log["category"] for log in setting.inputs["logs"] if log["enabled"]}
    assert {"OperationalLogs", "KafkaCoordinatorLogs", "KafkaUserErrorLogs", "RuntimeAuditLogs"} <= enabled


def test_tier_standard_enables_only_the_logs_that_it_supports():
    [setting] = [each for each in with_streaming(tier="standard").of_type(DIAGNOSTICS) if each.name == LOGS]
    categories = {log["category"] for log in setting.inputs["logs"]}
    assert "KafkaUserErrorLogs" in categories
    assert not {"RuntimeAuditLogs", "ApplicationMetricsLogs"} & categories


@pytest.mark.parametrize("protect", [True, False])
def test_protect_applies_to_the_namespace(protect):
    assert planned({"data-pipes:protect": protect}, stack=STACK).recording.one(NAMESPACE).protect is protect


def test_the_bootstrap_servers_are_a_stack_output():
    name = shipped_namespace().inputs["namespaceName"]
    assert shipped(STACK).recording.outputs["bootstrapServers"] == f"{name}.servicebus.windows.net:9093"


def test_the_namespace_and_the_cluster_are_created_in_parallel():
    recording = shipped(STACK).recording
    cluster = recording.one("azure-native:containerservice:ManagedCluster")
    assert cluster.urn not in recording.requirements(shipped_namespace())
    assert shipped_namespace().urn not in recording.requirements(cluster)


@pytest.mark.parametrize(("tier", "sku", "capacity"), [("standard", "Standard", 40), ("premium", "Premium", 16)])
def test_tier_and_capacity_are_applied(tier, sku, capacity):
    namespace = with_streaming(tier=tier, capacity=capacity).one(NAMESPACE)
    assert namespace.inputs["sku"] == {"name": sku, "tier": sku, "capacity": capacity}


def test_a_dedicated_namespace_uses_the_existing_cluster():
    recording = with_streaming(tier="dedicated", clusterId=CLUSTER)
    assert recording.one(NAMESPACE).inputs["clusterArmId"] == CLUSTER
    assert recording.of_type("azure-native:eventhub:Cluster") == ()


def test_capacity_changes_by_event_hubs_are_ignored_only_with_auto_inflate():
    namespace = with_streaming(tier="standard", capacity=2, autoInflate={"maximumUnits": 10}).one(NAMESPACE)
    assert namespace.inputs["isAutoInflateEnabled"] is True
    assert namespace.inputs["maximumThroughputUnits"] == 10
    assert namespace.ignore_changes == ("sku.capacity",)
    assert with_streaming(tier="standard", capacity=2).one(NAMESPACE).ignore_changes == ()


def sku(tier):
    return {"sku": {"name": tier}}


KEY = {"encryption": {"keySource": "Microsoft.KeyVault"}}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            sku("Standard"),
            sku("Premium"),
            "streaming.tier: cannot be changed from standard (a namespace keeps its tier).",
        ),
        (
            sku("Premium"),
            sku("Standard"),
            "streaming.tier: cannot be changed from premium (a namespace keeps its tier).",
        ),
        (
            {},
            {"clusterArmId": CLUSTER},
            "streaming.clusterId: cannot be set on an existing namespace (a namespace cannot move to or from a dedicated cluster).",
        ),
        (
            {"clusterArmId": CLUSTER},
            {},
            f"streaming.clusterId: cannot be changed from {CLUSTER} (a namespace cannot move to or from a dedicated cluster).",
        ),
        (
            {},
            KEY,
            "streaming.customerManagedKey: cannot be turned on (a namespace accepts a customer-managed key only while it has no event hubs).",
        ),
        (KEY, {}, "streaming.customerManagedKey: cannot be turned off (a namespace keeps its customer-managed key)."),
    ],
)
def test_unsupported_namespace_changes_are_refused_in_the_preview_with_a_fix(old, new, message):
    with pytest.raises(ChangeRefusedError) as refusal:
        before_update(shipped(STACK).recording, shipped_namespace(), old, new)
    assert message in str(refusal.value)
    assert "create a new stack with a different name" in str(refusal.value)


def test_capacity_can_be_raised():
    old, new = ({**shipped_namespace().inputs, "sku": {"name": "Premium", "capacity": units}} for units in (1, 2))
    before_update(shipped(STACK).recording, shipped_namespace(), old, new)


def inflating(capacity):
    return with_streaming(tier="standard", capacity=capacity, autoInflate={"maximumUnits": 10})


def test_a_changed_capacity_with_auto_inflate_is_refused_in_the_preview():
    before, recording = inflating(2), inflating(5)
    namespace = recording.one(NAMESPACE)
    with pytest.raises(ChangeRefusedError) as refusal:
        before_update(recording, namespace, before.one(NAMESPACE).inputs, namespace.inputs)
    assert str(refusal.value) == (
        "streaming.capacity: cannot be changed from 2 to 5 with autoInflate (capacity sets only the initial number of units). Set capacity back "
        "to 2 and raise autoInflate.maximumUnits. Alternatively, remove autoInflate, deploy, then change capacity."
    )


def test_auto_inflate_can_be_turned_on_and_off():
    plain, inflated = with_streaming(tier="standard", capacity=2), inflating(2)
    for old, recording in ((plain, inflated), (inflated, plain)):
        namespace = recording.one(NAMESPACE)
        before_update(recording, namespace, old.one(NAMESPACE).inputs, namespace.inputs)
