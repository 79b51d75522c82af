"""Tests of the Managed Service for Apache Kafka cluster: network access, ACLs and refused changes."""

import pytest

from components.changes import ChangeRefusedError
from components.gcp.managed_kafka.service import with_port
from components.gcp.managed_kafka.size import GIB
from tests.hooks import before_update
from tests.stacks import REMOVED, planned, shipped

STACK = "gcp-managed-kafka-gke"
CLUSTER = "gcp:managedkafka/cluster:Cluster"
TOPIC = "gcp:managedkafka/topic:Topic"
ACL = "gcp:managedkafka/acl:Acl"
SUBNET = "gcp:compute/subnetwork:Subnetwork"
MEMBER = "gcp:projects/iAMMember:IAMMember"
AGENT = "gcp:projects/serviceIdentity:ServiceIdentity"
KEY = "gcp:kms/cryptoKey:CryptoKey"
GKE = "gcp:container/cluster:Cluster"
LABEL = "data-pipes-customer-managed-key"
BACK = "create a stack with a different name, move the pipes there, then destroy this one."


def with_streaming(**streaming):
    return planned({"data-pipes:streaming": streaming}, stack=STACK).recording


def shipped_cluster():
    return shipped(STACK).recording.one(CLUSTER)


def acls(recording):
    return {each.inputs["aclId"]: each for each in recording.of_type(ACL)}


@pytest.mark.parametrize("preview", [True, False])
def test_shipped_stack_has_no_problems(preview):
    assert shipped(STACK, preview=preview).problems == ()


def test_cluster_has_the_configured_size_version_and_region():
    cluster = shipped_cluster()
    assert cluster.inputs["clusterId"] == STACK
    assert cluster.inputs["location"] == "europe-west1"
    assert cluster.inputs["kafkaVersion"] == "3.7.x"
    assert cluster.inputs["capacityConfig"] == {"vcpuCount": "3", "memoryBytes": str(12 * GIB)}
    assert cluster.inputs["rebalanceConfig"] == {"mode": "AUTO_REBALANCE_ON_SCALE_UP"}
    assert "brokerCapacityConfig" not in cluster.inputs, "Google chooses the disk size"
    assert cluster.protect is True


def test_default_memory_depends_on_vcpus():
    changed = planned({"data-pipes:streaming": {"vcpus": 9, "memory": REMOVED}}, stack=STACK).recording
    assert changed.one(CLUSTER).input("capacityConfig.memoryBytes") == str(36 * GIB)


def test_disk_size_and_rebalancing_are_applied():
    cluster = with_streaming(diskSize=500, autoRebalance=False).one(CLUSTER)
    assert cluster.inputs["brokerCapacityConfig"] == {"diskSizeGib": "500"}
    assert cluster.inputs["rebalanceConfig"] == {"mode": "NO_REBALANCE"}


def test_brokers_are_reachable_only_inside_the_subnet():
    recording = shipped(STACK).recording
    subnet = recording.one(SUBNET)
    access = recording.one(CLUSTER).input("gcpConfig.accessConfig")
    assert list(access) == ["networkConfigs"], "no public access"
    [place] = access["networkConfigs"]
    assert place["subnet"].endswith(f"/regions/europe-west1/subnetworks/{subnet.inputs['name']}")
    assert subnet.urn in recording.requirements(recording.one(CLUSTER))


def test_cluster_waits_for_the_apis():
    recording = shipped(STACK).recording
    required = set(recording.requirements(recording.one(CLUSTER)))
    on = {each.inputs["service"] for each in recording.of_type("gcp:projects/service:Service") if each.urn in required}
    assert {"managedkafka.googleapis.com", "dns.googleapis.com"} <= on


def test_cluster_and_gke_are_created_in_parallel():
    recording = shipped(STACK).recording
    kafka, gke = recording.one(CLUSTER), recording.one(GKE)
    assert gke.urn not in recording.requirements(kafka)
    assert kafka.urn not in recording.requirements(gke)


def test_cluster_timeouts_allow_slow_operations():
    assert shipped_cluster().custom_timeouts == {"create": "90m", "update": "120m", "delete": "60m"}


def test_resources_without_an_explicit_acl_are_denied():
    """Without an ACL, allow.everyone.if.no.acl.found allows every client everything on a resource."""
    recording = shipped(STACK).recording
    agent = recording.one(f"{STACK}-managedkafka-agent")
    assert agent.type == AGENT
    assert agent.inputs["service"] == "managedkafka.googleapis.com"
    for everything in ("cluster", "allTopics", "allConsumerGroups", "allTransactionalIds"):
        [entry] = map(dict, acls(recording)[everything].inputs["aclEntries"])
        assert entry.pop("principal").endswith("@gcp-sa-managedkafka.iam.gserviceaccount.com")
        assert entry == {"permissionType": "ALLOW", "operation": "DESCRIBE", "host": "*"}
        assert agent.urn in recording.requirements(acls(recording)[everything])


def test_topics_wait_for_the_deny_by_default_acls():
    recording = shipped(STACK).recording
    closed = [acls(recording)[each] for each in ("cluster", "allTopics", "allConsumerGroups", "allTransactionalIds")]
    for topic in recording.of_type(TOPIC):
        assert {each.urn for each in closed} <= set(recording.requirements(topic))


def test_producer_of_several_pipes_gets_one_connect_grant():
    writer = "orders-writer@data-pipes-42.iam.gserviceaccount.com"
    pipes = {"refunds": {"parallelism": 1, "topic": {"producers": [writer]}}}
    recording = planned({"data-pipes:pipes": pipes}, stack=STACK).recording
    [member] = [each for each in recording.of_type(MEMBER) if each.inputs["member"] == f"serviceAccount:{writer}"]
    assert member.inputs["role"] == "roles/managedkafka.client"
    assert member.input("condition.expression").endswith(f'/locations/europe-west1/clusters/{STACK}"')


