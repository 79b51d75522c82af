"""Tests of a Strimzi cluster that was there before the stack."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pulumi import RunError

from components.kubernetes.strimzi.existing import usable_port, version
from components.kubernetes.strimzi.existing_topic import FoundTopic, usable_topic
from components.settings import SettingsError
from tests.combinations import ALLOWED
from workbench.cloud.kubernetes import existing
from workbench.plan import Plan, plan
from workbench.stack_file import StackFile, read_settings

USER, TOPIC = "kubernetes:kafka.strimzi.io/v1:KafkaUser", "kubernetes:kafka.strimzi.io/v1:KafkaTopic"
SPEC = existing.kafka("kafka/events", {})["spec"]
READY = {"conditions": [{"type": "Ready", "status": "True"}]}


def stack_file(form: str, changes: Mapping[str, Any] | None = None) -> StackFile:
    """Return the stack of a form on any cluster, with other keys."""
    [file] = [each.stack_file() for each in ALLOWED if str(each) == f"kubernetes-kafka-{form}-kubernetes"]
    return replace(file, config={**file.config, **(changes or {})})


def planned_form(form: str) -> Plan:
    return plan(stack_file(form))


def test_only_topics_and_users_are_made_in_the_namespace_of_the_cluster():
    resources = planned_form("existing").recording.resources
    made = [each for each in resources if each.custom and not each.external and each.type.startswith("kubernetes:")]
    inside = [each for each in made if each.inputs["metadata"].get("namespace") == "kafka"]
    assert {each.type for each in inside} == {USER, TOPIC}
    assert {each.input("metadata.labels")["strimzi.io/cluster"] for each in inside} == {"events"}
    assert not [each for each in made if each.type.endswith((":Kafka", ":KafkaNodePool", ":Release"))]


def test_a_made_topic_has_the_copies_of_the_cluster():
    for topic in planned_form("existing").recording.of_type(TOPIC):
        assert "replicas" not in topic.inputs["spec"]
        assert "min.insync.replicas" not in topic.inputs["spec"]["config"], "the cluster may have only one copy"


def test_the_user_may_only_read_the_existing_topic_and_write_dead_letters():
    [user] = planned_form("existing-topic").recording.of_type(USER)
    assert user.input("metadata.name") == "matrix-orders", "the cluster may have a user with the name of the pipe"
    rights = {
        (each["resource"]["type"], each["resource"]["name"], *each["operations"])
        for each in user.input("spec.authorization.acls")
    }
    assert rights == {
        ("topic", "orders", "Describe", "Read"),
        ("group", "orders", "Read"),
        ("topic", "orders.dead-letters", "Describe", "Write"),
    }


def test_an_existing_topic_is_read_and_has_as_many_consumers_as_partitions():
    found = planned_form("existing-topic")
    [pipe] = found.pipes
    assert (pipe.partitions, pipe.replicas) == (3, 3)
    [read] = [each for each in found.recording.of_type(TOPIC) if each.external]
    assert read.name.endswith("-pipes.orders.topic.existing"), "the engine names it if it is missing"


def test_another_number_of_partitions_is_refused_with_both_numbers():
    pipes = {
        "orders": {"parallelism": 4, "topic": {"existing": True}, "consumer": {"image": "registry.example.com/a:1"}}
    }
    with pytest.raises(RunError, match=r"pipes\.orders\.parallelism: must be 3, the number of partitions .*, got 4 "):
        plan(stack_file("existing-topic", {"data-pipes:pipes": pipes}))


@pytest.mark.parametrize(("key", "value"), [("cluster", "missing"), ("namespace", "missing")])
def test_a_missing_object_is_named_by_its_key(key: str, value: str):
    place = {"namespace": "kafka", "cluster": "events", key: value}
    with pytest.raises(LookupError, match=rf"streaming\.existing\.{key}: resource .* does not exist"):
        plan(stack_file("existing", {"data-pipes:streaming": {"service": "kafka", "existing": place}}))


OWN = {"labels": {"strimzi.io/cluster": "events"}}
ORDERS = "pipes.orders.topic.existing"


def topic(metadata: Any = OWN, spec: Any = None, status: Any = READY) -> FoundTopic:
    resource = {"metadata": metadata, "spec": {"partitions": 3} if spec is None else spec, "status": status}
    return usable_topic(ORDERS, "orders-v1", "events", resource)


def test_consumers_read_the_topic_under_its_name_in_kafka():
    assert topic() == FoundTopic(name="orders-v1", partitions=3)
    assert topic(spec={"partitions": 3, "topicName": "Orders_v1"}).name == "Orders_v1"
    assert topic(status={**READY, "topicName": "Orders_v2"}).name == "Orders_v2"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (
            {"metadata": {"labels": {"strimzi.io/cluster": "audit"}}},
            "a KafkaTopic of the Kafka cluster events, got 'orders-v1' (its label strimzi.io/cluster is audit). ",
        ),
        (
            {"metadata": {}},
            "a KafkaTopic of the Kafka cluster events, got 'orders-v1' (it has no label strimzi.io/cluster). ",
        ),
        (
            {"status": {"conditions": [{"type": "Ready", "status": "False", "message": "wrong config"}]}},
            "a KafkaTopic that is ready, got 'orders-v1' (wrong config). ",
        ),
        ({"status": None}, "a KafkaTopic that is ready, got 'orders-v1' (it has no status). "),
        (
            {"status": {"conditions": [{"type": "Unmanaged", "status": "True"}]}},
            "a KafkaTopic that is ready, got 'orders-v1' (Unmanaged). ",
        ),
        ({"spec": {}}, "a KafkaTopic with spec.partitions, got 'orders-v1' (without it, "),
    ],
    ids=["other cluster", "no label", "not ready", "no status", "unmanaged", "no partitions"],
)
def test_a_topic_that_does_not_fit_is_refused_by_key(parts: dict[str, Any], expected: str):
    with pytest.raises(RunError) as refusal:
        topic(**parts)
    assert f"{ORDERS}: must be true for {expected}" in str(refusal.value)


def test_a_topic_without_spec_is_refused():
    with pytest.raises(RunError, match=r"Set spec\.partitions of the KafkaTopic to the number that the topic has"):
        usable_topic(ORDERS, "orders-v1", "events", {"metadata": OWN, "spec": None, "status": READY})


def test_the_name_of_a_topic_is_that_of_its_kubernetes_resource():
    image = {"consumer": {"image": "registry.example.com/a:1"}}

    def changes(name: str) -> Mapping[str, Any]:
        return {"data-pipes:pipes": {"orders": {"topic": {"existing": True, "name": name}, **image}}}

    with pytest.raises(
        SettingsError, match=r"pipes\.orders\.topic\.name: must be the name of a KafkaTopic: .*, got 'Orders_v1'"
    ):
        read_settings(stack_file("existing-topic", changes("Orders_v1")))
    found = plan(stack_file("existing-topic", changes("orders.v1"))).recording
    assert found.one("kubernetes:core/v1:ConfigMap").inputs["data"]["STREAM_TOPIC"] == "orders.v1"


def test_a_topic_of_another_cluster_stops_the_deployment():
    place = {"namespace": "kafka", "cluster": "audit"}
    with pytest.raises(
        RunError, match=r"pipes\.orders\.topic\.existing: must be true for a KafkaTopic of the Kafka cluster audit"
    ):
        plan(stack_file("existing-topic", {"data-pipes:streaming": {"service": "kafka", "existing": place}}))


def kafka(**changes: Any) -> dict[str, Any]:
    return {**SPEC, "kafka": {**SPEC["kafka"], **changes}}


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        (
            SPEC,
            {"conditions": [{"type": "NotReady", "status": "True", "message": "no brokers"}]},
            "a Kafka cluster that is ready, got 'events' (no brokers)",
        ),
        (SPEC, None, "a Kafka cluster that is ready, got 'events' (it has no status)"),
        (
            {"kafka": SPEC["kafka"]},
            READY,
            "with an entity operator, got 'events' (it has no topicOperator and no userOperator)",
        ),
        (kafka(authorization=None), READY, "with authorization simple, got 'events' (it has authorization none, "),
        (
            kafka(listeners=[{"name": "plain", "port": 9092, "type": "internal", "tls": False}]),
            READY,
            "with an internal listener with TLS and authentication tls, got 'events' (its listeners are plain (internal))",
        ),
        (
            kafka(
                listeners=[
                    {
                        "name": "out",
                        "port": 9094,
                        "type": "loadbalancer",
                        "tls": True,
                        "authentication": {"type": "tls"},
                    }
                ]
            ),
            READY,
            "(its listeners are out (loadbalancer))",
        ),
    ],
)
def test_a_cluster_that_does_not_fit_is_refused_by_key(spec: Any, status: Any, expected: str):
    with pytest.raises(RunError) as refusal:
        usable_port("events", spec, status)
    text = str(refusal.value)
    assert "streaming.existing.cluster: must be " in text
    assert expected in text


def test_the_port_and_the_version_are_those_of_the_cluster():
    assert usable_port("events", SPEC, READY) == 9093
    assert version(SPEC, READY) == "4.1.0"
    assert version(kafka(version=None), {"kafkaVersion": "4.2.0"}) == "4.2.0", "the operator's default"


@pytest.mark.parametrize("platform", ["eks", "aks", "gke"])
def test_it_is_refused_on_a_new_cluster(platform: str):
    with pytest.raises(SettingsError) as refusal:
        read_settings(stack_file("existing", {"data-pipes:platform": {"service": platform}}))
    assert f"streaming.existing: is not available on a new {platform} cluster " in str(refusal.value)


def test_a_setting_of_a_new_cluster_is_refused():
    streaming = {"service": "kafka", "brokers": 3, "existing": {"namespace": "kafka", "cluster": "events"}}
    with pytest.raises(SettingsError, match=r"streaming\.brokers: cannot be used with "):
        read_settings(stack_file("existing", {"data-pipes:streaming": streaming}))


def test_a_pipe_with_the_namespace_of_the_cluster_is_refused():
    pipes = {"kafka": {"parallelism": 1, "consumer": {"image": "registry.example.com/a:1"}}}
    with pytest.raises(SettingsError, match=r"pipes\.kafka: must not be the namespace of the Kafka cluster"):
        read_settings(stack_file("existing", {"data-pipes:pipes": pipes}))
