"""Disks for pods on GKE, where a streaming service keeps its records on them."""

from tests.stacks import shipped

STACK = "gcp-kafka-gke"
CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"


def test_a_claim_gets_a_disk_that_its_node_takes_in_the_zone_of_its_pod_that_can_grow():
    volumes = shipped(STACK).recording.one(CLASS).inputs
    pool = shipped(STACK).recording.one("gcp:container/nodePool:NodePool")
    assert volumes["provisioner"] == "pd.csi.storage.gke.io"
    assert volumes["parameters"] == {"type": pool.input("nodeConfig.diskType")}
    assert volumes["volumeBindingMode"] == "WaitForFirstConsumer"
    assert volumes["allowVolumeExpansion"] is True


def test_where_nobody_claims_disks_there_is_no_class_of_them():
    assert not shipped("gcp-pubsub-gke").recording.of_type(CLASS)


def test_brokers_claim_disks_of_this_class():
    recorded = shipped(STACK).recording
    pools = recorded.of_type("kubernetes:kafka.strimzi.io/v1:KafkaNodePool")
    classes = {volume["class"] for pool in pools for volume in pool.input("spec.storage.volumes")}
    assert classes == {recorded.one(CLASS).input("metadata.name")}
