"""Consumer and system node pools on AKS."""

import pytest

from components.azure.aks.nodes import pool_name
from components.changes import ChangeRefusedError
from tests.hooks import before_update
from tests.stacks import planned, shipped

STACK = "azure-eventhubs-aks"
CLUSTER = "azure-native:containerservice:ManagedCluster"
POOL = "azure-native:containerservice:AgentPool"
ROLE = "azure-native:authorization:RoleAssignment"


def recording():
    return shipped(STACK).recording


def with_platform(**platform):
    return planned({"data-pipes:platform": platform}, stack=STACK).recording


def needs(resource):
    """Return the types and names of all resources that a resource waits for."""
    return {(recording().by_urn(urn).type, recording().by_urn(urn).name) for urn in recording().requirements(resource)}


def test_the_system_pool_has_a_node_in_each_zone_and_a_taint_against_consumers():
    [pool] = recording().one(CLUSTER).inputs["agentPoolProfiles"]
    assert (pool["mode"], pool["count"], pool["availabilityZones"]) == ("System", 3, ["1", "2", "3"])
    assert pool["nodeTaints"] == ["CriticalAddonsOnly=true:NoSchedule"]
    assert "enableAutoScaling" not in pool


def test_all_nodes_are_encrypted_at_host_without_public_addresses_and_in_the_nodes_subnet():
    recorded = recording()
    pools = [*recorded.one(CLUSTER).inputs["agentPoolProfiles"], recorded.one(POOL).inputs]
    assert len(pools) == 2
    for pool in pools:
        assert pool["enableEncryptionAtHost"] is True
        assert pool["enableNodePublicIP"] is False
        assert pool["vnetSubnetID"].endswith(f"/virtualNetworks/{STACK}/subnets/nodes")
        assert pool["maxPods"] == 64


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mode", "User"),
        ("vmSize", "Standard_D4s_v5"),
        ("osDiskSizeGB", 128),
        ("enableAutoScaling", True),
        ("minCount", 3),
        ("maxCount", 6),
        ("availabilityZones", ["1", "2", "3"]),
        ("nodeLabels", {"data-pipes/consumers": "true"}),
        ("upgradeSettings", {"maxSurge": "33%", "drainTimeoutInMinutes": 60}),
        ("tags", {"data-pipes": STACK}),
    ],
)
def test_the_consumers_pool_spans_all_zones(key, value):
    assert recording().one(POOL).inputs[key] == value


def test_consumers_run_only_in_the_consumers_pool():
    [deployment] = recording().of_type("kubernetes:apps/v1:Deployment")
    selector = deployment.input("spec.template.spec.nodeSelector")
    assert selector.items() <= recording().one(POOL).inputs["nodeLabels"].items()
    assert selector


@pytest.mark.parametrize(("parallelism", "nodes"), [(3, 3), (18, 3), (19, 4), (36, 6)])
def test_the_initial_node_count_fits_all_replicas(parallelism, nodes):
    plan = planned({"data-pipes:pipes": {"orders": {"parallelism": parallelism}}}, stack=STACK)
    assert plan.recording.one(POOL).inputs["count"] == nodes


def test_only_the_autoscaled_node_count_and_the_cluster_s_pool_list_are_ignored():
    assert recording().one(POOL).ignore_changes == ("count",)
    assert recording().one(CLUSTER).ignore_changes == ("agentPoolProfiles",)


def test_nodes_of_another_size_are_created_before_the_old_nodes_are_deleted():
    names = {
        with_platform(nodes=nodes).one(POOL).inputs["agentPoolName"]
        for nodes in ({}, {"vmSize": "Standard_D8s_v5"}, {"diskSize": 256}, {"min": 4, "max": 9})
    }
    assert len(names) == 3, "the pool's name must contain only values that AKS cannot change"
    assert recording().one(POOL).delete_before_replace is False


@pytest.mark.parametrize("size", ["Standard_D4s_v5", "Standard_E48bds_v5"])
def test_pool_names_are_valid_on_aks(size):
    name = pool_name(size, 2048)
    assert len(name) <= 12
    assert name.isalnum()
    assert name == name.lower()
    assert name[0].isalpha()


def test_the_name_of_the_default_pool_is_stable():
    assert pool_name("Standard_D4s_v5", 128) == "pool0d30d6dc"


def test_nodes_wait_for_the_registry_and_for_permission_to_pull_images():
    waits = needs(recording().one(POOL))
    assert (ROLE, f"{STACK}-pull") in waits
    assert (ROLE, f"{STACK}-admin-deployer") in waits, "the role takes effect while the nodes start"
    assert ("azure-native:network:PrivateDnsZoneGroup", f"{STACK}-images-endpoint") in waits


def moved(present, wanted):
    """Run the pool's update hooks."""
    before_update(recording(), recording().one(POOL), {"vnetSubnetID": present}, {"vnetSubnetID": wanted})


def test_nodes_keep_their_subnet():
    moved("/subnets/a", "/subnets/a")
    with pytest.raises(ChangeRefusedError) as refusal:
        moved("/subnets/a", "/subnets/b")
    assert str(refusal.value) == (
        "network.existing.nodesSubnetId: cannot be changed from /subnets/a (nodes keep their subnet, and the Kubernetes API keeps its address "
        "there). Set it back; to change it, create a new stack with a different name, move the pipes there, then destroy this stack."
    )


def test_consumers_nodes_are_upgraded_after_the_control_plane():
    newer = with_platform(version="1.36")
    pool = newer.one(POOL)
    assert (newer.one(CLUSTER).inputs["kubernetesVersion"], pool.inputs["orchestratorVersion"]) == ("1.36", "1.36")
    assert newer.one(CLUSTER).urn in newer.requirements(pool)


def test_local_dns_is_disabled_because_network_policies_select_the_cluster_s_dns():
    made = recording()
    assert made.one(POOL).input("localDNSProfile.mode") == "Disabled"
    assert made.one(CLUSTER).input("agentPoolProfiles[0].localDNSProfile.mode") == "Disabled"
