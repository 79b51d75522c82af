"""The consumers' nodes of a GKE cluster in mode standard, and who they are."""

import pytest

from components.gcp.gke.nodes import nodes_in_each_zone, pool_name
from tests.stacks import planned, shipped

STACK = "gcp-pubsub-gke"
POOL = "gcp:container/nodePool:NodePool"
ACCOUNT = "gcp:serviceaccount/account:Account"


def recording():
    return shipped(STACK).recording


def with_platform(**platform):
    return planned({"data-pipes:platform": platform}, stack=STACK).recording


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("cluster", STACK),
        ("location", "europe-west1"),
        ("initialNodeCount", 1),
        ("autoscaling", {"totalMinNodeCount": 3, "totalMaxNodeCount": 6, "locationPolicy": "BALANCED"}),
        ("maxPodsPerNode", 64),
        ("management", {"autoRepair": True, "autoUpgrade": True}),
        ("upgradeSettings", {"strategy": "SURGE", "maxSurge": 1, "maxUnavailable": 0}),
        ("nodeConfig.machineType", "e2-standard-4"),
        ("nodeConfig.diskSizeGb", 100),
        ("nodeConfig.diskType", "pd-balanced"),
        ("nodeConfig.imageType", "COS_CONTAINERD"),
        ("nodeConfig.labels", {"data-pipes/consumers": "true"}),
        ("nodeConfig.metadata", {"disable-legacy-endpoints": "true"}),
        ("nodeConfig.shieldedInstanceConfig", {"enableSecureBoot": True, "enableIntegrityMonitoring": True}),
        ("nodeConfig.workloadMetadataConfig", {"mode": "GKE_METADATA"}),
    ],
)
def test_consumers_have_shielded_nodes_of_their_own_whose_credentials_no_pod_sees(path, value):
    assert recording().one(POOL).input(path) == value


def test_consumers_run_on_their_own_nodes():
    [deployment] = recording().of_type("kubernetes:apps/v1:Deployment")
    selector = deployment.input("spec.template.spec.nodeSelector")
    assert selector.items() <= recording().one(POOL).input("nodeConfig.labels").items()
    assert selector


def test_nodes_are_a_service_account_of_their_own_that_logs_and_pulls_the_stack_s_images():
    account = recording().one(f"{STACK}-gke-nodes-pulls").inputs["member"]
    assert account == f"serviceAccount:{recording().one(POOL).input('nodeConfig.serviceAccount')}"
    assert "compute@developer" not in account
    rights = {
        (each.type.split(":")[1], each.inputs["role"])
        for each in recording().resources
        if each.inputs.get("member") == account and each.inputs.get("role")
    }
    assert rights == {
        ("projects/iAMMember", "roles/container.defaultNodeServiceAccount"),
        ("artifactregistry/repositoryIamMember", "roles/artifactregistry.reader"),
    }


def test_no_pipe_s_pods_have_the_nodes_account():
    pipes = {"nodes": {"parallelism": 1, "consumer": {"image": ":1"}}, "gkenodes": {"parallelism": 1}}
    plan = planned({"data-pipes:pipes": pipes}, stack=STACK)
    assert plan.problems == ()
    names = [each.inputs["accountId"] for each in plan.recording.of_type(ACCOUNT)]
    assert len(names) == len(set(names)) == 4


@pytest.mark.parametrize(
    ("desired", "maximum", "each"), [(3, 6, 1), (4, 6, 2), (6, 6, 2), (4, 5, 1), (1, 3, 1), (7, 100, 3)]
)
def test_each_zone_begins_with_its_share_of_the_nodes_and_all_together_never_with_more_than_there_may_be(
    desired, maximum, each
):
    assert nodes_in_each_zone(desired, maximum) == each
    assert 3 * each <= maximum


def test_there_are_as_many_nodes_at_first_as_all_replicas_need():
    plan = planned({"data-pipes:pipes": {"orders": {"parallelism": 19}}}, stack=STACK)
    assert plan.recording.one(POOL).inputs["initialNodeCount"] == 2
    assert plan.recording.one(POOL).ignore_changes == ("initialNodeCount",), "growth replaces no pool"


def test_nodes_of_another_size_come_before_the_old_ones_go():
    names = {
        with_platform(nodes=nodes).one(POOL).inputs["name"]
        for nodes in ({}, {"machineType": "e2-standard-8"}, {"diskSize": 256}, {"min": 4, "max": 9})
    }
    assert len(names) == 3, "another machine or disk makes a new name, and nothing else does"
    assert recording().one(POOL).delete_before_replace is False


def test_the_name_of_the_default_pool_never_changes():
    assert pool_name("e2-standard-4", 100) == "pool-01c6d8df"


def test_nodes_have_the_disks_that_their_machines_take():
    pool = with_platform(nodes={"machineType": "n4-standard-8"}).one(POOL)
    assert pool.input("nodeConfig.diskType") == "hyperdisk-balanced"
    assert pool.inputs["maxPodsPerNode"] == 110
