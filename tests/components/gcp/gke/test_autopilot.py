"""Tests of GKE in mode autopilot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.gcp.gke.autopilot import LEAST, adjusted, refusal
from components.kubernetes.nodes.capacity import Resources
from tests.stacks import REMOVED, planned

STACK = "gcp-pubsub-gke"
CLUSTER = "gcp:container/cluster:Cluster"


@pytest.fixture(scope="module")
def plan():
    return planned({"data-pipes:platform": {"mode": "autopilot"}}, stack=STACK)


def test_autopilot_nodes_use_the_stack_s_service_account(plan):
    recorded = plan.recording
    cluster = recorded.one(CLUSTER)
    assert plan.problems == ()
    assert cluster.inputs["enableAutopilot"] is True
    assert not recorded.of_type("gcp:container/nodePool:NodePool")
    account = recorded.one(f"{STACK}-gke-nodes-pulls").inputs["member"].removeprefix("serviceAccount:")
    assert cluster.input("clusterAutoscaling.autoProvisioningDefaults.serviceAccount") == account


def test_fields_managed_by_autopilot_are_not_set(plan):
    given_too = {
        *("removeDefaultNodePool", "initialNodeCount", "nodeConfig", "enableShieldedNodes", "addonsConfig"),
        *("datapathProvider", "workloadIdentityConfig", "monitoringConfig"),
    }
    assert not given_too & plan.recording.one(CLUSTER).inputs.keys()


@pytest.mark.parametrize("path", ["databaseEncryption.state", "privateClusterConfig", "controlPlaneEndpointsConfig"])
def test_autopilot_has_the_same_access_settings_as_standard(plan, path):
    standard = planned(stack=STACK).recording.one(CLUSTER)
    assert plan.recording.one(CLUSTER).input(path) == standard.input(path)


def test_consumers_use_no_custom_node_label(plan):
    [deployment] = plan.recording.of_type("kubernetes:apps/v1:Deployment")
    assert "nodeSelector" not in deployment.input("spec.template.spec")


def test_consumers_can_reach_the_node_local_dns_resolver(plan):
    [policy] = plan.recording.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    ways = {
        (rule["to"][0].get("ipBlock", {}).get("cidr"), port["port"], port["protocol"])
        for rule in policy.input("spec.egress")
        for port in rule["ports"]
    }
    assert {("169.254.20.10/32", 53, "UDP"), ("169.254.20.10/32", 53, "TCP"), ("169.254.169.254/32", 80, "TCP")} <= ways


def test_broker_disks_match_autopilot_machines():
    recorded = planned(
        {"data-pipes:platform": {"mode": "autopilot", "nodes": REMOVED}}, stack="gcp-kafka-gke"
    ).recording
    assert recorded.one("kubernetes:storage.k8s.io/v1:StorageClass").inputs["parameters"] == {"type": "pd-balanced"}


requests = st.builds(Resources, cpu=st.integers(1, 40_000), memory=st.integers(1, 150_000))


@given(pod=requests)
def test_adjusted_requests_are_valid_never_lower_and_stable(pod):
    adjusted_pod = adjusted(pod)
    assert adjusted_pod.fits(pod)
    assert adjusted_pod.fits(LEAST)
    assert adjusted_pod.cpu * 1024 <= adjusted_pod.memory * 1000 <= adjusted_pod.cpu * 6.5 * 1024
    assert adjusted(adjusted_pod) == adjusted_pod


@pytest.mark.parametrize(
    ("pod", "capacity"),
    [
        (Resources(cpu=500, memory=1024), Resources(cpu=500, memory=1024)),
        (Resources(cpu=200, memory=2048), Resources(cpu=308, memory=2048)),
        (Resources(cpu=1000, memory=512), Resources(cpu=1000, memory=1024)),
        (Resources(cpu=1, memory=1), Resources(cpu=50, memory=52)),
    ],
)
def test_requests_are_adjusted_to_the_documented_ratio(pod, capacity):
    assert adjusted(pod) == capacity
    assert bool(refusal(pod)) is (pod != capacity)
