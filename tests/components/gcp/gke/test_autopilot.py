"""GKE in mode autopilot: Google makes the nodes, and the stack says who they are."""

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


def test_google_makes_the_nodes_under_the_stack_s_own_service_account(plan):
    recorded = plan.recording
    cluster = recorded.one(CLUSTER)
    assert plan.problems == ()
    assert cluster.inputs["enableAutopilot"] is True
    assert not recorded.of_type("gcp:container/nodePool:NodePool")
    account = recorded.one(f"{STACK}-gke-nodes-pulls").inputs["member"].removeprefix("serviceAccount:")
    assert cluster.input("clusterAutoscaling.autoProvisioningDefaults.serviceAccount") == account


def test_what_autopilot_sets_itself_is_not_said(plan):
    given_too = {
        *("removeDefaultNodePool", "initialNodeCount", "nodeConfig", "enableShieldedNodes", "addonsConfig"),
        *("datapathProvider", "workloadIdentityConfig", "monitoringConfig"),
    }
    assert not given_too & plan.recording.one(CLUSTER).inputs.keys()


@pytest.mark.parametrize("path", ["databaseEncryption.state", "privateClusterConfig", "controlPlaneEndpointsConfig"])
def test_it_is_as_closed_as_a_standard_one(plan, path):
    standard = planned(stack=STACK).recording.one(CLUSTER)
    assert plan.recording.one(CLUSTER).input(path) == standard.input(path)


def test_consumers_ask_for_no_label_that_autopilot_does_not_know(plan):
    [deployment] = plan.recording.of_type("kubernetes:apps/v1:Deployment")
    assert "nodeSelector" not in deployment.input("spec.template.spec")


def test_consumers_reach_the_resolver_of_their_node(plan):
    [policy] = plan.recording.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    ways = {
        (rule["to"][0].get("ipBlock", {}).get("cidr"), port["port"], port["protocol"])
        for rule in policy.input("spec.egress")
        for port in rule["ports"]
    }
    assert {("169.254.20.10/32", 53, "UDP"), ("169.254.20.10/32", 53, "TCP"), ("169.254.169.254/32", 80, "TCP")} <= ways


def test_brokers_claim_disks_that_autopilot_s_machines_take():
    recorded = planned(
        {"data-pipes:platform": {"mode": "autopilot", "nodes": REMOVED}}, stack="gcp-kafka-gke"
    ).recording
    assert recorded.one("kubernetes:storage.k8s.io/v1:StorageClass").inputs["parameters"] == {"type": "pd-balanced"}


rooms = st.builds(Resources, cpu=st.integers(1, 40_000), memory=st.integers(1, 150_000))


@given(pod=rooms)
def test_autopilot_raises_what_is_too_little_lowers_nothing_and_leaves_its_own_alone(pod):
    given_room = adjusted(pod)
    assert given_room.fits(pod)
    assert given_room.fits(LEAST)
    assert given_room.cpu * 1024 <= given_room.memory * 1000 <= given_room.cpu * 6.5 * 1024
    assert adjusted(given_room) == given_room


@pytest.mark.parametrize(
    ("pod", "room"),
    [
        (Resources(cpu=500, memory=1024), Resources(cpu=500, memory=1024)),
        (Resources(cpu=200, memory=2048), Resources(cpu=308, memory=2048)),
        (Resources(cpu=1000, memory=512), Resources(cpu=1000, memory=1024)),
        (Resources(cpu=1, memory=1), Resources(cpu=50, memory=52)),
    ],
)
def test_requests_are_brought_into_the_ratio_that_autopilot_documents(pod, capacity):
    assert adjusted(pod) == capacity
    assert bool(refusal(pod)) is (pod != capacity)
