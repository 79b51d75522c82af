"""Existing Kafka clusters on HDInsight, and existing topics: what is looked up, what is made, and what is refused."""

import json
from typing import Any

import pytest

from tests.existing_azure import refused, stack, stopped, warnings
from workbench.cloud.azure import existing
from workbench.cloud.azure.resource import SUBSCRIPTION
from workbench.plan import plan

JOB = "kubernetes:batch/v1:Job"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
TOPIC_IMAGE = "registry.example.com/topic:1.0.0"
CLUSTER: dict[str, Any] = {
    "name": "events",
    "resourceGroup": "shared",
    "brokers": 3,
    "credentials": {"password": "kafkaPassword"},
}
ELSEWHERE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub"


def on(cluster: dict[str, Any]):
    """Return a stack with another section of the cluster."""
    section = {"service": "hdinsight", "existing": {**CLUSTER, **cluster}, "topicImage": TOPIC_IMAGE}
    return stack("hdinsight", "existing", changes={"streaming": section})


def roles(subnet: str | None) -> dict[str, Any]:
    """Return the machines of a cluster in a subnet, or in none."""
    network = {"virtualNetworkProfile": {"id": ELSEWHERE, "subnet": subnet}} if subnet else {}
    return {"roles": [{"name": "workernode", "targetInstanceCount": 3, **network}]}


def test_jobs_find_the_brokers_and_make_the_topics_and_nothing_of_the_cluster_is_made():
    recording = plan(stack("hdinsight", "existing")).recording
    cluster = recording.one("azure-native:hdinsight:Cluster")
    assert cluster.external
    jobs = {each.name: each.inputs["spec"]["template"]["spec"]["containers"][0] for each in recording.of_type(JOB)}
    assert set(jobs) == {"matrix-brokers-job", "matrix-orders-topic-job", "matrix-orders-dead-job"}
    found = {each["name"]: each["value"] for each in jobs["matrix-brokers-job"]["env"]}
    assert found["AMBARI_URL"] == "https://events-int.azurehdinsight.net"
    assert found["AMBARI_CLUSTER"] == "events"
    made = {each.type for each in recording.resources if each.custom and not each.external}
    assert not [each for each in made if each.startswith(("azure-native:keyvault", "azure-native:storage"))]


def test_only_the_job_that_finds_the_brokers_gets_the_gateway_s_password():
    recording = plan(on({"credentials": {"username": "operator", "password": "kafkaPassword"}})).recording
    holders = [each for each in recording.resources if "AMBARI_PASSWORD" in json.dumps(each.revealed)]
    assert [each.name for each in holders] == ["matrix-brokers-credentials"]
    assert holders[0].revealed["stringData"] == {
        "AMBARI_USERNAME": "operator",
        "AMBARI_PASSWORD": "stand-in for secrets.kafkaPassword",
    }
    assert "stringData" in json.dumps(sorted(holders[0].secrets))


@pytest.mark.parametrize("form", ["existing", "existing-topic"])
def test_consumers_reach_only_the_subnet_of_the_brokers(form: str):
    recording = plan(stack("hdinsight", form)).recording
    policy = next(each for each in recording.of_type(POLICY) if each.name == "matrix-orders-policy")
    blocks = [
        to["ipBlock"]["cidr"]
        for rule in policy.inputs["spec"]["egress"]
        for to in rule.get("to", [])
        if "ipBlock" in to and {"port": 9092, "protocol": "TCP"} in rule["ports"]
    ]
    assert blocks == [existing.SUBNETS["hdinsight"]]


@pytest.mark.parametrize(("form", "platform_form"), [("existing-topic", "existing"), ("", "")])
def test_a_job_checks_an_existing_topic_and_makes_only_its_dead_letters(form: str, platform_form: str):
    topic = {"existing": True, "name": "Orders_v1"}
    pipe = {"parallelism": 3, "topic": topic, "consumer": {"image": "registry.example.com/orders:1.0.0"}}
    recording = plan(stack("hdinsight", form, platform_form, changes={"pipes": {"orders": pipe}})).recording
    jobs = {each.name: each.inputs["spec"]["template"]["spec"]["containers"][0] for each in recording.of_type(JOB)}
    checked = {each["name"]: each["value"] for each in jobs["matrix-orders-topic-job"]["env"]}
    assert checked["STREAM_TOPIC"] == "Orders_v1"
    assert "TOPIC_REPLICATION_FACTOR" not in checked, "it makes nothing"
    made = {each["name"]: each["value"] for each in jobs["matrix-orders-dead-job"]["env"]}
    assert made["STREAM_TOPIC"] == "orders.dead-letters"