def test_google_managed_key_is_the_default():
    recording = shipped(STACK).recording
    assert "kmsKey" not in recording.one(CLUSTER).inputs["gcpConfig"]
    assert recording.one(CLUSTER).inputs["labels"] == {LABEL: "false"}
    assert not [key for key in recording.of_type(KEY) if key.name == f"{STACK}-managed-kafka"]


def test_customer_managed_key_is_usable_only_by_the_service_before_the_cluster():
    recording = with_streaming(customerManagedKey=True)
    cluster = recording.one(CLUSTER)
    [key] = [each for each in recording.of_type(KEY) if each.name == f"{STACK}-managed-kafka"]
    [right] = [
        each
        for each in recording.of_type("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember")
        if each.name.startswith(f"{STACK}-managed-kafka-user")
    ]
    assert f"/cryptoKeys/{STACK}-managed-kafka" in cluster.input("gcpConfig.kmsKey")
    assert right.inputs["member"].startswith("serviceAccount:service-")
    assert right.inputs["member"].endswith("@gcp-sa-managedkafka.iam.gserviceaccount.com")
    assert {key.urn, right.urn} <= set(recording.requirements(cluster))
    assert key.protect is True


@pytest.mark.parametrize(
    ("address", "with_its_port"),
    [
        (
            "bootstrap.c.europe-west1.managedkafka.p.cloud.goog",
            "bootstrap.c.europe-west1.managedkafka.p.cloud.goog:9092",
        ),
        ("bootstrap.c.cloud.goog:9092", "bootstrap.c.cloud.goog:9092"),
    ],
)
def test_bootstrap_address_has_exactly_one_port(address, with_its_port):
    assert with_port(address) == with_its_port


def change(old, new):
    """Run the cluster's update hooks."""
    recorded = shipped(STACK).recording
    before_update(recorded, recorded.one(CLUSTER), old, new)


def capacity(vcpus):
    return {"capacityConfig": {"vcpuCount": str(vcpus), "memoryBytes": str(4 * vcpus * GIB)}}


def place(subnet):
    return {"gcpConfig": {"accessConfig": {"networkConfigs": [{"subnet": subnet}]}}}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            capacity(45),
            capacity(48),
            "streaming: vcpus cannot be changed from 45 to 48 (the cluster would grow from 3 to 4 brokers, and no broker may lose more than "
            "10 percent). Set vcpus to 45 or less, or vcpus to 54 or more.",
        ),
        (
            {"kafkaVersion": "4.3.x"},
            {"kafkaVersion": "3.7.x"},
            "streaming.version: cannot be changed from 4.3.x to 3.7.x (Kafka cannot read the metadata of a newer version). Set version back "
            "to 4.3.x.",
        ),
        (
            {"brokerCapacityConfig": {"diskSizeGib": "500"}},
            {"brokerCapacityConfig": {"diskSizeGib": "400"}},
            "streaming.diskSize: cannot be changed from 500 to 400 (broker disks can grow but never shrink). Set diskSize back to 500 or more.",
        ),
        (
            {"labels": {LABEL: "false"}},
            {"labels": {LABEL: "true"}},
            "streaming.customerManagedKey: cannot be changed from false to true (the kind of key is fixed when the cluster is created). Set it "
            f"back to false. To change it, {BACK}",
        ),
        (
            place("projects/p/regions/europe-west1/subnetworks/a"),
            place("projects/p/regions/europe-west1/subnetworks/b"),
            "network: the subnet cannot be changed (it contains the brokers' addresses and names, and every client would lose its connection). "
            f"Set it back. To change it, {BACK}",
        ),
    ],
)
def test_impossible_cluster_changes_are_refused_in_the_preview(old, new, message):
    same = shipped_cluster().inputs
    with pytest.raises(ChangeRefusedError) as refusal:
        change({**same, **old}, {**same, **new})
    assert str(refusal.value) == message


def test_a_key_change_never_replaces_the_cluster():
    """The provider would replace the cluster, and replacements run no update hook."""
    assert shipped_cluster().ignore_changes == ("gcpConfig.kmsKey",)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (capacity(3), capacity(45)),
        ({"kafkaVersion": "3.7.x"}, {"kafkaVersion": "4.3.x"}),
        ({"brokerCapacityConfig": {"diskSizeGib": "500"}}, {"brokerCapacityConfig": {"diskSizeGib": "600"}}),
        ({}, {"brokerCapacityConfig": {"diskSizeGib": "600"}}),
    ],
)
def test_a_cluster_can_grow(old, new):
    same = shipped_cluster().inputs
    change({**same, **old}, {**same, **new})


def test_brokers_use_the_subnet_of_an_existing_network():
    existing = {
        "network": "projects/shared-42/global/networks/shared",
        "subnetwork": "nodes",
        "cidr": "10.9.0.0/20",
        "podsRange": "pods",
        "podCidr": "10.16.0.0/14",
        "servicesRange": "services",
    }
    recording = planned({"data-pipes:network": {"existing": existing}}, stack=STACK).recording
    [place] = recording.one(CLUSTER).input("gcpConfig.accessConfig.networkConfigs")
    assert place == {"subnet": "projects/shared-42/regions/europe-west1/subnetworks/nodes"}
    policy = recording.one("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    ways = {way["ports"][0]["port"]: way["to"] for way in policy.input("spec.egress")}
    assert ways[9092] == [{"ipBlock": {"cidr": "10.9.0.0/20"}}]
