"""What GKE refuses of a stack file."""

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
        "platform.nodes: would have no effect in mode autopilot, in which Google makes the nodes; remove nodes, or set mode to standard",
    ),
    (
        {"admins": ["platform-admins"]},
        "platform.admins[0]: must be a member as IAM names it, such as group:platform@example.com, got 'platform-admins'.",
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
    ({"nodes": {"min": 7}}, "platform.nodes: max must be at least min, not 6 with min 7; raise max or lower min"),
    (
        {"logs": ["WORKLOADS"]},
        "platform.logs: must name SYSTEM_COMPONENTS too, without which GKE keeps no logs at all; add it",
    ),
    (
        {"nodes": {"max": 300, "machineType": "e2-standard-8"}},
        "platform.nodes.max: is 300, and the range of pods 10.0.128.0/17 has 256 addresses each for 128 nodes, of which there may be 600 for a "
        "time, twice max; lower max to 64, or make the network wider",
    ),
]


@pytest.mark.parametrize(("platform", "message"), WRONG)
def test_what_gke_does_not_take_is_refused_with_the_reason_and_the_way_out(platform, message):
    assert refused(platform) == [message]


def test_a_machine_type_whose_room_is_not_known_is_refused():
    [message] = refused({"nodes": {"machineType": "e2-medium"}})
    assert message.startswith("platform.nodes.machineType: must be a machine type of the series c2, c2d, ")


def test_a_pool_begins_with_a_node_in_each_zone():
    [message] = refused({"nodes": {"min": 1, "max": 2}})
    assert message.startswith("platform.nodes.max: must be at least 3, got 2.")


def test_small_nodes_need_a_narrower_range_for_their_pods():
    assert with_settings({"nodes": {"max": 128, "machineType": "e2-standard-4"}}).platform.service == "gke"
    [message] = refused({"nodes": {"max": 129, "machineType": "e2-standard-4"}})
    assert message.startswith(
        "platform.nodes.max: is 129, and the range of pods 10.0.128.0/17 has 128 addresses each for 256 nodes"
    )


def test_nodes_need_addresses_in_an_existing_network_too():
    network = {"existing": EXISTING}
    large = "e2-standard-8"
    assert with_settings({"nodes": {"max": 8, "machineType": large}}, network=network).platform.service == "gke"
    [pods] = refused({"nodes": {"max": 9, "machineType": large}}, network=network)
    assert pods == (
        "platform.nodes.max: is 9, and the range of pods 10.10.0.0/20 has 256 addresses each for 16 nodes, of which there may be 18 for a time, "
        "twice max; lower max to 8, or make the network wider"
    )
    narrow = {"existing": {**EXISTING, "cidr": "10.9.0.0/28"}}
    [nodes] = refused({"nodes": {"max": 6, "machineType": large}}, network=narrow)
    assert nodes == (
        "platform.nodes.max: is 6, and the subnet 10.9.0.0/28 has addresses for 11 nodes, of which there may be 12 for a time, twice max; "
        "lower max to 5, or make the network wider"
    )


def test_a_replica_larger_than_a_node_is_refused():
    assert refused({}, {"cpu": "4", "memory": "1Gi"}) == [
        "pipes.orders.consumer: must fit on one e2-standard-4 node (3320m CPU and 11778Mi for consumers), got 4 CPU and 1Gi. "
        "Lower cpu or memory, or choose a larger platform.nodes.machineType."
    ]


def test_more_replicas_than_the_largest_number_of_nodes_holds_are_refused():
    assert refused({}, parallelism=40) == [
        "platform.nodes.max: must be at least 7, got 6 (e2-standard-4 nodes with 3320m CPU and 11778Mi for pods: orders 40 replicas of 500m "
        "CPU and 1Gi, 6 per node). Raise max to 7, choose a larger machineType, or lower cpu and memory of the consumers."
    ]


def test_a_health_command_is_refused():
    [message] = refused({}, {"healthCommand": ["/healthy"]})
    assert message.startswith("pipes.orders.consumer.healthCommand: would have no effect")


