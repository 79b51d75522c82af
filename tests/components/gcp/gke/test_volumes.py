"""Tests of the storage class for persistent volumes on GKE."""

from tests.stacks import shipped

STACK = "gcp-kafka-gke"
CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"


def test_storage_class_matches_the_nodes_binds_in_the_pod_s_zone_and_expands():
    volumes = shipped(STACK).recording.one(CLASS).inputs
    pool = shipped(STACK).recording.one("gcp:container/nodePool:NodePool")
    assert volumes["provisioner"] == "pd.csi.storage.gke.io"
    assert volumes["parameters"] == {"type": pool.input("nodeConfig.diskType")}
    assert volumes["volumeBindingMode"] == "WaitForFirstConsumer"
    assert volumes["allowVolumeExpansion"] is True


def test_no_storage_class_without_volume_claims():
    assert not shipped("gcp-pubsub-gke").recording.of_type(CLASS)


def test_brokers_use_the_storage_class():
    recorded = shipped(STACK).recording
    pools = recorded.of_type("kubernetes:kafka.strimzi.io/v1:KafkaNodePool")
    classes = {volume["class"] for pool in pools for volume in pool.input("spec.storage.volumes")}
    assert classes == {recorded.one(CLASS).input("metadata.name")}
