"""A topic on Kafka in containers, and the user that reads it."""

import asyncio

import pytest
from pulumi import ResourceHookArgs

from components.changes import ChangeRefusedError
from tests.stacks import planned, shipped
from workbench.values import SECRET

STACK = "aws-kafka-eks"
TOPIC, USER = (f"kubernetes:kafka.strimzi.io/v1:{kind}" for kind in ("KafkaTopic", "KafkaUser"))
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SECRETS = "kubernetes:core/v1:Secret"


@pytest.fixture(scope="module")
def recording():
    return shipped(STACK).recording


def secret(recording):
    return recording.one(f"{STACK}-orders-secret")


def key(file):
    return f"file-etc_.data-pipes_.kafka_.{file}"


def test_the_equation_holds_and_consumers_wait_for_their_topic():
    assert shipped(STACK).problems == ()
    assert shipped(STACK, preview=True).problems == ()
    recording = planned({"data-pipes:pipes": {"orders": {"parallelism": 7}}}, stack=STACK).recording
    deployment, topic = recording.one(DEPLOYMENT), recording.one(TOPIC)
    assert (topic.input("spec.partitions"), deployment.input("spec.replicas")) == (7, 7)
    assert topic.urn in deployment.property_dependencies["spec"]
    assert recording.outputs["pipes"] == {"orders": {"topic": "orders", "partitions": 7, "replicas": 7}}


def test_a_preview_knows_partitions_and_replicas():
    assert shipped(STACK, preview=True).recording.outputs["pipes"] == {
        "orders": {"topic": "orders", "partitions": 3, "replicas": 3}
    }


def test_a_topic_survives_a_zone_and_has_its_own_settings():
    topic = {"retentionHours": 1, "config": {"cleanup.policy": "compact"}}
    recording = planned({"data-pipes:pipes": {"orders": {"topic": topic}}}, stack=STACK).recording
    assert recording.one(TOPIC).inputs["spec"] == {
        "partitions": 3,
        "replicas": 3,
        "config": {"cleanup.policy": "compact", "min.insync.replicas": "2", "retention.ms": "3600000"},
    }


def test_topic_and_user_belong_to_the_cluster_in_its_own_namespace(recording):
    for type_token in (TOPIC, USER):
        metadata = recording.one(type_token).inputs["metadata"]
        assert (metadata["name"], metadata["namespace"]) == ("orders", "data-pipes-kafka")
        assert metadata["labels"]["strimzi.io/cluster"] == "data-pipes"


def test_a_user_may_read_its_topic_in_its_group_and_nothing_else(recording):
    assert recording.one(USER).inputs["spec"]["authorization"] == {
        "type": "simple",
        "acls": [
            {
                "resource": {"type": "topic", "name": "orders", "patternType": "literal"},
                "operations": ["Describe", "Read"],
            },
            {"resource": {"type": "group", "name": "orders", "patternType": "literal"}, "operations": ["Read"]},
        ],
    }


def test_a_user_s_certificate_is_good_for_more_than_a_year_whenever_it_is_copied(recording):
    authentication = recording.one(USER).inputs["spec"]["authentication"]
    assert authentication["type"] == "tls"
    assert authentication["renewalDays"] > 366
    assert authentication["validityDays"] > authentication["renewalDays"] + 366


def test_consumers_are_told_brokers_and_files_and_no_secret_in_plain_text(recording):
    environment = recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]
    assert environment == {
        "KAFKA_BOOTSTRAP_SERVERS": "data-pipes-kafka-bootstrap.data-pipes-kafka.svc:9093",
        "KAFKA_SECURITY_PROTOCOL": "SSL",
        "KAFKA_SSL_CA_LOCATION": "/etc/data-pipes/kafka/ca.crt",
        "KAFKA_SSL_CERTIFICATE_LOCATION": "/etc/data-pipes/kafka/user.crt",
        "KAFKA_SSL_KEY_LOCATION": "/etc/data-pipes/kafka/user.key",
        "LOG_LEVEL": "info",
        "STREAM_GROUP": "orders",
        "STREAM_SERVICE": "kafka",
        "STREAM_TOPIC": "orders",
    }
    assert recording.outputs["bootstrapServers"] == environment["KAFKA_BOOTSTRAP_SERVERS"]
    assert secret(recording).inputs["stringData"] == SECRET


