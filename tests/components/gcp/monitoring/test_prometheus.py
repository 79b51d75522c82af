"""Tests of the collectors on GKE: who scrapes the pods, and who may."""

import pytest

from tests.stacks import changed, planned, refused, shipped

STACK, KAFKA = "gcp-pubsub-gke", "gcp-kafka-gke"
CLUSTER = "gcp:container/cluster:Cluster"
SCRAPE = "kubernetes:monitoring.googleapis.com/v1:PodMonitoring"
OPERATOR = ("kubernetes:monitoring.coreos.com/v1:PodMonitor", "kubernetes:monitoring.coreos.com/v1:PrometheusRule")
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"


def collected_by(collector, stack=STACK):
    return planned({"data-pipes:monitoring": {"collector": collector}}, stack=stack).recording


def metrics(recording):
    return recording.one(CLUSTER).inputs["monitoringConfig"]


def test_by_default_the_cluster_collects_metrics_of_pods_and_still_those_of_the_system():
    assert metrics(shipped(STACK).recording) == {
        "enableComponents": ["SYSTEM_COMPONENTS"],
        "managedPrometheus": {"enabled": True},
    }


@pytest.mark.parametrize("collector", ["operator", "none"])
def test_the_cluster_collects_no_metrics_of_pods_for_another_collector(collector):
    recording = collected_by(collector)
    assert metrics(recording) == {"enableComponents": ["SYSTEM_COMPONENTS"]}
    assert recording.of_type(SCRAPE) == ()


def test_autopilot_scrapes_consumers_and_leaves_its_metrics_to_google():
    recording = planned({"data-pipes:platform": {"mode": "autopilot"}}, stack=STACK).recording
    assert "monitoringConfig" not in recording.one(CLUSTER).inputs
    assert recording.one(SCRAPE)


def test_the_consumers_of_a_pipe_are_scraped_at_their_port():
    recording = shipped(STACK).recording
    scrape, consumers = recording.one(SCRAPE), recording.one(DEPLOYMENT).inputs["spec"]
    [port] = consumers["template"]["spec"]["containers"][0]["ports"]
    assert scrape.inputs["metadata"]["namespace"] == "orders"
    assert scrape.inputs["spec"] == {
        "selector": consumers["selector"],
        "endpoints": [{"port": port["name"], "interval": "30s"}],
    }


@pytest.mark.parametrize("mode", ["standard", "autopilot"])
def test_only_the_collectors_reach_the_consumers(mode):
    found = planned({"data-pipes:platform": {"mode": mode}}, stack=STACK).recording
    [rule] = found.one(POLICY).inputs["spec"]["ingress"]
    admitted = [each["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for each in rule["from"]]
    assert admitted == ["gmp-system", "gke-gmp-system"]
    assert rule["ports"] == [{"port": 8080, "protocol": "TCP"}]
    assert "ingress" not in collected_by("none").one(POLICY).inputs["spec"]


@pytest.mark.parametrize("namespace", ["gmp-system", "gke-gmp-system"])
def test_no_pipe_can_have_the_namespace_of_the_collectors(namespace):
    stack_file = changed({"data-pipes:pipes": {namespace: {"parallelism": 1}}}, STACK)
    [error] = refused(stack_file.program_config(), secret_keys=stack_file.secret_keys)
    assert f"pipes.{namespace}: must not be the name of a namespace of the cluster" in error


def test_the_brokers_of_kafka_in_containers_are_scraped_too():
    namespaces = [each.inputs["metadata"]["namespace"] for each in shipped(KAFKA).recording.of_type(SCRAPE)]
    assert sorted(namespaces) == ["data-pipes-kafka", "orders"]


def test_the_operator_scrapes_and_alarms_inside_the_cluster():
    recording = collected_by("operator")
    assert all(recording.one(each) for each in OPERATOR)
    titles = [each.inputs["displayName"] for each in recording.of_type("gcp:monitoring/alertPolicy:AlertPolicy")]
    assert sorted(titles) == [f"{STACK}-orders: dead-letters", f"{STACK}-orders: old-records"]