AUTOPILOT = [
    ({"cpu": "500m", "memory": "4Gi"}, "asks for 500m CPU and 4Gi", "616m and 4096Mi"),
    ({"cpu": "2", "memory": "1Gi"}, "asks for 2 CPU and 1Gi", "2000m and 2048Mi"),
    ({"cpu": "10m", "memory": "32Mi"}, "asks for 10m CPU and 32Mi", "50m and 52Mi"),
]


@pytest.mark.parametrize(("consumer", "asked", "given"), AUTOPILOT)
def test_room_that_autopilot_would_change_is_refused_with_what_it_would_make_of_it(consumer, asked, given):
    assert refused({"mode": "autopilot"}, consumer) == [
        f"pipes.orders.consumer: {asked}, and Autopilot gives each pod 50m and 52Mi at least, and 1 to 6.5 GiB for each vCPU, so it would make "
        f"that {given}; ask for these, or set platform.mode to standard"
    ]
    cpu, memory = given.split(" and ")
    assert with_settings({"mode": "autopilot"}, {"cpu": cpu, "memory": memory}), "the way out is one"


@pytest.mark.parametrize("consumer", [{"cpu": "31", "memory": "40Gi"}, {"cpu": "8", "memory": "120Gi"}])
def test_a_pod_larger_than_autopilot_has_is_refused(consumer):
    [message] = refused({"mode": "autopilot"}, consumer)
    assert message.endswith(
        "and the largest pod on Autopilot has 30000m and 112640Mi, 6.5 GiB for each vCPU at most; lower cpu or memory, or set platform.mode to "
        "standard"
    )


def test_autopilot_makes_as_many_nodes_as_replicas_need():
    assert with_settings({"mode": "autopilot"}, parallelism=400).platform.service == "gke"


STANDARD_LABELS = (
    "cloud.google.com/machine-family, kubernetes.io/arch, kubernetes.io/os, node.kubernetes.io/instance-type, topology.kubernetes.io/region, "
    "topology.kubernetes.io/zone"
)
AUTOPILOT_LABELS = "cloud.google.com/gke-spot, kubernetes.io/arch, kubernetes.io/os, topology.kubernetes.io/region, topology.kubernetes.io/zone"


@pytest.mark.parametrize(("mode", "labels"), [("standard", STANDARD_LABELS), ("autopilot", AUTOPILOT_LABELS)])
def test_a_label_that_no_node_is_sure_to_have_is_refused(mode, labels):
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
def test_a_label_with_a_value_that_no_node_has_is_refused(mode, label, value, there):
    [message] = refused({"mode": mode}, {"nodeSelector": {label: value}})
    assert message.endswith(
        f"must be {there}, got {value!r} (no node has this value, so replicas stay pending). Use an existing value, or remove the label."
    )


@pytest.mark.parametrize("mode", ["standard", "autopilot"])
@pytest.mark.parametrize(
    ("label", "value"),
    [("topology.kubernetes.io/zone", "europe-west1-d"), ("topology.kubernetes.io/region", "europe-west1")],
)
def test_a_label_that_nodes_have_is_taken(mode, label, value):
    assert with_settings({"mode": mode}, {"nodeSelector": {label: value}})


def test_nodes_for_arm_have_the_label_of_arm():
    arm = {"nodes": {"machineType": "c4a-standard-4"}}
    assert with_settings(arm, {"nodeSelector": {"kubernetes.io/arch": "arm64"}})


def test_brokers_that_autopilot_would_change_are_refused():
    changes = {"data-pipes:platform": {"mode": "autopilot"}, "data-pipes:streaming": {"cpu": "1", "memory": "8Gi"}}
    with pytest.raises(SettingsError) as error:
        settings(changes, "gcp-kafka-gke")
    assert (
        "streaming: asks for pods of 1000m and 8192Mi, and Autopilot gives each pod 50m and 52Mi at least, and 1 to 6.5 GiB for each vCPU, so it "
        "would make that 1231m and 8192Mi; ask for these, or set platform.mode to standard"
    ) in str(error.value)