def test_the_files_that_consumers_are_told_of_are_mounted_for_reading(recording):
    environment = recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]
    [container] = recording.one(DEPLOYMENT).input("spec.template.spec.containers")
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    told = {value for name, value in environment.items() if name.endswith("_LOCATION")}
    assert len(told) == 3
    assert told <= mounts.keys()
    assert all(mounts[path]["readOnly"] for path in told)


def test_consumers_get_the_certificates_that_strimzi_made_for_their_user_and_cluster(recording):
    content = secret(recording).reveal("stringData")
    assert content[key("ca.crt")] == "stand-in for ca.crt of data-pipes-cluster-ca-cert"
    assert content[key("user.crt")] == "stand-in for user.crt of orders"
    assert content[key("user.key")] == "stand-in for user.key of orders"


def test_nothing_is_read_of_a_cluster_before_it_is_there(recording):
    read = [each for each in recording.of_type(SECRETS) if each.external]
    assert len(read) == 2
    for each in read:
        needed = {recording.by_urn(urn).type for urn in recording.requirements(each)}
        assert "kubernetes:kafka.strimzi.io/v1:Kafka" in needed, each.name
    assert recording.one(USER).urn in recording.requirements(recording.one(f"{STACK}-orders-certificate"))


def test_consumers_reach_the_brokers_pods_and_no_address_of_the_network(recording):
    [policy] = recording.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    rules = policy.input("spec.egress")
    brokers = [rule for rule in rules if rule["ports"] == [{"port": 9093, "protocol": "TCP"}]]
    assert [rule["to"] for rule in brokers] == [
        [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "data-pipes-kafka"}}}]
    ]


def test_consumers_need_no_rights_in_the_cloud(recording):
    assert not [each for each in recording.of_type("aws:iam/rolePolicy:RolePolicy") if "orders" in each.name]


def test_every_pipe_has_a_topic_a_user_and_a_certificate_of_its_own():
    recording = planned({"data-pipes:pipes": {"clicks": {"parallelism": 2}}}, stack=STACK).recording
    for type_token in (TOPIC, USER):
        assert {each.input("metadata.name") for each in recording.of_type(type_token)} == {"orders", "clicks"}
    assert recording.urns >= {
        each.urn for each in (recording.one(f"{STACK}-{pipe}-certificate") for pipe in ("orders", "clicks"))
    }


def change(recording, present, wanted):
    """Run the hook that the engine runs before it updates the topic."""
    topic = recording.one(TOPIC)
    hook = recording.hook(topic, "before_update")
    assert hook.opts is not None
    assert hook.opts.on_dry_run, "it must refuse in the preview"
    old, new = ({"spec": {"partitions": number}} for number in (present, wanted))
    result = hook(ResourceHookArgs(urn="urn", id="id", name=topic.name, type=TOPIC, old_inputs=old, new_inputs=new))
    if asyncio.iscoroutine(result):
        asyncio.run(result)


def test_fewer_partitions_are_refused_in_the_preview_though_kubernetes_would_take_them(recording):
    with pytest.raises(ChangeRefusedError, match=r"pipes\.orders\.parallelism: cannot go from 10 to 9\. Kafka cannot"):
        change(recording, 10, 9)


@pytest.mark.parametrize(("present", "wanted"), [(3, 3), (9, 10)])
def test_as_many_partitions_or_more_are_let_through(recording, present, wanted):
    change(recording, present, wanted)
