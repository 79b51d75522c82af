"""Tests of Managed Kafka clusters and topics that were there before."""

import pytest
from pulumi import RunError

from tests.components.gcp.existing import IMAGE, alter, on_existing_gke, refusal, warnings
from tests.components.gcp.gke.test_existing import peers
from tests.stacks import REMOVED, planned
from workbench.recording.monitor import MissingError

KAFKA = "gcp:managedkafka/cluster:Cluster"
TOPIC = "gcp:managedkafka/topic:Topic"
ACL = "gcp:managedkafka/acl:Acl"
EVENTS = {"service": "managed-kafka", "existing": {"cluster": "events"}}
READ = {"topic": {"existing": True}}
SUBNET = "gcp:compute/subnetwork:Subnetwork"


def acls(plan):
    return {each.inputs["aclId"] for each in plan.recording.of_type(ACL)}


def settings(plan):
    """Return the consumers' environment variables."""
    return plan.recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]


def test_only_the_acls_of_the_stack_s_own_topics_and_groups_are_made():
    assert acls(on_existing_gke(EVENTS)) == {"topic/orders", "topic/orders.dead-letters", "consumerGroup/orders"}


LIST = "To see the ACLs: gcloud managed-kafka acls list events --location=europe-west1 --project=data-pipes-42"


def test_one_short_warning_says_what_is_open_and_how_to_list_the_acls():
    [warning] = warnings(on_existing_gke(EVENTS, {"consumer": {**IMAGE["consumer"], "group": "gx-orders"}}))
    assert warning == f"streaming.existing.cluster: every client may use a topic or group without an ACL. {LIST}"


def test_the_warning_names_groups_whose_other_members_lose_access():
    [warning] = warnings(on_existing_gke(EVENTS))
    assert "adds an ACL for the consumer group orders: other clients in a group of that name lose access" in warning
    assert warning.endswith(LIST)


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ({"bootstrapAddress": None}, "has an address, got 'events' (its bootstrapAddress is empty). Wait"),
        ({"kafkaVersion": None}, "has a Kafka version, got 'events' (its kafkaVersion is empty). Wait"),
        ({"gcpConfig": {"accessConfig": {"networkConfigs": []}}}, "has a subnet, got 'events' (it lists none). Add"),
        ({"gcpConfig": None}, "has a subnet, got 'events' (it lists none). Add"),
    ],
)
def test_a_cluster_that_lacks_what_consumers_need_is_refused_in_one_line(monkeypatch, state, error):
    alter(monkeypatch, KAFKA, **state)
    start = "streaming.existing.cluster: must be the name of a Managed Kafka cluster that "
    assert refusal(streaming=EVENTS).startswith(f"{start}{error}")


def test_nothing_of_the_cluster_is_made_or_changed():
    plan = on_existing_gke(EVENTS)
    cluster = plan.recording.one(KAFKA)
    assert cluster.external
    assert not plan.recording.of_type("gcp:projects/serviceIdentity:ServiceIdentity")


def test_consumers_connect_to_the_cluster_with_a_role_on_only_this_cluster():
    plan = on_existing_gke(EVENTS)
    assert settings(plan)["KAFKA_BOOTSTRAP_SERVERS"].startswith(
        "bootstrap.events.europe-west1.managedkafka.data-pipes-42."
    )
    right = plan.recording.one("gcp:projects/iAMMember:IAMMember")
    assert right.inputs["role"] == "roles/managedkafka.client"
    assert right.inputs["condition"]["expression"].endswith('/locations/europe-west1/clusters/events"')


def test_consumers_use_the_group_protocol_of_the_cluster_s_version(monkeypatch):
    assert settings(on_existing_gke(EVENTS))["KAFKA_GROUP_PROTOCOL"] == "classic"
    alter(monkeypatch, KAFKA, kafkaVersion="4.3.1")
    assert settings(on_existing_gke(EVENTS))["KAFKA_GROUP_PROTOCOL"] == "consumer"


def test_consumers_may_reach_the_brokers_in_their_own_network(monkeypatch):
    project = "projects/data-pipes-42"
    subnets = [f"{project}/regions/europe-west1/subnetworks/{name}" for name in ("other", "kafka")]
    configs = {"accessConfig": {"networkConfigs": [{"subnet": each} for each in subnets]}}
    alter(monkeypatch, KAFKA, gcpConfig=configs)
    networks = {"other": "other", "kafka": "shared", "gke": "shared"}
    ranges = {"other": "10.1.0.0/24", "kafka": "10.2.0.0/24", "gke": "10.20.0.0/20"}
    from workbench.cloud import kinds  # noqa: PLC0415

    typical = kinds.invoke

    def invoke(token, args, find):
        answer = typical(token, args, find)
        if not token.endswith("getSubnetwork"):
            return answer
        network = f"https://www.googleapis.com/compute/v1/{project}/global/networks/{networks[args['name']]}"
        return {**answer, "network": network, "ipCidrRange": ranges[args["name"]]}

    monkeypatch.setattr(kinds, "invoke", invoke)
    plan = on_existing_gke(EVENTS)
    assert ("10.2.0.0/24", 9092, "TCP") in peers(plan)
    assert len(warnings(plan)) == 1


