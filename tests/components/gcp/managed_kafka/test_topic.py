"""Tests of the topics of a Managed Service for Apache Kafka cluster: partitions and ACLs."""

import pytest

from components.changes import ChangeRefusedError
from tests.hooks import before_update
from tests.stacks import planned, shipped

STACK = "gcp-managed-kafka-gke"
CLUSTER = "gcp:managedkafka/cluster:Cluster"
TOPIC = "gcp:managedkafka/topic:Topic"
ACL = "gcp:managedkafka/acl:Acl"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
MEMBER = "gcp:projects/iAMMember:IAMMember"
CONSUMER = "gcp-managed-kafka-gke-orders@data-pipes-42.iam.gserviceaccount.com"
PRODUCER = "orders-writer@data-pipes-42.iam.gserviceaccount.com"


def recording():
    return shipped(STACK).recording


def acl(acl_id, recorded=None):
    [found] = [each for each in (recorded or recording()).of_type(ACL) if each.inputs["aclId"] == acl_id]
    return found


def rights(found):
    """Return (principal, operation) of an ACL's entries."""
    assert {(entry["permissionType"], entry["host"]) for entry in found.inputs["aclEntries"]} == {("ALLOW", "*")}
    return [(entry["principal"], entry["operation"]) for entry in found.inputs["aclEntries"]]


def topic_of(recorded):
    return recorded.one(f"{STACK}-orders-topic")


def dead_letters(recorded):
    [found] = [each for each in recorded.of_type(TOPIC) if each.inputs["topicId"] == "orders.dead-letters"]
    return found


def environment(recorded):
    return recorded.one("kubernetes:core/v1:ConfigMap").inputs["data"]


def with_topic(**topic):
    return planned({"data-pipes:pipes": {"orders": {"topic": topic}}}, stack=STACK).recording


def test_partitions_and_replicas_equal_parallelism():
    topic = topic_of(recording())
    assert topic.inputs["topicId"] == "orders"
    assert topic.inputs["cluster"] == STACK
    assert topic.inputs["partitionCount"] == 3
    assert recording().one(DEPLOYMENT).input("spec.replicas") == 3
    assert topic.protect is True


def test_the_topic_has_three_copies_and_two_in_sync():
    topic = topic_of(recording())
    assert topic.inputs["replicationFactor"] == 3
    assert topic.inputs["configs"] == {"min.insync.replicas": "2", "retention.ms": str(168 * 3_600_000)}


def test_topic_config_is_applied():
    topic = topic_of(with_topic(retentionHours=1, config={"cleanup.policy": "compact"}))
    assert topic.inputs["configs"] == {
        "min.insync.replicas": "2",
        "retention.ms": "3600000",
        "cleanup.policy": "compact",
    }


def test_consumers_can_only_read_the_topic_and_producers_can_only_write_it():
    assert rights(acl("topic/orders")) == [
        (f"User:{CONSUMER}", "READ"),
        (f"User:{CONSUMER}", "DESCRIBE"),
        (f"User:{PRODUCER}", "WRITE"),
        (f"User:{PRODUCER}", "DESCRIBE"),
    ]
    assert rights(acl("consumerGroup/orders")) == [(f"User:{CONSUMER}", "READ")]


def test_the_dead_letter_topic_has_one_partition_three_copies_and_space_for_headers():
    topic = dead_letters(recording())
    assert (topic.inputs["topicId"], topic.inputs["cluster"]) == ("orders.dead-letters", STACK)
    assert (topic.inputs["partitionCount"], topic.inputs["replicationFactor"]) == (1, 3)
    assert topic.inputs["configs"] == {
        "max.message.bytes": "1114124",
        "min.insync.replicas": "2",
        "retention.ms": str(336 * 3_600_000),
    }
    assert topic.protect is True
    large = with_topic(config={"max.message.bytes": "9000000"}, deadLetter={"retentionHours": 1})
    assert dead_letters(large).input("configs")["max.message.bytes"] == "9065536"
    assert dead_letters(large).input("configs")["retention.ms"] == "3600000"


def test_only_consumers_can_write_dead_letters():
    assert rights(acl("topic/orders.dead-letters")) == [(f"User:{CONSUMER}", "WRITE"), (f"User:{CONSUMER}", "DESCRIBE")]


