"""Tests of the GKE node pool and its service account in mode standard."""

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
def test_node_pool_is_shielded_and_hides_node_credentials(path, value):
    assert recording().one(POOL).input(path) == value


def test_consumers_select_the_node_pool():
    [deployment] = recording().of_type("kubernetes:apps/v1:Deployment")
    selector = deployment.input("spec.template.spec.nodeSelector")
    assert selector.items() <= recording().one(POOL).input("nodeConfig.labels").items()
    assert selector


def test_nodes_have_their_own_service_account_with_minimal_roles():
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


def test_no_pipe_shares_the_node_service_account():
    pipes = {"nodes": {"parallelism": 1, "consumer": {"image": ":1"}}, "gkenodes": {"parallelism": 1}}
    plan = planned({"data-pipes:pipes": pipes}, stack=STACK)
    assert plan.problems == ()
    names = [each.inputs["accountId"] for each in plan.recording.of_type(ACCOUNT)]
    assert len(names) == len(set(names)) == 4


@pytest.mark.parametrize(
    ("desired", "maximum", "each"), [(3, 6, 1), (4, 6, 2), (6, 6, 2), (4, 5, 1), (1, 3, 1), (7, 100, 3)]
)
def test_initial_nodes_per_zone_never_exceed_the_maximum(desired, maximum, each):
    assert nodes_in_each_zone(desired, maximum) == each
    assert 3 * each <= maximum


def test_initial_node_count_fits_all_replicas():
    plan = planned({"data-pipes:pipes": {"orders": {"parallelism": 19}}}, stack=STACK)
    assert plan.recording.one(POOL).inputs["initialNodeCount"] == 2
    assert plan.recording.one(POOL).ignore_changes == ("initialNodeCount",), "scaling must not replace the pool"


def test_a_new_node_size_creates_the_new_pool_first():
    names = {
        with_platform(nodes=nodes).one(POOL).inputs["name"]
        for nodes in ({}, {"machineType": "e2-standard-8"}, {"diskSize": 256}, {"min": 4, "max": 9})
    }
    assert len(names) == 3, "only the machine type and the disk size change the name"
    assert recording().one(POOL).delete_before_replace is False


def test_default_pool_name_never_changes():
    assert pool_name("e2-standard-4", 100) == "pool-01c6d8df"


def test_node_disks_match_the_machine_type():
    pool = with_platform(nodes={"machineType": "n4-standard-8"}).one(POOL)
    assert pool.input("nodeConfig.diskType") == "hyperdisk-balanced"
    assert pool.inputs["maxPodsPerNode"] == 110
