"""Tests of a topic on Kafka in containers, and of its user."""

import pytest

from components.changes import ChangeRefusedError
from tests.hooks import before_update
from tests.stacks import planned, shipped
from workbench.values import SECRET

STACK = "aws-kafka-eks"
TOPIC, USER = (f"kubernetes:kafka.strimzi.io/v1:{kind}" for kind in ("KafkaTopic", "KafkaUser"))
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SECRETS = "kubernetes:core/v1:Secret"


@pytest.fixture(scope="module")
def recording():
    return shipped(STACK).recording


def topic_of(recording):
    return recording.one(f"{STACK}-orders-topic")


def dead_letters(recording):
    return recording.one(f"{STACK}-orders-dead-letters")


def with_topic(**topic):
    return planned({"data-pipes:pipes": {"orders": {"topic": topic}}}, stack=STACK).recording


def environment(recording):
    return recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]


def rights(recording):
    """Return (type, name, operations) of the user's ACLs."""
    authorization = recording.one(USER).inputs["spec"]["authorization"]
    assert authorization["type"] == "simple"
    assert {acl["resource"]["patternType"] for acl in authorization["acls"]} == {"literal"}
    return [(acl["resource"]["type"], acl["resource"]["name"], acl["operations"]) for acl in authorization["acls"]]


def secret(recording):
    return recording.one(f"{STACK}-orders-secret")


def key(file):
    return f"file-etc_.data-pipes_.kafka_.{file}"


def test_the_equation_holds_and_consumers_wait_for_their_topic():
    assert shipped(STACK).problems == ()
    assert shipped(STACK, preview=True).problems == ()
    recording = planned({"data-pipes:pipes": {"orders": {"parallelism": 7}}}, stack=STACK).recording
    deployment, topic = recording.one(DEPLOYMENT), topic_of(recording)
    assert (topic.input("spec.partitions"), deployment.input("spec.replicas")) == (7, 7)
    assert topic.urn in deployment.property_dependencies["spec"]
    assert recording.outputs["pipes"] == {"orders": {"topic": "orders", "partitions": 7, "replicas": 7}}


def test_a_preview_shows_the_replicas():
    assert shipped(STACK, preview=True).recording.outputs["pipes"] == {
        "orders": {"topic": "orders", "partitions": 3, "replicas": 3}
    }


def test_the_topic_has_three_copies_and_its_settings():
    recording = with_topic(retentionHours=1, config={"cleanup.policy": "compact"})
    assert topic_of(recording).inputs["spec"] == {
        "partitions": 3,
        "replicas": 3,
        "config": {"cleanup.policy": "compact", "min.insync.replicas": "2", "retention.ms": "3600000"},
    }


def test_topic_and_user_are_in_the_namespace_of_the_cluster(recording):
    for resource in (topic_of(recording), recording.one(USER)):
        metadata = resource.inputs["metadata"]
        assert (metadata["name"], metadata["namespace"]) == ("orders", "data-pipes-kafka")
        assert metadata["labels"]["strimzi.io/cluster"] == "data-pipes"


READS = [("topic", "orders", ["Describe", "Read"]), ("group", "orders", ["Read"])]


def test_a_user_can_only_read_its_topic_in_its_group_and_write_its_dead_letters(recording):
    assert rights(recording) == [*READS, ("topic", "orders.dead-letters", ["Describe", "Write"])]


def test_the_dead_letter_topic_has_one_partition_three_copies_and_space_for_headers(recording):
    assert dead_letters(recording).inputs["metadata"]["name"] == "orders.dead-letters"
    assert dead_letters(recording).inputs["spec"] == {
        "partitions": 1,
        "replicas": 3,
        "config": {"max.message.bytes": "1114124", "min.insync.replicas": "2", "retention.ms": str(336 * 3_600_000)},
    }
    assert dead_letters(recording).protect is True
    large = with_topic(config={"max.message.bytes": "9000000"}, deadLetter={"retentionHours": 1})
    assert dead_letters(large).input("spec.config") == {
        "max.message.bytes": "9065536",
        "min.insync.replicas": "2",
        "retention.ms": "3600000",
    }


def test_consumers_get_the_dead_letter_settings_and_wait_for_the_topic(recording):
    assert dead_letters(recording).urn in recording.requirements(recording.one(DEPLOYMENT))
    variables = environment(with_topic(deadLetter={"maxDeliveryAttempts": 9}))
    assert (variables["STREAM_DEAD_LETTERS"], variables["STREAM_MAX_DELIVERY_ATTEMPTS"]) == ("orders.dead-letters", "9")


def test_without_dead_letters_there_is_no_topic_no_acl_and_no_variable():
    recording = with_topic(deadLetter={"enabled": False})
    assert recording.of_type(TOPIC) == (topic_of(recording),)
    assert rights(recording) == READS
    assert not {"STREAM_DEAD_LETTERS", "STREAM_MAX_DELIVERY_ATTEMPTS"} & environment(recording).keys()


def test_growth_does_not_change_the_dead_letter_topic(recording):
    grown = planned({"data-pipes:pipes": {"orders": {"parallelism": 6}}}, stack=STACK).recording
    assert dead_letters(grown).inputs == dead_letters(recording).inputs
    assert rights(grown) == rights(recording)


