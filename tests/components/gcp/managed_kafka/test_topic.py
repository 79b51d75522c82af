"""The topics of a Managed Service for Apache Kafka cluster: their partitions, and who reads and writes them."""

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
    """Who may do what, by an ACL."""
    assert {(entry["permissionType"], entry["host"]) for entry in found.inputs["aclEntries"]} == {("ALLOW", "*")}
    return [(entry["principal"], entry["operation"]) for entry in found.inputs["aclEntries"]]


def topic_of(recorded):
    return recorded.one(f"{STACK}-orders-topic")


def dead_letters(recorded):
    return recorded.one(f"{STACK}-orders-dead-letters")


def environment(recorded):
    return recorded.one("kubernetes:core/v1:ConfigMap").inputs["data"]


def with_topic(**topic):
    return planned({"data-pipes:pipes": {"orders": {"topic": topic}}}, stack=STACK).recording


def test_the_topic_has_as_many_partitions_as_the_pipe_has_readers():
    topic = topic_of(recording())
    assert topic.inputs["topicId"] == "orders"
    assert topic.inputs["cluster"] == STACK
    assert topic.inputs["partitionCount"] == 3
    assert recording().one(DEPLOYMENT).input("spec.replicas") == 3
    assert topic.protect is True


def test_no_acknowledged_record_is_lost_with_a_zone():
    topic = topic_of(recording())
    assert topic.inputs["replicationFactor"] == 3
    assert topic.inputs["configs"] == {"min.insync.replicas": "2", "retention.ms": str(168 * 3_600_000)}


def test_more_settings_reach_the_topic_by_their_kafka_names():
    topic = topic_of(with_topic(retentionHours=1, config={"cleanup.policy": "compact"}))
    assert topic.inputs["configs"] == {
        "min.insync.replicas": "2",
        "retention.ms": "3600000",
        "cleanup.policy": "compact",
    }


def test_consumers_read_their_topic_in_their_group_and_producers_write_to_it():
    assert rights(acl("topic/orders")) == [
        (f"User:{CONSUMER}", "READ"),
        (f"User:{CONSUMER}", "DESCRIBE"),
        (f"User:{PRODUCER}", "WRITE"),
        (f"User:{PRODUCER}", "DESCRIBE"),
    ]
    assert rights(acl("consumerGroup/orders")) == [(f"User:{CONSUMER}", "READ")]


def test_dead_letters_have_one_partition_as_safe_as_the_topic_s_and_room_for_each_record_with_its_headers():
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


def test_consumers_write_dead_letters_and_nobody_else_reaches_them():
    assert rights(acl("topic/orders.dead-letters")) == [(f"User:{CONSUMER}", "WRITE"), (f"User:{CONSUMER}", "DESCRIBE")]


def test_without_dead_letters_there_is_no_topic_no_right_and_no_word_of_them():
    recorded = with_topic(deadLetter={"enabled": False})
    assert recorded.of_type(TOPIC) == (topic_of(recorded),)
    assert not [each.urn for each in recorded.resources if "dead-letters" in str(each.inputs)]
    assert not {"STREAM_DEAD_LETTERS", "STREAM_MAX_DELIVERY_ATTEMPTS"} & environment(recorded).keys()


def test_more_partitions_leave_the_dead_letters_as_they_are():
    grown = planned({"data-pipes:pipes": {"orders": {"parallelism": 6}}}, stack=STACK).recording
    assert dead_letters(grown).inputs == dead_letters(recording()).inputs


@pytest.mark.parametrize(("version", "told"), [("3.9.x", None), ("4.0.x", "consumer"), ("10.0.x", "consumer")])
def test_consumers_are_told_of_the_newer_group_protocol_where_the_brokers_have_it(version, told):
    recorded = planned({"data-pipes:streaming": {"version": version}}, stack=STACK).recording
    assert environment(recorded).get("KAFKA_GROUP_PROTOCOL") == told


def test_nobody_writes_unless_the_file_says_who():
    readers = {principal for principal, _ in rights(acl("topic/orders", with_topic(producers=[])))}
    assert readers == {f"User:{CONSUMER}"}


@pytest.mark.parametrize("name", [STACK, "x" * 24])
def test_the_acls_name_the_service_account_that_the_pods_are(name):
    recorded = planned({"data-pipes:name": name}, stack=STACK).recording
    account = recorded.one("kubernetes:core/v1:ServiceAccount")
    identity = account.input("metadata.annotations")["iam.gke.io/gcp-service-account"]
    assert rights(acl("consumerGroup/orders", recorded)) == [(f"User:{identity}", "READ")]


def test_consumers_may_connect_to_this_cluster_alone():
    [member] = [each for each in recording().of_type(MEMBER) if each.inputs["member"] == f"serviceAccount:{CONSUMER}"]
    assert member.inputs["role"] == "roles/managedkafka.client"
    expression = member.input("condition.expression")
    assert expression.startswith('resource.name == "projects/')
    assert expression.endswith(f'/locations/europe-west1/clusters/{STACK}"')
    number = expression.split("/")[1]
    assert number.isdecimal(), "IAM knows clusters by the number of their project"


def test_consumers_are_told_how_to_sign_in_with_their_own_tokens():
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


def test_consumers_start_once_they_may_read_and_set_aside():
    recorded = recording()
    required = set(recorded.requirements(recorded.one(DEPLOYMENT)))
    assert {acl("topic/orders").urn, acl("consumerGroup/orders").urn, topic_of(recorded).urn} <= required
    assert {acl("topic/orders.dead-letters").urn, dead_letters(recorded).urn} <= required


def test_consumers_reach_the_brokers_in_the_subnet():
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
