"""Tests of the GKE settings and their validation."""

import pytest

from components.settings import SettingsError
from tests.stacks import rule, settings

STACK = "gcp-pubsub-gke"
FILE = f"stacks/Pulumi.{STACK}.yaml: "
EXISTING = {
    "network": "projects/shared/global/networks/hub",
    "subnetwork": "pipes",
    "cidr": "10.9.0.0/24",
    "podsRange": "gke-pods",
    "podCidr": "10.10.0.0/20",
    "servicesRange": "gke-services",
}


def with_settings(platform, consumer=None, network=None, parallelism=3):
    return settings(
        {
            "data-pipes:network": network or {},
            "data-pipes:platform": platform,
            "data-pipes:pipes": {"orders": {"consumer": consumer or {}, "parallelism": parallelism}},
        },
        STACK,
    )


def refused(platform, consumer=None, network=None, parallelism=3):
    with pytest.raises(SettingsError) as error:
        with_settings(platform, consumer, network, parallelism)
    return [rule(line.removeprefix(FILE)) for line in str(error.value).splitlines()]


WRONG = [
    (
        {"mode": "serverless"},
        "platform.mode: must be 'standard' or 'autopilot', got \"serverless\".",
    ),
    (
        {"mode": "autopilot", "nodes": {"max": 9}},
        "platform.nodes: is not available in mode autopilot (Google manages the nodes). Remove nodes, or set mode to standard.",
    ),
    (
        {"admins": ["platform-admins"]},
        "platform.admins[0]: must be an IAM member such as group:platform@example.com, got 'platform-admins'.",
    ),
    (
        {"endpoint": {"publicCidrs": ["0.0.0.0/0"]}},
        "platform.endpoint.publicCidrs[0]: must be a range of /8 or smaller, got 0.0.0.0/0 (it admits everyone or nearly everyone). List the "
        "ranges that may connect, such as your own address with /32.",
    ),
    (
        {"maintenanceStart": "3 am"},
        "platform.maintenanceStart: must be a time of day in UTC in quotes, such as \"03:00\", got '3 am'.",
    ),
    ({"nodes": {"min": 7}}, "platform.nodes: max must be at least min (7), got 6. Raise max or lower min."),
    (
        {"logs": ["WORKLOADS"]},
        "platform.logs: must include SYSTEM_COMPONENTS (without it GKE keeps no logs). Add SYSTEM_COMPONENTS.",
    ),
    (
        {"nodes": {"max": 300, "machineType": "e2-standard-8"}},
        "platform.nodes.max: must be at most 64, got 300 (the pod range 10.0.128.0/17 has 256 addresses per node for 128 nodes; replacing a pool "
        "needs twice max). Lower max, or use a wider network.",
    ),
]


@pytest.mark.parametrize(("platform", "message"), WRONG)
def test_invalid_gke_settings_are_rejected(platform, message):
    assert refused(platform) == [message]


def test_unknown_machine_type_is_rejected():
    [message] = refused({"nodes": {"machineType": "e2-medium"}})
    assert message.startswith(
        "platform.nodes.machineType: must be a standard, highmem or highcpu machine type of a known series (c2, c2d, "
    )


def test_max_nodes_must_cover_all_zones():
    [message] = refused({"nodes": {"min": 1, "max": 2}})
    assert message.startswith("platform.nodes.max: must be at least 3, got 2.")


def test_small_nodes_need_fewer_pod_addresses():
    assert with_settings({"nodes": {"max": 128, "machineType": "e2-standard-4"}}).platform.service == "gke"
    [message] = refused({"nodes": {"max": 129, "machineType": "e2-standard-4"}})
    assert message.startswith(
        "platform.nodes.max: must be at most 128, got 129 (the pod range 10.0.128.0/17 has 128 addresses per node for 256 nodes"
    )


def test_max_nodes_must_fit_an_existing_network():
    network = {"existing": EXISTING}
    large = "e2-standard-8"
    assert with_settings({"nodes": {"max": 8, "machineType": large}}, network=network).platform.service == "gke"
    [pods] = refused({"nodes": {"max": 9, "machineType": large}}, network=network)
    assert pods == (
        "platform.nodes.max: must be at most 8, got 9 (the pod range 10.10.0.0/20 has 256 addresses per node for 16 nodes; replacing a pool needs "
        "twice max). Lower max, or use a wider network."
    )
    narrow = {"existing": {**EXISTING, "cidr": "10.9.0.0/28"}}
    [nodes] = refused({"nodes": {"max": 6, "machineType": large}}, network=narrow)
    assert nodes == (
        "platform.nodes.max: must be at most 5, got 6 (the subnet 10.9.0.0/28 has addresses for 11 nodes; replacing a pool needs twice max). "
        "Lower max, or use a wider network."
    )


def test_a_replica_larger_than_a_node_is_rejected():
    assert refused({}, {"cpu": "4", "memory": "1Gi"}) == [
        "pipes.orders.consumer: must fit on one e2-standard-4 node (3320m CPU and 11778Mi for consumers), got 4 CPU and 1Gi. "
        "Lower cpu or memory, or choose a larger platform.nodes.machineType."
    ]