def test_a_pipe_named_like_another_pipe_s_dead_letters_has_separate_topics():
    pipes = {"orders-dead-letters": {"parallelism": 1}}
    plan = planned({"data-pipes:pipes": pipes}, stack=STACK)
    assert plan.problems == ()
    assert {each.input("metadata.name") for each in plan.recording.of_type(TOPIC)} == {
        "orders",
        "orders.dead-letters",
        "orders-dead-letters",
        "orders-dead-letters.dead-letters",
    }


def test_a_user_s_certificate_is_valid_for_more_than_a_year_at_any_time(recording):
    authentication = recording.one(USER).inputs["spec"]["authentication"]
    assert authentication["type"] == "tls"
    assert authentication["renewalDays"] > 366
    assert authentication["validityDays"] > authentication["renewalDays"] + 366


def test_consumers_get_the_broker_address_and_file_paths_but_no_plain_secret(recording):
    variables = environment(recording)
    assert variables == {
        "KAFKA_BOOTSTRAP_SERVERS": "data-pipes-kafka-bootstrap.data-pipes-kafka.svc:9093",
        "KAFKA_GROUP_PROTOCOL": "consumer",
        "KAFKA_SECURITY_PROTOCOL": "SSL",
        "KAFKA_SSL_CA_LOCATION": "/etc/data-pipes/kafka/ca.crt",
        "KAFKA_SSL_CERTIFICATE_LOCATION": "/etc/data-pipes/kafka/user.crt",
        "KAFKA_SSL_KEY_LOCATION": "/etc/data-pipes/kafka/user.key",
        "LOG_LEVEL": "info",
        "STREAM_DEAD_LETTERS": "orders.dead-letters",
        "STREAM_GROUP": "orders",
        "STREAM_MAX_DELIVERY_ATTEMPTS": "5",
        "STREAM_SERVICE": "kafka",
        "STREAM_TOPIC": "orders",
    }
    assert recording.outputs["bootstrapServers"] == variables["KAFKA_BOOTSTRAP_SERVERS"]
    assert secret(recording).inputs["stringData"] == SECRET


def test_the_certificate_files_are_mounted_read_only(recording):
    [container] = recording.one(DEPLOYMENT).input("spec.template.spec.containers")
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    variables = {value for name, value in environment(recording).items() if name.endswith("_LOCATION")}
    assert len(variables) == 3
    assert variables <= mounts.keys()
    assert all(mounts[path]["readOnly"] for path in variables)


def test_consumers_get_the_certificates_of_their_user_and_cluster(recording):
    content = secret(recording).reveal("stringData")
    assert content[key("ca.crt")] == "stand-in for ca.crt of data-pipes-cluster-ca-cert"
    assert content[key("user.crt")] == "stand-in for user.crt of orders"
    assert content[key("user.key")] == "stand-in for user.key of orders"


def test_secrets_of_the_cluster_are_read_after_its_creation(recording):
    read = [each for each in recording.of_type(SECRETS) if each.external]
    assert len(read) == 2
    for each in read:
        needed = {recording.by_urn(urn).type for urn in recording.requirements(each)}
        assert "kubernetes:kafka.strimzi.io/v1:Kafka" in needed, each.name
    assert recording.one(USER).urn in recording.requirements(recording.one(f"{STACK}-orders-certificate"))


def test_consumers_can_reach_only_the_broker_pods_on_the_kafka_port(recording):
    [policy] = recording.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    rules = policy.input("spec.egress")
    brokers = [rule for rule in rules if rule["ports"] == [{"port": 9093, "protocol": "TCP"}]]
    assert [rule["to"] for rule in brokers] == [
        [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "data-pipes-kafka"}}}]
    ]


def test_consumers_have_no_cloud_permissions(recording):
    assert not [each for each in recording.of_type("aws:iam/rolePolicy:RolePolicy") if "orders" in each.name]


def test_every_pipe_has_its_own_topic_user_and_certificate():
    recording = planned({"data-pipes:pipes": {"clicks": {"parallelism": 2}}}, stack=STACK).recording
    topics = {each.input("metadata.name") for each in recording.of_type(TOPIC)}
    assert topics == {"orders", "orders.dead-letters", "clicks", "clicks.dead-letters"}
    assert {each.input("metadata.name") for each in recording.of_type(USER)} == {"orders", "clicks"}
    assert recording.urns >= {
        each.urn for each in (recording.one(f"{STACK}-{pipe}-certificate") for pipe in ("orders", "clicks"))
    }


def change(recording, present, wanted):
    """Run the topic's update hooks."""
    old, new = ({"spec": {"partitions": number}} for number in (present, wanted))
    before_update(recording, topic_of(recording), old, new)


def test_fewer_partitions_are_refused_in_the_preview_though_kubernetes_would_take_them(recording):
    with pytest.raises(
        ChangeRefusedError, match=r"pipes\.orders\.parallelism: cannot be changed from 10 to 9\. Kafka cannot"
    ):
        change(recording, 10, 9)


@pytest.mark.parametrize(("present", "wanted"), [(3, 3), (9, 10)])
def test_the_same_number_of_partitions_or_more_is_accepted(recording, present, wanted):
    change(recording, present, wanted)
