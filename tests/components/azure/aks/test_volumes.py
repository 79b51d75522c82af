"""Azure disks for pods on AKS, where a streaming service keeps its records on them."""

from tests.stacks import shipped

STACK = "azure-kafka-aks"
CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
CLUSTER = "azure-native:containerservice:ManagedCluster"


def test_a_claim_gets_a_premium_disk_in_the_zone_of_its_pod_that_can_grow():
    volumes = shipped(STACK).recording.one(CLASS).inputs
    assert volumes["provisioner"] == "disk.csi.azure.com"
    assert volumes["parameters"] == {"skuName": "Premium_LRS"}
    assert volumes["volumeBindingMode"] == "WaitForFirstConsumer"
    assert volumes["allowVolumeExpansion"] is True


def test_the_driver_of_disks_runs_where_there_are_claims_and_nowhere_else():
    for stack, runs in ((STACK, True), ("azure-eventhubs-aks", False)):
        recorded = shipped(stack).recording
        assert recorded.one(CLUSTER).input("storageProfile.diskCSIDriver.enabled") is runs
        assert bool(recorded.of_type(CLASS)) is runs


def test_brokers_claim_disks_of_this_class():
    recorded = shipped(STACK).recording
    pools = recorded.of_type("kubernetes:kafka.strimzi.io/v1:KafkaNodePool")
    classes = {volume["class"] for pool in pools for volume in pool.input("spec.storage.volumes")}
    assert classes == {recorded.one(CLASS).input("metadata.name")}