def test_without_dead_letters_there_is_no_topic_no_acl_and_no_variable():
    recorded = with_topic(deadLetter={"enabled": False})
    assert recorded.of_type(TOPIC) == (topic_of(recorded),)
    created = [each for each in recorded.resources if not each.type.startswith("gcp:monitoring/")]
    assert not [each.urn for each in created if "dead-letters" in str(each.inputs)]
    assert not {"STREAM_DEAD_LETTERS", "STREAM_MAX_DELIVERY_ATTEMPTS"} & environment(recorded).keys()


def test_growth_does_not_change_the_dead_letter_topic():
    grown = planned({"data-pipes:pipes": {"orders": {"parallelism": 6}}}, stack=STACK).recording
    assert dead_letters(grown).inputs == dead_letters(recording()).inputs


@pytest.mark.parametrize(("version", "protocol"), [("3.9.x", None), ("4.0.x", "consumer"), ("10.0.x", "consumer")])
def test_consumers_use_the_newer_group_protocol_from_kafka_4(version, protocol):
    recorded = planned({"data-pipes:streaming": {"version": version}}, stack=STACK).recording
    assert environment(recorded).get("KAFKA_GROUP_PROTOCOL") == protocol


def test_without_producers_nobody_can_write():
    readers = {principal for principal, _ in rights(acl("topic/orders", with_topic(producers=[])))}
    assert readers == {f"User:{CONSUMER}"}


@pytest.mark.parametrize("name", [STACK, "x" * 24])
def test_the_acls_name_the_service_account_of_the_pods(name):
    recorded = planned({"data-pipes:name": name}, stack=STACK).recording
    account = recorded.one("kubernetes:core/v1:ServiceAccount")
    identity = account.input("metadata.annotations")["iam.gke.io/gcp-service-account"]
    assert rights(acl("consumerGroup/orders", recorded)) == [(f"User:{identity}", "READ")]


def test_consumers_can_connect_only_to_this_cluster():
    [member] = [each for each in recording().of_type(MEMBER) if each.inputs["member"] == f"serviceAccount:{CONSUMER}"]
    assert member.inputs["role"] == "roles/managedkafka.client"
    expression = member.input("condition.expression")
    assert expression.startswith('resource.name == "projects/')
    assert expression.endswith(f'/locations/europe-west1/clusters/{STACK}"')
    number = expression.split("/")[1]
    assert number.isdecimal(), "IAM identifies clusters by their project number"


def test_consumers_get_the_settings_to_sign_in_with_their_own_tokens():
    settings = dict(environment(recording()))
    address = settings.pop("KAFKA_BOOTSTRAP_SERVERS")
    assert address.startswith("bootstrap.")
    assert address.endswith(":9092")
    assert settings == {
        "LOG_LEVEL": "info",
        "STREAM_SERVICE": "kafka",
        "STREAM_TOPIC": "orders",
        "STREAM_GROUP": "orders",
        "STREAM_DEAD_LETTERS": "orders.dead-letters",
        "STREAM_MAX_DELIVERY_ATTEMPTS": "5",
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
        "KAFKA_SASL_OAUTHBEARER_SCOPE": "https://www.googleapis.com/auth/cloud-platform",
    }


def test_consumers_wait_for_topics_and_acls():
    recorded = recording()
    required = set(recorded.requirements(recorded.one(DEPLOYMENT)))
    assert {acl("topic/orders").urn, acl("consumerGroup/orders").urn, topic_of(recorded).urn} <= required
    assert {acl("topic/orders.dead-letters").urn, dead_letters(recorded).urn} <= required


def test_consumers_can_reach_the_brokers_in_the_subnet():
    policy = recording().one("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    subnet = recording().one("gcp:compute/subnetwork:Subnetwork")
    ways = [way for way in policy.input("spec.egress") if [port["port"] for port in way["ports"]] == [9092]]
    assert [way["to"] for way in ways] == [[{"ipBlock": {"cidr": subnet.inputs["ipCidrRange"]}}]]


def test_fewer_partitions_are_refused_in_the_preview():
    recorded = recording()
    with pytest.raises(
        ChangeRefusedError, match=r"pipes\.orders\.parallelism: cannot be changed from 3 to 2\. Kafka cannot remove"
    ):
        before_update(recorded, topic_of(recorded), {"partitionCount": 3.0}, {"partitionCount": 2.0})
