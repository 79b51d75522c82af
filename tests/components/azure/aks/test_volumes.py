"""Storage class for services that keep records on Azure disks."""

from tests.stacks import shipped

STACK = "azure-kafka-aks"
CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
CLUSTER = "azure-native:containerservice:ManagedCluster"


def test_the_storage_class_provides_expandable_premium_disks_in_the_zone_of_the_pod():
    volumes = shipped(STACK).recording.one(CLASS).inputs
    assert volumes["provisioner"] == "disk.csi.azure.com"
    assert volumes["parameters"] == {"skuName": "Premium_LRS"}
    assert volumes["volumeBindingMode"] == "WaitForFirstConsumer"
    assert volumes["allowVolumeExpansion"] is True


def test_the_disk_driver_is_enabled_only_if_pods_claim_disks():
    for stack, runs in ((STACK, True), ("azure-eventhubs-aks", False)):
        recorded = shipped(stack).recording
        assert recorded.one(CLUSTER).input("storageProfile.diskCSIDriver.enabled") is runs
        assert bool(recorded.of_type(CLASS)) is runs


def test_brokers_use_the_storage_class():
    recorded = shipped(STACK).recording
    pools = recorded.of_type("kubernetes:kafka.strimzi.io/v1:KafkaNodePool")
    classes = {volume["class"] for pool in pools for volume in pool.input("spec.storage.volumes")}
    assert classes == {recorded.one(CLASS).input("metadata.name")}
