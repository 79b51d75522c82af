"""Validation of AKS settings."""

import pytest

from components.settings import SettingsError
from tests.stacks import rule, settings

STACK = "azure-eventhubs-aks"
FILE = f"stacks/Pulumi.{STACK}.yaml: "
VNET = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/shared/providers/Microsoft.Network/virtualNetworks/hub"
EXISTING = {
    "virtualNetworkId": VNET,
    "cidr": "10.9.0.0/16",
    "nodesSubnetId": f"{VNET}/subnets/nodes",
    "endpointsSubnetId": f"{VNET}/subnets/endpoints",
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
        {"version": "1.35.2"},
        "platform.version: must be a Kubernetes version of two numbers in quotes, such as \"1.35\", got '1.35.2'.",
    ),
    (
        {"version": "1.33"},
        "platform.version: must be 1.34 or newer, got '1.33', which AKS no longer offers (AKS, Supported Kubernetes versions, read 2026-08). "
        "Use 1.35.",
    ),
    (
        {"version": 1.35},
        "platform.version: must be a string, got the number 1.35 (without quotes, YAML reads 1.30 as 1.3). Write it in quotes.",
    ),
    (
        {"adminGroups": ["platform-admins"]},
        "platform.adminGroups[0]: must be a UUID such as 01234567-89ab-cdef-0123-456789abcdef, got 'platform-admins'.",
    ),
    (
        {"endpoint": {"publicCidrs": ["0.0.0.0/0"]}},
        "platform.endpoint.publicCidrs[0]: must be a range of /8 or smaller, got 0.0.0.0/0 (it admits everyone or nearly everyone). List the "
        "ranges that may connect, such as your own address with /32.",
    ),
    (
        {"podCidr": "10.245.128.0/17"},
        "platform.podCidr: must not overlap 10.245.0.0/16 (platform.serviceCidr), got 10.245.128.0/17. Choose a range outside it.",
    ),
    (
        {"podCidr": "10.0.0.0/12"},
        "platform.podCidr: must not overlap 10.0.0.0/16 (the virtual network), got 10.0.0.0/12. Choose a range outside it.",
    ),
    (
        {"serviceCidr": "10.0.4.0/24"},
        "platform.serviceCidr: must not overlap 10.0.0.0/16 (the virtual network), got 10.0.4.0/24. Choose a range outside it.",
    ),
    (
        {"podCidr": "172.30.0.0/16"},
        "platform.podCidr: must not overlap 172.30.0.0/16, which AKS reserves (AKS, IP address planning), got 172.30.0.0/16. Choose a range such "
        "as 10.0.0.0/16.",
    ),
    (
        {"podCidr": "20.0.0.0/16"},
        "platform.podCidr: must be within a range that AKS supports (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10), got 20.0.0.0/16 "
        "(pods could not reach this range outside the cluster). Choose a range such as 10.244.0.0/16.",
    ),
    (
        {"podCidr": "10.244.0.0/20"},
        "platform.podCidr: must have a /24 for each of 18 nodes, got 10.244.0.0/20 for 16 nodes (during replacement there are twice "
        "platform.nodes.max and twice 3 system nodes). Choose a wider range or lower max.",
    ),
    (
        {"serviceCidr": "10.245.0.0/29"},
        "platform.serviceCidr: must be from /13 to /28, got 10.245.0.0/29. Choose a range such as 10.245.0.0/16.",
    ),
    (
        {"outboundType": "userDefinedRouting"},
        "platform.outboundType: must be userAssignedNATGateway without network.existing, got userDefinedRouting (the virtual network that this "
        "stack creates has a NAT gateway and no route table). Remove it, or set network.existing.",
    ),
    (
        {"nodes": {"max": 600}, "podCidr": "10.128.0.0/12"},
        "platform.nodes.max: must be at most 506, got 600 (the nodes' subnet has addresses for 1018 nodes; during replacement there are twice max "
        "and twice 3 system nodes, 1206 in total). Lower max to 506.",
    ),
    ({"nodes": {"min": 7}}, "platform.nodes: max must be at least min, got max 6 and min 7. Raise max or lower min."),
    (
        {"systemNodes": {"vmSize": "Standard_D2s_v5"}},
        "platform.systemNodes.vmSize: must have at least 4 vCPUs (AKS, Use system node pools), got Standard_D2s_v5 with 2. Use a larger size, such "
        "as Standard_D4s_v5.",
    ),
    (
        {"logs": ["kube-apiserver"]},
        "platform.logs: must include kube-audit or kube-audit-admin (the audit log), got kube-apiserver. Add one of them.",
    ),
]