def test_too_many_replicas_for_max_nodes_are_rejected():
    assert refused({}, parallelism=40) == [
        "platform.nodes.max: must be at least 7, got 6 (e2-standard-4 nodes with 3320m CPU and 11778Mi for pods: orders 40 replicas of 500m "
        "CPU and 1Gi, 6 per node). Raise max to 7, choose a larger machineType, or lower cpu and memory of the consumers."
    ]


def test_health_command_is_rejected():
    [message] = refused({}, {"healthCommand": ["/healthy"]})
    assert message.startswith("pipes.orders.consumer.healthCommand: has no effect")


AUTOPILOT = [
    ({"cpu": "500m", "memory": "4Gi"}, "requests 500m CPU and 4Gi", "616m and 4096Mi"),
    ({"cpu": "2", "memory": "1Gi"}, "requests 2 CPU and 1Gi", "2000m and 2048Mi"),
    ({"cpu": "10m", "memory": "32Mi"}, "requests 10m CPU and 32Mi", "50m and 52Mi"),
]


@pytest.mark.parametrize(("consumer", "asked", "given"), AUTOPILOT)
def test_requests_that_autopilot_would_raise_are_rejected_with_valid_values(consumer, asked, given):
    cpu, memory = given.split(" and ")
    assert refused({"mode": "autopilot"}, consumer) == [
        f"pipes.orders.consumer: {asked}, but Autopilot would raise that to {given} (at least 50m and 52Mi, 1 to 6.5 GiB per vCPU). "
        f"Set cpu to {cpu} and memory to {memory}, or set platform.mode to standard."
    ]
    assert with_settings({"mode": "autopilot"}, {"cpu": cpu, "memory": memory}), "the suggested values must be valid"


@pytest.mark.parametrize("consumer", [{"cpu": "31", "memory": "40Gi"}, {"cpu": "8", "memory": "120Gi"}])
def test_pods_too_large_for_autopilot_are_rejected(consumer):
    [message] = refused({"mode": "autopilot"}, consumer)
    assert message.endswith(
        "but a pod on Autopilot can have at most 30000m and 112640Mi, and at most 6.5 GiB per vCPU. Lower cpu or memory, or set platform.mode to "
        "standard."
    )


def test_autopilot_has_no_node_limit():
    assert with_settings({"mode": "autopilot"}, parallelism=400).platform.service == "gke"


STANDARD_LABELS = (
    "cloud.google.com/machine-family, kubernetes.io/arch, kubernetes.io/os, node.kubernetes.io/instance-type, topology.kubernetes.io/region, "
    "topology.kubernetes.io/zone"
)
AUTOPILOT_LABELS = "cloud.google.com/gke-spot, kubernetes.io/arch, kubernetes.io/os, topology.kubernetes.io/region, topology.kubernetes.io/zone"


@pytest.mark.parametrize(("mode", "labels"), [("standard", STANDARD_LABELS), ("autopilot", AUTOPILOT_LABELS)])
def test_unknown_node_labels_are_rejected(mode, labels):
    assert refused({"mode": mode}, {"nodeSelector": {"team": "a"}}) == [
        f"pipes.orders.consumer.nodeSelector.team: must be a label that nodes have (with others, replicas can stay pending). Valid: {labels}."
    ]


@pytest.mark.parametrize(
    ("mode", "label", "value", "there"),
    [
        ("standard", "topology.kubernetes.io/zone", "us-east1-b", "a zone of europe-west1"),
        ("autopilot", "topology.kubernetes.io/zone", "europe-west1", "a zone of europe-west1"),
        ("standard", "kubernetes.io/arch", "arm64", "amd64"),
        ("autopilot", "kubernetes.io/arch", "arm64", "amd64"),
        ("standard", "node.kubernetes.io/instance-type", "e2-standard-8", "e2-standard-4"),
        ("autopilot", "cloud.google.com/gke-spot", "false", "true"),
    ],
)
def test_unknown_node_label_values_are_rejected(mode, label, value, there):
    [message] = refused({"mode": mode}, {"nodeSelector": {label: value}})
    assert message.endswith(
        f"must be {there}, got {value!r} (no node has this value, so replicas stay pending). Use an existing value, or remove the label."
    )


@pytest.mark.parametrize("mode", ["standard", "autopilot"])
@pytest.mark.parametrize(
    ("label", "value"),
    [("topology.kubernetes.io/zone", "europe-west1-d"), ("topology.kubernetes.io/region", "europe-west1")],
)
def test_known_node_labels_are_accepted(mode, label, value):
    assert with_settings({"mode": mode}, {"nodeSelector": {label: value}})


def test_arm_nodes_have_the_arm64_label():
    arm = {"nodes": {"machineType": "c4a-standard-4"}}
    assert with_settings(arm, {"nodeSelector": {"kubernetes.io/arch": "arm64"}})


def test_broker_requests_that_autopilot_would_raise_are_rejected():
    changes = {"data-pipes:platform": {"mode": "autopilot"}, "data-pipes:streaming": {"cpu": "1", "memory": "8Gi"}}
    with pytest.raises(SettingsError) as error:
        settings(changes, "gcp-kafka-gke")
    assert (
        "streaming: has pods that request 1000m and 8192Mi, but Autopilot would raise that to 1231m and 8192Mi (at least 50m and 52Mi, 1 to 6.5 GiB "
        "per vCPU). Set cpu to 1231m and memory to 8192Mi, or set platform.mode to standard."
    ) in str(error.value)