@pytest.mark.parametrize(
    ("properties", "line"),
    [
        (
            {"clusterState": "Accepted"},
            "streaming.existing.name: must be the name of a cluster that runs, got 'events' (its state is Accepted). Wait until it runs.",
        ),
        (
            {"clusterDefinition": {"kind": "Spark", "componentVersion": {"Spark": "3.3"}}},
            "streaming.existing.name: must be the name of a cluster with Kafka 3.2, got 'events' (it runs Spark). Use a Kafka cluster of HDInsight 5.1.",
        ),
        (
            {"clusterDefinition": {"kind": "kafka", "componentVersion": {"Kafka": "2.4"}}},
            "streaming.existing.name: must be the name of a cluster with Kafka 3.2, got 'events' (it runs Kafka 2.4). Use a Kafka cluster of HDInsight 5.1.",
        ),
        (
            {"computeProfile": roles(None)},
            "streaming.existing.name: must be the name of a cluster in a virtual network, got 'events' (its brokers cannot be reached from outside). "
            "Use a cluster in the virtual network of the consumers.",
        ),
    ],
)
def test_a_cluster_that_the_program_cannot_use_is_refused_in_the_preview(
    monkeypatch: pytest.MonkeyPatch, properties: dict[str, Any], line: str
):
    for key, value in properties.items():
        monkeypatch.setitem(existing.HDINSIGHT, key, value)
    assert stopped(stack("hdinsight", "existing")) == line


def test_another_number_of_brokers_is_refused_with_both_numbers():
    assert stopped(on({"brokers": 4})) == (
        "streaming.existing.brokers: must be 3, the number of worker nodes of events, got 4 (the Job that finds the brokers waits for all of "
        "them). Set it to 3."
    )


def test_a_missing_cluster_is_refused_by_key():
    line = stopped(on({"name": "missing"}))
    assert line.startswith(
        "streaming.existing.name: must be the name of an HDInsight cluster in the resource group shared "
    )


def test_the_preview_says_what_to_open_if_the_cluster_is_in_another_network(monkeypatch: pytest.MonkeyPatch):
    other = "Peer the two networks"
    assert not [text for text in warnings(plan(stack("hdinsight", "existing"), preview=True)) if other in text]
    monkeypatch.setitem(existing.HDINSIGHT, "computeProfile", roles(f"{ELSEWHERE}/subnets/hdinsight"))
    [text] = [text for text in warnings(plan(stack("hdinsight", "existing"), preview=True)) if other in text]
    assert f"the cluster is in {ELSEWHERE}, the consumers are in {existing.VNET}" in text
    assert "TCP ports 443 and 9092" in text


@pytest.mark.parametrize(
    ("section", "start"),
    [
        ({"existing": {**CLUSTER, "credentials": {}}}, "streaming.existing.credentials.password: is required"),
        (
            {"existing": {**CLUSTER, "credentials": {"password": "other"}}},
            "streaming.existing.credentials.password: must be the name of a secret under data-pipes:secrets, got 'other' ",
        ),
        ({"existing": CLUSTER, "brokers": 3}, "streaming.brokers: cannot be used with "),
        (
            {"existing": {**CLUSTER, "workerVmSize": "Standard_DS3_v2"}},
            "streaming.existing.workerVmSize: cannot be used with ",
        ),
    ],
)
def test_missing_and_mixed_settings_are_refused_by_key(section: dict[str, Any], start: str):
    changes = {"streaming": {"service": "hdinsight", "topicImage": TOPIC_IMAGE, **section}}
    [line] = refused(stack("hdinsight", "existing", changes=changes))
    assert line.startswith(start)


def test_a_new_virtual_network_has_no_route_to_the_brokers():
    [line] = refused(stack("hdinsight", "existing", "", changes={"network": {}}))
    assert line.startswith("network.existing: is required with streaming.existing ")


@pytest.mark.parametrize("platform_form", ["", "existing"])
def test_a_pipe_with_an_existing_topic_needs_its_number_of_partitions(platform_form: str):
    pipe = {"topic": {"existing": True}, "consumer": {"image": "registry.example.com/orders:1.0.0"}}
    found = refused(stack("hdinsight", "existing-topic", platform_form, changes={"pipes": {"orders": pipe}}))
    assert found[0].startswith("pipes.orders.parallelism: is required on ")