def test_a_cluster_without_addresses_in_the_consumers_network_is_a_warning_with_the_command(monkeypatch):
    alter(monkeypatch, SUBNET, network="projects/data-pipes-42/global/networks/other")
    [warning] = [each for each in warnings(on_existing_gke(EVENTS)) if "no addresses" in each]
    assert (
        "events has no addresses in the network of the consumers (projects/data-pipes-42/global/networks/shared)"
        in warning
    )
    assert (
        "gcloud managed-kafka clusters update events --location=europe-west1 --project=data-pipes-42 --subnets="
        in warning
    )


def test_an_existing_topic_runs_one_consumer_for_each_partition(monkeypatch):
    alter(monkeypatch, TOPIC, partitionCount=12)
    plan = on_existing_gke(EVENTS, {**READ, "parallelism": 12})
    assert [(each.partitions, each.replicas) for each in plan.pipes] == [(12, 12)]


def test_the_acl_of_an_existing_topic_is_not_touched_and_the_preview_has_the_commands():
    plan = on_existing_gke(EVENTS, {"topic": {"existing": True, "name": "shop"}})
    assert acls(plan) == {"topic/orders.dead-letters", "consumerGroup/orders"}
    assert settings(plan)["STREAM_TOPIC"] == "shop"
    [warning] = [each for each in warnings(plan) if each.startswith("pipes.orders.topic.existing: ")]
    for operation in ("READ", "DESCRIBE"):
        assert (
            "gcloud managed-kafka acls add-acl-entry topic/shop --cluster=events --location=europe-west1 --project=data-pipes-42 "
            f"--principal=User:gx-orders@data-pipes-42.iam.gserviceaccount.com --operation={operation}"
        ) in warning


def dead_letters(pipe):
    """Return the Kafka settings of the dead-letter topic."""
    topics = on_existing_gke(EVENTS, pipe).recording.of_type(TOPIC)
    [found] = [each.inputs["configs"] for each in topics if each.name == "gx-orders-dead-letters"]
    return found


def test_dead_letters_of_an_existing_topic_are_as_safe_and_as_large_as_its_records(monkeypatch):
    assert dead_letters(READ) == dead_letters({})
    alter(monkeypatch, TOPIC, configs={"max.message.bytes": "5000000"})
    found = dead_letters(READ)
    assert int(found["max.message.bytes"]) > 5_000_000
    assert found["min.insync.replicas"] == "2"


def test_another_number_of_partitions_is_refused_with_both_numbers():
    message = refusal(streaming=EVENTS, pipe={**READ, "parallelism": 5})
    assert message.startswith(
        "pipes.orders.parallelism: must be 3, the number of partitions of the existing topic, got 5"
    )


@pytest.mark.parametrize(
    ("streaming", "pipe", "key"),
    [
        ({"cluster": "missing"}, {}, "gx-streaming.existing.cluster"),
        (
            {"cluster": "events"},
            {"topic": {"existing": True, "name": "missing"}},
            "gx-orders-pipes.orders.topic.existing",
        ),
    ],
)
def test_the_error_of_a_missing_cluster_or_topic_has_its_key(streaming, pipe, key):
    with pytest.raises(MissingError) as missing:
        on_existing_gke({"service": "managed-kafka", "existing": streaming}, pipe)
    assert str(missing.value).startswith(f"{key}: resource 'projects/data-pipes-42/locations/europe-west1/clusters/")
    assert str(missing.value).endswith("missing' does not exist")


@pytest.mark.parametrize("state", ["CREATING", "DELETING"])
def test_a_cluster_that_is_not_ready_is_refused(monkeypatch, state):
    alter(monkeypatch, KAFKA, state=state)
    message = refusal(streaming=EVENTS)
    assert message.startswith(
        "streaming.existing.cluster: must be the name of a Managed Kafka cluster that is active, got 'events'"
    )
    assert f"its state is {state}" in message


def test_an_existing_topic_on_a_new_cluster_is_read(monkeypatch):
    alter(monkeypatch, TOPIC, partitionCount=6)
    topic = {"existing": True, "producers": REMOVED, "retentionHours": REMOVED}
    plan = planned({"data-pipes:pipes": {"orders": {"parallelism": 6, "topic": topic}}}, stack="gcp-managed-kafka-gke")
    read = next(each for each in plan.recording.of_type(TOPIC) if each.external)
    assert read.name.endswith("orders-pipes.orders.topic.existing")


def test_producers_of_made_topics_may_connect_and_write():
    producer = "shop@data-pipes-42.iam.gserviceaccount.com"
    plan = on_existing_gke(EVENTS, {"topic": {"producers": [producer]}})
    members = {each.inputs["member"] for each in plan.recording.of_type("gcp:projects/iAMMember:IAMMember")}
    assert f"serviceAccount:{producer}" in members
    [acl] = [each for each in plan.recording.of_type(ACL) if each.inputs["aclId"] == "topic/orders"]
    assert {"WRITE", "DESCRIBE"} <= {
        entry["operation"] for entry in acl.inputs["aclEntries"] if producer in entry["principal"]
    }


def test_a_wrong_parallelism_stops_the_deployment():
    with pytest.raises(RunError):
        on_existing_gke(EVENTS, {**READ, "parallelism": 4})
