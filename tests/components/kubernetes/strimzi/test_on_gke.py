"""Tests of Kafka in containers on GKE, in mode standard and autopilot: volumes, nodes, capacity and network access."""

from functools import cache

import pytest

from components.settings import SettingsError
from tests.stacks import REMOVED, planned, settings, shipped

STACK = "gcp-kafka-gke"
POOL = "kubernetes:kafka.strimzi.io/v1:KafkaNodePool"
KAFKA = "kubernetes:kafka.strimzi.io/v1:Kafka"
TOPIC = "kubernetes:kafka.strimzi.io/v1:KafkaTopic"
RELEASE = "kubernetes:helm.sh/v3:Release"
CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
NODES = "gcp:container/nodePool:NodePool"
MODES = ("standard", "autopilot")


@cache
def plan_in(mode, *, preview=False):
    if mode == "standard":
        return shipped(STACK, preview=preview)
    return planned({"data-pipes:platform": {"mode": mode}}, stack=STACK, preview=preview)


def recorded(mode):
    return plan_in(mode).recording


def config_errors(changes):
    try:
        settings(changes, STACK)
    except SettingsError as error:
        return [line.split(".yaml: ", 1)[1] for line in str(error).splitlines()]
    return []


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("mode", MODES)
def test_the_stack_has_no_problems(mode, preview):
    assert plan_in(mode, preview=preview).problems == ()


@pytest.mark.parametrize("mode", MODES)
def test_brokers_and_controllers_have_expandable_disks_in_their_zone(mode):
    recording = recorded(mode)
    made = recording.one(CLASS)
    assert made.inputs["provisioner"] == "pd.csi.storage.gke.io"
    assert made.inputs["volumeBindingMode"] == "WaitForFirstConsumer", "the disk must be in the pod's zone"
    assert made.inputs["allowVolumeExpansion"] is True
    sizes = {}
    for pool in recording.of_type(POOL):
        [volume] = pool.input("spec.storage.volumes")
        assert volume["class"] == made.input("metadata.name")
        assert volume["deleteClaim"] is False
        sizes[pool.input("spec.roles")[0]] = volume["size"]
    assert sizes == {"broker": "100Gi", "controller": "20Gi"}


def test_in_mode_standard_all_kafka_pods_run_in_the_counted_node_pool():
    recording = recorded("standard")
    labels = recording.one(NODES).input("nodeConfig.labels")
    assert recording.one(RELEASE).input("values.nodeSelector").items() <= labels.items()
    for pool in recording.of_type(POOL):
        affinity = pool.input("spec.template.pod.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution")
        [term] = affinity["nodeSelectorTerms"]
        [expression] = term["matchExpressions"]
        assert labels[expression["key"]] in expression["values"]


def test_on_autopilot_pods_select_no_nodes_and_are_spread_over_zones():
    recording = recorded("autopilot")
    assert recording.of_type(NODES) == ()
    assert recording.one(RELEASE).input("values.nodeSelector") == {}
    for pool in recording.of_type(POOL):
        assert "affinity" not in pool.input("spec.template.pod")
        zones = pool.input("spec.template.pod.topologySpreadConstraints")[0]
        assert (zones["topologyKey"], zones["minDomains"]) == ("topology.kubernetes.io/zone", 3)
    spec = recording.one(KAFKA).inputs["spec"]
    assert "template" not in spec["entityOperator"]


@pytest.mark.parametrize("mode", MODES)
def test_every_kafka_pod_has_requests_and_limits(mode):
    recording = recorded(mode)
    spec = recording.one(KAFKA).inputs["spec"]
    resources = [
        *(pool.input("spec.resources") for pool in recording.of_type(POOL)),
        spec["entityOperator"]["topicOperator"]["resources"],
        spec["entityOperator"]["userOperator"]["resources"],
        spec["kafkaExporter"]["resources"],
        recording.one(RELEASE).input("values.resources"),
    ]
    for each in resources:
        assert {"cpu", "memory"} <= each["requests"].keys()
        assert {"cpu", "memory"} <= each["limits"].keys()


def test_the_operator_waits_for_nodes():
    recording = recorded("standard")
    assert recording.one(NODES).urn in recording.requirements(recording.one(RELEASE))


def test_partitions_and_replicas_equal_parallelism():
    recording = recorded("standard")
    assert [each.input("spec.partitions") for each in recording.of_type(TOPIC)] == [3, 1], (
        "the second topic is for dead letters"
    )
    assert recording.one(DEPLOYMENT).input("spec.replicas") == 3


@pytest.mark.parametrize("mode", MODES)
def test_consumers_can_reach_the_brokers_and_have_no_cloud_permissions(mode):
    recording = recorded(mode)
    policy = recording.one("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    ways = {
        port["port"]: way["to"] for way in policy.input("spec.egress") for port in way["ports"] if port["port"] == 9093
    }
    [place] = ways[9093]
    assert place["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "data-pipes-kafka"}
    consumers = f"serviceAccount:{STACK}-orders@"
    rights = [each for each in recording.resources if str(each.inputs.get("member", "")).startswith(consumers)]
    assert rights == []


def test_too_many_brokers_for_the_nodes_are_refused():
    [message] = config_errors({"data-pipes:streaming": {"brokers": 12, "cpu": "2", "memory": "8Gi"}})
    assert message.startswith("platform.nodes.max: must be at least ")
    assert "got 6 (" in message
    assert "streaming service 12 x 2000m CPU and 8192Mi" in message


def test_broker_requests_that_autopilot_would_raise_are_refused():
    changes = {"data-pipes:platform": {"mode": "autopilot"}, "data-pipes:streaming": {"cpu": "1", "memory": "16Gi"}}
    [message] = config_errors(changes)
    assert message.startswith("streaming: has pods that request 1000m and 16384Mi, but Autopilot would raise that to")


@pytest.mark.parametrize("mode", MODES)
def test_the_default_nodes_are_large_enough_for_cruise_control(mode):
    changes = {"data-pipes:platform": {"mode": mode}, "data-pipes:streaming": {"cruiseControl": True}}
    assert config_errors(changes) == []


def test_without_brokers_there_are_no_volumes():
    changes = {"data-pipes:streaming": {"service": "managed-kafka", "version": REMOVED, "exporter": REMOVED}}
    assert planned(changes, stack=STACK).recording.of_type(CLASS) == ()
