"""A cluster of Managed Service for Apache Kafka: inside the network, closed by ACLs, and what can never become of it."""

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
BACK = "bring up a stack of another name with it, move the pipes there, then take this one down."


def with_streaming(**streaming):
    return planned({"data-pipes:streaming": streaming}, stack=STACK).recording


def shipped_cluster():
    return shipped(STACK).recording.one(CLUSTER)


def acls(recording):
    return {each.inputs["aclId"]: each for each in recording.of_type(ACL)}


@pytest.mark.parametrize("preview", [True, False])
def test_the_whole_stack_is_sound(preview):
    assert shipped(STACK, preview=preview).problems == ()


def test_the_cluster_has_the_size_and_version_of_the_file_in_the_region_of_the_stack():
    cluster = shipped_cluster()
    assert cluster.inputs["clusterId"] == STACK
    assert cluster.inputs["location"] == "europe-west1"
    assert cluster.inputs["kafkaVersion"] == "3.7.x"
    assert cluster.inputs["capacityConfig"] == {"vcpuCount": "3", "memoryBytes": str(12 * GIB)}
    assert cluster.inputs["rebalanceConfig"] == {"mode": "AUTO_REBALANCE_ON_SCALE_UP"}
    assert "brokerCapacityConfig" not in cluster.inputs, "Google sees to the disks"
    assert cluster.protect is True


def test_memory_follows_the_vcpus_where_the_file_says_nothing():
    changed = planned({"data-pipes:streaming": {"vcpus": 9, "memory": REMOVED}}, stack=STACK).recording
    assert changed.one(CLUSTER).input("capacityConfig.memoryBytes") == str(36 * GIB)


def test_disks_and_rebalancing_are_as_the_file_says():
    cluster = with_streaming(diskSize=500, autoRebalance=False).one(CLUSTER)
    assert cluster.inputs["brokerCapacityConfig"] == {"diskSizeGib": "500"}
    assert cluster.inputs["rebalanceConfig"] == {"mode": "NO_REBALANCE"}


def test_the_brokers_are_reached_inside_the_stack_s_own_subnet_alone():
    recording = shipped(STACK).recording
    subnet = recording.one(SUBNET)
    access = recording.one(CLUSTER).input("gcpConfig.accessConfig")
    assert list(access) == ["networkConfigs"], "and not from the internet"
    [place] = access["networkConfigs"]
    assert place["subnet"].endswith(f"/regions/europe-west1/subnetworks/{subnet.inputs['name']}")
    assert subnet.urn in recording.requirements(recording.one(CLUSTER))


def test_the_apis_are_on_before_the_cluster_is_asked_for():
    recording = shipped(STACK).recording
    required = set(recording.requirements(recording.one(CLUSTER)))
    on = {each.inputs["service"] for each in recording.of_type("gcp:projects/service:Service") if each.urn in required}
    assert {"managedkafka.googleapis.com", "dns.googleapis.com"} <= on


def test_cluster_and_gke_are_made_side_by_side():
    recording = shipped(STACK).recording
    kafka, gke = recording.one(CLUSTER), recording.one(GKE)
    assert gke.urn not in recording.requirements(kafka)
    assert kafka.urn not in recording.requirements(gke)


def test_half_an_hour_is_not_too_long_for_a_cluster():
    assert shipped_cluster().custom_timeouts == {"create": "90m", "update": "120m", "delete": "60m"}


def test_what_no_acl_names_is_nobody_s():
    """The brokers run with allow.everyone.if.no.acl.found: without an ACL on it everybody may do everything with a thing."""
    recording = shipped(STACK).recording
    agent = recording.one(f"{STACK}-managedkafka-agent")
    assert agent.type == AGENT
    assert agent.inputs["service"] == "managedkafka.googleapis.com"
    for everything in ("cluster", "allTopics", "allConsumerGroups", "allTransactionalIds"):
        [entry] = map(dict, acls(recording)[everything].inputs["aclEntries"])
        assert entry.pop("principal").endswith("@gcp-sa-managedkafka.iam.gserviceaccount.com")
        assert entry == {"permissionType": "ALLOW", "operation": "DESCRIBE", "host": "*"}
        assert agent.urn in recording.requirements(acls(recording)[everything])


def test_there_is_no_topic_before_the_cluster_is_closed():
    recording = shipped(STACK).recording
    closed = [acls(recording)[each] for each in ("cluster", "allTopics", "allConsumerGroups", "allTransactionalIds")]
    for topic in recording.of_type(TOPIC):
        assert {each.urn for each in closed} <= set(recording.requirements(topic))


def test_a_producer_of_several_pipes_may_connect_once_to_this_cluster_alone():
    writer = "orders-writer@data-pipes-42.iam.gserviceaccount.com"
    pipes = {"refunds": {"parallelism": 1, "topic": {"producers": [writer]}}}
    recording = planned({"data-pipes:pipes": pipes}, stack=STACK).recording
    [member] = [each for each in recording.of_type(MEMBER) if each.inputs["member"] == f"serviceAccount:{writer}"]
    assert member.inputs["role"] == "roles/managedkafka.client"
    assert member.input("condition.expression").endswith(f'/locations/europe-west1/clusters/{STACK}"')


def test_the_key_is_google_s_own_unless_the_file_asks_for_another():
    recording = shipped(STACK).recording
    assert "kmsKey" not in recording.one(CLUSTER).inputs["gcpConfig"]
    assert recording.one(CLUSTER).inputs["labels"] == {LABEL: "false"}
    assert not [key for key in recording.of_type(KEY) if key.name == f"{STACK}-managed-kafka"]


def test_a_key_of_the_stack_s_own_is_used_by_the_service_alone_and_before_the_cluster():
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
def test_the_address_has_a_port_once(address, with_its_port):
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
            "streaming: vcpus cannot go from 45 to 48: 4 brokers share that instead of 3, and none may lose more than a tenth of what it "
            "has. Set vcpus to 45 or less, or else vcpus to 54 or more.",
        ),
        (
            {"kafkaVersion": "4.3.x"},
            {"kafkaVersion": "3.7.x"},
            "streaming.version: cannot go from 4.3.x to 3.7.x, since Kafka does not read the metadata of a newer version. Set version back "
            "to 4.3.x.",
        ),
        (
            {"brokerCapacityConfig": {"diskSizeGib": "500"}},
            {"brokerCapacityConfig": {"diskSizeGib": "400"}},
            "streaming.diskSize: cannot go from 500 to 400: the disks of brokers grow and never shrink. Set diskSize back to 500 or more.",
        ),
        (
            {"labels": {LABEL: "false"}},
            {"labels": {LABEL: "true"}},
            "streaming.customerManagedKey: cannot go from false to true: a cluster keeps the kind of key that it was made with. Set it "
            f"back to false; to change it, {BACK}",
        ),
        (
            place("projects/p/regions/europe-west1/subnetworks/a"),
            place("projects/p/regions/europe-west1/subnetworks/b"),
            "network: the subnet cannot become another: the brokers' addresses and names are in it, and every client would lose them. Set "
            f"it back; to change it, {BACK}",
        ),
    ],
)
def test_what_cannot_be_made_of_a_cluster_is_refused_in_the_preview(old, new, message):
    same = shipped_cluster().inputs
    with pytest.raises(ChangeRefusedError) as refusal:
        change({**same, **old}, {**same, **new})
    assert str(refusal.value) == message


def test_another_key_is_refused_and_never_a_replacement():
    """The provider would make a new, empty cluster, and no hook before updates would run."""
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


def test_a_network_that_is_there_already_is_where_the_brokers_are_reached():
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