@pytest.mark.parametrize(("platform", "message"), WRONG)
def test_invalid_settings_are_refused_with_a_reason_and_a_fix(platform, message):
    assert refused(platform) == [message]


def test_a_vm_size_of_unknown_capacity_is_refused():
    [message] = refused({"nodes": {"vmSize": "Standard_B4ms"}})
    assert message.startswith("platform.nodes.vmSize: must be a VM size of family D or E (version 3 or later)")


def test_ranges_must_not_overlap_an_existing_network():
    [message] = refused({"podCidr": "10.9.0.0/18"}, network={"existing": EXISTING})
    assert message.startswith("platform.podCidr: must not overlap 10.9.0.0/16 (the virtual network), got 10.9.0.0/18.")


def test_the_subnet_size_of_an_existing_network_is_not_checked():
    platform = {"nodes": {"max": 600}, "podCidr": "10.128.0.0/12"}
    assert with_settings(platform, network={"existing": EXISTING}).platform.service == "aks"


def test_a_replica_larger_than_a_node_is_refused():
    assert refused({}, {"cpu": "4", "memory": "1Gi"}) == [
        "pipes.orders.consumer: must fit on one Standard_D4s_v5 node (3460m CPU and 13110Mi for consumers), got 4 CPU and 1Gi. "
        "Lower cpu or memory, or choose a larger platform.nodes.vmSize."
    ]


def test_more_replicas_than_fit_on_the_maximum_number_of_nodes_are_refused():
    assert refused({}, parallelism=40) == [
        "platform.nodes.max: must be at least 7, got 6 (Standard_D4s_v5 nodes with 3460m CPU and 13110Mi for pods: orders 40 replicas of 500m "
        "CPU and 1Gi, 6 per node). Raise max to 7, choose a larger vmSize, or lower cpu and memory of the consumers."
    ]


def test_a_health_command_is_refused():
    [message] = refused({}, {"healthCommand": ["/healthy"]})
    assert message.startswith("pipes.orders.consumer.healthCommand: has no effect")


LABELS = (
    "kubernetes.azure.com/mode, kubernetes.azure.com/os-sku, kubernetes.io/arch, kubernetes.io/os, node.kubernetes.io/instance-type, "
    "topology.kubernetes.io/region, topology.kubernetes.io/zone"
)


def test_an_unknown_node_label_is_refused():
    assert refused({}, {"nodeSelector": {"team": "a"}}) == [
        f"pipes.orders.consumer.nodeSelector.team: must be a label that nodes have (with others, replicas can stay pending). Valid: {LABELS}."
    ]


@pytest.mark.parametrize(
    ("label", "value", "there"),
    [
        ("topology.kubernetes.io/zone", "westeurope-4", "westeurope-1, westeurope-2 or westeurope-3"),
        ("kubernetes.io/arch", "arm64", "amd64"),
        ("kubernetes.azure.com/mode", "system", "user"),
        ("node.kubernetes.io/instance-type", "Standard_D8s_v5", "Standard_D4s_v5"),
    ],
)
def test_a_node_label_with_an_impossible_value_is_refused(label, value, there):
    [message] = refused({}, {"nodeSelector": {label: value}})
    assert message.endswith(
        f"must be {there}, got {value!r} (no node has this value, so replicas stay pending). Use an existing value, or remove the label."
    )


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("topology.kubernetes.io/zone", "westeurope-3"),
        ("topology.kubernetes.io/region", "westeurope"),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.azure.com/os-sku", "Ubuntu"),
    ],
)
def test_a_node_label_that_nodes_have_is_accepted(label, value):
    assert with_settings({}, {"nodeSelector": {label: value}})


def test_arm_nodes_have_the_arm64_label():
    arm = {"nodes": {"vmSize": "Standard_D4ps_v5"}}
    assert with_settings(arm, {"nodeSelector": {"kubernetes.io/arch": "arm64"}})
