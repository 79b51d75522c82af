"""The consumers' nodes of an AKS cluster, and those of the system."""

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
    """The names and types of all that a resource waits for."""
    return {(recording().by_urn(urn).type, recording().by_urn(urn).name) for urn in recording().requirements(resource)}


def test_the_system_has_a_node_in_each_zone_where_no_consumer_comes():
    [pool] = recording().one(CLUSTER).inputs["agentPoolProfiles"]
    assert (pool["mode"], pool["count"], pool["availabilityZones"]) == ("System", 3, ["1", "2", "3"])
    assert pool["nodeTaints"] == ["CriticalAddonsOnly=true:NoSchedule"]
    assert "enableAutoScaling" not in pool


def test_all_nodes_are_encrypted_on_the_host_without_an_address_on_the_internet_in_the_nodes_subnet():
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
def test_consumers_have_nodes_of_their_own_in_all_zones(key, value):
    assert recording().one(POOL).inputs[key] == value


def test_consumers_run_on_their_own_nodes():
    [deployment] = recording().of_type("kubernetes:apps/v1:Deployment")
    selector = deployment.input("spec.template.spec.nodeSelector")
    assert selector.items() <= recording().one(POOL).inputs["nodeLabels"].items()
    assert selector


@pytest.mark.parametrize(("parallelism", "nodes"), [(3, 3), (18, 3), (19, 4), (36, 6)])
def test_there_are_as_many_nodes_at_first_as_all_replicas_need(parallelism, nodes):
    plan = planned({"data-pipes:pipes": {"orders": {"parallelism": parallelism}}}, stack=STACK)
    assert plan.recording.one(POOL).inputs["count"] == nodes


def test_what_the_autoscaler_changes_is_left_to_it_and_what_it_is_told_is_not():
    assert recording().one(POOL).ignore_changes == ("count",)
    assert recording().one(CLUSTER).ignore_changes == ("agentPoolProfiles",)


def test_nodes_of_another_size_come_before_the_old_ones_go():
    names = {
        with_platform(nodes=nodes).one(POOL).inputs["agentPoolName"]
        for nodes in ({}, {"vmSize": "Standard_D8s_v5"}, {"diskSize": 256}, {"min": 4, "max": 9})
    }
    assert len(names) == 3, "what AKS never changes of a pool makes a new name, and nothing else does"
    assert recording().one(POOL).delete_before_replace is False


@pytest.mark.parametrize("size", ["Standard_D4s_v5", "Standard_E48bds_v5"])
def test_the_name_of_a_pool_is_one_that_aks_takes(size):
    name = pool_name(size, 2048)
    assert len(name) <= 12
    assert name.isalnum()
    assert name == name.lower()
    assert name[0].isalpha()


def test_the_name_of_the_default_pool_never_changes():
    assert pool_name("Standard_D4s_v5", 128) == "pool0d30d6dc"


def test_nodes_may_pull_images_and_reach_the_registry_before_they_come_up_and_until_they_are_gone():
    waits = needs(recording().one(POOL))
    assert (ROLE, f"{STACK}-pull") in waits
    assert (ROLE, f"{STACK}-admin-deployer") in waits, "AKS hears of the administrator while the nodes come up"
    assert ("azure-native:network:PrivateDnsZoneGroup", f"{STACK}-images-endpoint") in waits


def moved(present, wanted):
    """Run the pool's update hooks."""
    before_update(recording(), recording().one(POOL), {"vnetSubnetID": present}, {"vnetSubnetID": wanted})


def test_nodes_keep_their_subnet():
    moved("/subnets/a", "/subnets/a")
    with pytest.raises(ChangeRefusedError) as refusal:
        moved("/subnets/a", "/subnets/b")
    assert str(refusal.value) == (
        "network.existing.nodesSubnetId: cannot go from /subnets/a to another: nodes keep their subnet, and the Kubernetes API its address "
        "there. Set it back; to change it, bring up a stack of another name with it, move the pipes there, then take this one down."
    )


def test_consumers_nodes_are_brought_to_the_version_of_the_control_plane_after_it():
    newer = with_platform(version="1.36")
    pool = newer.one(POOL)
    assert (newer.one(CLUSTER).inputs["kubernetesVersion"], pool.inputs["orchestratorVersion"]) == ("1.36", "1.36")
    assert newer.one(CLUSTER).urn in newer.requirements(pool)


def test_no_node_answers_dns_itself_since_network_policies_name_the_cluster_s_dns():
    made = recording()
    assert made.one(POOL).input("localDNSProfile.mode") == "Disabled"
    assert made.one(CLUSTER).input("agentPoolProfiles[0].localDNSProfile.mode") == "Disabled"
