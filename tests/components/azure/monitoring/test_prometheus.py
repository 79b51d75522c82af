"""Tests of Azure's managed Prometheus on AKS."""

import pytest

from tests.stacks import planned, shipped
from workbench.cloud.behaviour import differences
from workbench.cloud.kinds import kind

STACK = "azure-eventhubs-aks"
CLUSTER = "azure-native:containerservice:ManagedCluster"
MONITOR = "kubernetes:azmonitoring.coreos.com/v1:PodMonitor"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
KINDS = [
    "azure-native:monitor:AzureMonitorWorkspace",
    "azure-native:monitor:DataCollectionEndpoint",
    "azure-native:monitor:DataCollectionRule",
    "azure-native:monitor:DataCollectionRuleAssociation",
    MONITOR,
]
KUBE_SYSTEM = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}


def with_collector(collector):
    return planned({"data-pipes:monitoring": {"collector": collector}}, stack=STACK).recording


def recording():
    return shipped(STACK).recording


def test_the_metrics_go_from_the_cluster_to_the_workspace_of_the_stack():
    rule = recording().one("azure-native:monitor:DataCollectionRule").inputs
    [destination] = rule["destinations"]["monitoringAccounts"]
    assert destination["accountResourceId"].endswith(f"/Microsoft.Monitor/accounts/{STACK}-metrics")
    assert rule["dataFlows"] == [{"streams": ["Microsoft-PrometheusMetrics"], "destinations": [destination["name"]]}]
    assert rule["dataSources"]["prometheusForwarder"][0]["streams"] == ["Microsoft-PrometheusMetrics"]
    assert rule["dataCollectionEndpointId"].endswith(f"/dataCollectionEndpoints/{STACK}-metrics")
    association = recording().one("azure-native:monitor:DataCollectionRuleAssociation").inputs
    assert association["resourceUri"].endswith(f"/managedClusters/{STACK}")
    assert association["dataCollectionRuleId"].endswith(f"/dataCollectionRules/{STACK}-metrics")


def test_the_pod_monitor_selects_the_consumers_and_has_azure_s_limits_of_labels():
    monitor = recording().one(MONITOR).inputs
    pods = recording().one("kubernetes:apps/v1:Deployment").inputs["spec"]["template"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= pods["metadata"]["labels"].items()
    [endpoint] = monitor["spec"]["podMetricsEndpoints"]
    assert endpoint["port"] in [port["name"] for port in pods["spec"]["containers"][0]["ports"]]
    assert (monitor["metadata"]["namespace"], endpoint["path"]) == ("orders", "/metrics")
    limits = ("labelLimit", "labelNameLengthLimit", "labelValueLengthLimit")
    assert [monitor["spec"][each] for each in limits] == [63, 511, 1023]


def test_the_network_policy_admits_only_the_collector_to_the_metrics():
    [ingress] = recording().one(POLICY).inputs["spec"]["ingress"]
    assert ingress == {"from": [KUBE_SYSTEM], "ports": [{"port": 8080, "protocol": "TCP"}]}


def test_the_pod_monitor_waits_for_the_cluster_and_its_nodes():
    needed = {recording().by_urn(urn).type for urn in recording().requirements(recording().one(MONITOR))}
    assert {CLUSTER, "azure-native:containerservice:AgentPool"} <= needed


@pytest.mark.parametrize(("collector", "enabled"), [("managed", True), ("none", False)])
def test_the_cluster_has_the_add_on_exactly_if_the_collector_is_managed(collector, enabled):
    found = with_collector(collector)
    assert found.one(CLUSTER).input("azureMonitorProfile.metrics") == {"enabled": enabled}
    assert [bool(found.of_type(each)) for each in KINDS] == [enabled] * len(KINDS)


@pytest.mark.parametrize(("before", "after"), [("none", "managed"), ("managed", "none")])
def test_another_collector_updates_the_cluster_in_place(before, after):
    old, new = (with_collector(each).one(CLUSTER).inputs for each in (before, after))
    [change] = differences(kind(CLUSTER), dict(old), dict(new), {})
    assert (change.path, change.replaces) == ("azureMonitorProfile.metrics.enabled", False)
    absent = {key: value for key, value in old.items() if key != "azureMonitorProfile"}
    assert not any(each.replaces for each in differences(kind(CLUSTER), absent, dict(new), {}))


def test_without_a_collector_nothing_may_reach_the_consumers():
    spec = with_collector("none").one(POLICY).inputs["spec"]
    assert "ingress" not in spec
    assert "Ingress" in spec["policyTypes"]


def test_the_operator_of_the_cluster_needs_no_workspace_and_no_add_on():
    found = with_collector("operator")
    assert found.one(CLUSTER).input("azureMonitorProfile.metrics.enabled") is False
    assert not [each for each in KINDS if found.of_type(each)]
    assert found.of_type("kubernetes:monitoring.coreos.com/v1:PodMonitor")
    assert found.of_type("kubernetes:monitoring.coreos.com/v1:PrometheusRule")


def test_disabled_monitoring_disables_the_add_on():
    found = planned({"data-pipes:monitoring": {"enabled": False}}, stack=STACK).recording
    assert found.one(CLUSTER).input("azureMonitorProfile.metrics.enabled") is False


@pytest.mark.parametrize(
    "changes",
    [
        {"data-pipes:platform": {"endpoint": {"publicCidrs": ["203.0.113.7/32"]}}},
        {"data-pipes:platform": {"version": "1.34"}},
        {"data-pipes:platform": {"nodes": {"vmSize": "Standard_D8ps_v5", "min": 1}}},
    ],
    ids=["public", "older", "arm"],
)
def test_every_form_of_the_cluster_has_a_collector(changes):
    plan = planned(changes, stack=STACK)
    assert plan.problems == ()
    assert plan.recording.one(CLUSTER).input("azureMonitorProfile.metrics.enabled") is True
