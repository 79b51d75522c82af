"""Refused EKS settings, by compute."""

import pytest

from components.aws.eks.auto import node_pool
from components.aws.eks.labels import NodePlacement, auto_labels
from components.settings import SettingsError
from tests.stacks import settings

FILE = "stacks/Pulumi.aws-msk-eks.yaml: "


def refused(platform, consumer=None, region="eu-west-1", network=None):
    with pytest.raises(SettingsError) as error:
        settings(
            {
                "aws:region": region,
                "data-pipes:network": network or {},
                "data-pipes:platform": platform,
                "data-pipes:pipes": {"orders": {"consumer": consumer or {}}},
            }
        )
    return [line.removeprefix(FILE) for line in str(error.value).splitlines()]


WRONG = [
    (
        {"compute": "nodes"},
        {"cpu": "4", "memory": "1Gi"},
        "pipes.orders.consumer: must fit on one m5.large node (1680m CPU and 6391Mi for consumers), got 4 CPU and 1Gi. "
        "Lower cpu or memory, or choose a larger platform.nodes.instanceType.",
    ),
    (
        {"compute": "fargate", "nodes": {"min": 3}},
        {},
        "platform.nodes: is not available with compute fargate (Fargate has no nodes). Remove nodes, or set compute to nodes.",
    ),
    (
        {"compute": "auto", "nodes": {"min": 3}},
        {},
        "platform.nodes: is not available with compute auto (Auto Mode selects nodes itself). Remove nodes, or set compute to nodes.",
    ),
    (
        {"compute": "fargate", "volumes": True},
        {},
        "platform.volumes: must be false with compute fargate, got true (pods on Fargate cannot mount EBS volumes). Remove it, or set "
        "compute to nodes or auto.",
    ),
    (
        {"compute": "fargate"},
        {"nodeSelector": {"disk": "ssd"}},
        "pipes.orders.consumer.nodeSelector: is not available with compute fargate (Fargate has no nodes to select). Remove it.",
    ),
    (
        {"compute": "fargate"},
        {"cpu": "17", "memory": "1Gi"},
        "pipes.orders.consumer: must fit in the largest pod on Fargate (16000m CPU and 122624Mi), got 17 CPU and 1Gi. "
        "Lower cpu or memory, or set platform.compute to nodes or auto.",
    ),
    (
        {"compute": "fargate"},
        {"cpu": "1", "memory": "120Gi"},
        "pipes.orders.consumer: must fit in the largest pod on Fargate (16000m CPU and 122624Mi), got 1 CPU and 120Gi. "
        "Lower cpu or memory, or set platform.compute to nodes or auto.",
    ),
    (
        {"compute": "auto"},
        {"cpu": "32", "memory": "1Gi"},
        "pipes.orders.consumer: must fit on the largest node of Auto Mode (31600m CPU and 240406Mi), got 32 CPU and 1Gi. "
        "Lower cpu or memory, or set platform.compute to nodes.",
    ),
]


@pytest.mark.parametrize(("platform", "consumer", "message"), WRONG)
def test_settings_that_the_compute_does_not_support_are_refused_with_a_fix(platform, consumer, message):
    assert refused(platform, consumer) == [message]


def test_fargate_is_refused_in_regions_without_it():
    assert (
        "platform.compute: must be nodes or auto in us-gov-west-1, got fargate (EKS has no Fargate there). Use nodes or auto."
        in refused({"compute": "fargate"}, region="us-gov-west-1")
    )


def test_an_unknown_compute_is_refused():
    [message] = refused({"compute": "ec2"})
    assert message.startswith(
        "platform.compute: must be 'nodes', 'fargate' or 'auto', got \"ec2\". Meaning of compute: The compute of the pods"
    )


@pytest.mark.parametrize(
    ("platform", "consumer"),
    [
        ({"compute": "fargate"}, {"cpu": "16", "memory": "122624Mi"}),
        ({"compute": "auto"}, {"cpu": "31", "memory": "100Gi"}),
        ({"compute": "fargate"}, {}),
    ],
)
def test_pods_that_fit_are_accepted(platform, consumer):
    changes = {
        "data-pipes:platform": platform,
        "data-pipes:pipes": {"orders": {"consumer": consumer, "parallelism": 900}},
    }
    assert settings(changes).platform.service == "eks"


ARM = {"nodes": {"instanceType": "m7g.large"}}
AUTO = {"compute": "auto"}
EXISTING = {
    "existing": {
        "vpcId": "vpc-0a",
        "cidr": "10.9.0.0/16",
        "privateSubnetIds": ["subnet-1a", "subnet-1b", "subnet-1c"],
    }
}
ZONE = "topology.kubernetes.io/zone"
INSTANCE = "eks.amazonaws.com/instance-"
GROUP_LABELS = (
    "eks.amazonaws.com/capacityType, kubernetes.io/arch, kubernetes.io/os, node.kubernetes.io/instance-type, "
    "topology.kubernetes.io/region, topology.kubernetes.io/zone"
)
AUTO_LABELS = (
    "eks.amazonaws.com/compute-type, eks.amazonaws.com/instance-category, eks.amazonaws.com/instance-cpu, "
    "eks.amazonaws.com/instance-cpu-manufacturer, eks.amazonaws.com/instance-family, eks.amazonaws.com/instance-generation, "
    "eks.amazonaws.com/instance-size, karpenter.sh/capacity-type, kubernetes.io/arch, node.kubernetes.io/instance-type, "
    "topology.kubernetes.io/zone"
)


@pytest.mark.parametrize(
    ("platform", "label", "known"),
    [
        ({}, "team", f"Valid: {GROUP_LABELS}."),
        ({}, "kubernetes.io/hostname", f"Did you mean 'kubernetes.io/os'? Valid: {GROUP_LABELS}."),
        (
            {},
            "karpenter.sh/capacity-type",
            f"Did you mean 'eks.amazonaws.com/capacityType'? Valid: {GROUP_LABELS}.",
        ),
        (AUTO, "disk", f"Valid: {AUTO_LABELS}."),
        (AUTO, "foo.kubernetes.io/arch", f"Did you mean 'kubernetes.io/arch'? Valid: {AUTO_LABELS}."),
        (AUTO, "evilkubernetes.io/arch", f"Did you mean 'kubernetes.io/arch'? Valid: {AUTO_LABELS}."),
        (
            AUTO,
            "eks.amazonaws.com/capacityType",
            f"Did you mean 'eks.amazonaws.com/compute-type'? Valid: {AUTO_LABELS}.",
        ),
        (AUTO, "kubernetes.io/os", f"Did you mean 'kubernetes.io/arch'? Valid: {AUTO_LABELS}."),
    ],
)
def test_an_unknown_node_label_is_refused_with_the_nearest_known_one(platform, label, known):
    assert refused(platform, {"nodeSelector": {label: "linux"}}) == [
        f"pipes.orders.consumer.nodeSelector.{label}: must be a label that nodes have (with others, replicas can stay pending). {known}"
    ]


@pytest.mark.parametrize(
    ("platform", "network", "label", "value", "nodes_have"),
    [
        ({}, {}, "eks.amazonaws.com/capacityType", "SPOT", "ON_DEMAND"),
        ({}, {}, "kubernetes.io/arch", "arm64", "amd64"),
        (ARM, {}, "kubernetes.io/arch", "amd64", "arm64"),
        ({}, {}, "kubernetes.io/os", "windows", "linux"),
        ({}, {}, "node.kubernetes.io/instance-type", "m5.xlarge", "m5.large"),
        ({}, {}, "topology.kubernetes.io/region", "us-east-1", "eu-west-1"),
        ({}, {}, ZONE, "us-east-1a", "eu-west-1a, eu-west-1b or eu-west-1c"),
        ({}, {"zones": ["b", "c", "d"]}, ZONE, "eu-west-1a", "eu-west-1b, eu-west-1c or eu-west-1d"),
        ({}, EXISTING, ZONE, "us-east-1a", "a zone of eu-west-1"),
        (AUTO, {}, ZONE, "us-east-1a", "eu-west-1a, eu-west-1b or eu-west-1c"),
        (AUTO, {}, "eks.amazonaws.com/compute-type", "ec2", "auto"),
        (AUTO, {}, "kubernetes.io/arch", "arm64", "amd64"),
        (AUTO, {}, "karpenter.sh/capacity-type", "spot", "on-demand"),
        (AUTO, {}, f"{INSTANCE}category", "t", "c, m or r"),
        (AUTO, {}, f"{INSTANCE}cpu", "48", "2 to 32 vCPUs"),
        (AUTO, {}, f"{INSTANCE}cpu-manufacturer", "aws", "amd or intel"),
        (AUTO, {}, f"{INSTANCE}family", "m4", "a family of c, m or r from generation 5 on, for amd64, such as m5"),
        (AUTO, {}, f"{INSTANCE}family", "t3", "a family of c, m or r from generation 5 on, for amd64, such as m5"),
        (AUTO, {}, f"{INSTANCE}family", "c7g", "a family of c, m or r from generation 5 on, for amd64, such as m5"),
        (AUTO, {}, f"{INSTANCE}generation", "4", "a generation from 5 on"),
        (AUTO, {}, f"{INSTANCE}size", "medium", "a size from large to 8xlarge"),
        (AUTO, {}, f"{INSTANCE}size", "12xlarge", "a size from large to 8xlarge"),
        (
            AUTO,
            {},
            "node.kubernetes.io/instance-type",
            "r5.12xlarge",
            "a type of c, m or r from generation 5 on, for amd64, up to 8xlarge, such as m5.large",
        ),
    ],
)
def test_a_label_value_that_no_node_has_is_refused_with_the_possible_values(
    platform, network, label, value, nodes_have
):
    assert refused(platform, {"nodeSelector": {label: value}}, network=network) == [
        f"pipes.orders.consumer.nodeSelector.{label}: must be {nodes_have}, got {value!r} (no node has this value, "
        "so replicas stay pending). Use an existing value, or remove the label."
    ]


@pytest.mark.parametrize(
    ("platform", "network", "selector"),
    [
        (
            {},
            {},
            {"eks.amazonaws.com/capacityType": "ON_DEMAND", "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux"},
        ),
        ({}, {}, {"node.kubernetes.io/instance-type": "m5.large", "topology.kubernetes.io/region": "eu-west-1"}),
        ({}, {}, {ZONE: "eu-west-1c"}),
        ({}, {"zones": ["b", "c", "d"]}, {ZONE: "eu-west-1d"}),
        ({}, EXISTING, {ZONE: "eu-west-1f"}),
        (ARM, {}, {"kubernetes.io/arch": "arm64"}),
        (AUTO, {}, {ZONE: "eu-west-1a", "kubernetes.io/arch": "amd64", "karpenter.sh/capacity-type": "on-demand"}),
        (AUTO, {}, {f"{INSTANCE}category": "r", f"{INSTANCE}generation": "7", f"{INSTANCE}cpu": "32"}),
        (
            AUTO,
            {},
            {f"{INSTANCE}family": "c7i-flex", f"{INSTANCE}size": "8xlarge", f"{INSTANCE}cpu-manufacturer": "intel"},
        ),
        (AUTO, {}, {"node.kubernetes.io/instance-type": "m6a.4xlarge", "eks.amazonaws.com/compute-type": "auto"}),
    ],
)
def test_labels_that_nodes_have_are_accepted(platform, network, selector):
    changes = {
        "data-pipes:network": network,
        "data-pipes:platform": platform,
        "data-pipes:pipes": {"orders": {"consumer": {"nodeSelector": selector}}},
    }
    assert settings(changes).pipes["orders"].consumer.node_selector == selector


def test_auto_mode_labels_match_the_requirements_of_the_pool():
    labels = auto_labels(NodePlacement(region="eu-west-1", zones="abc"))
    for requirement in node_pool({})["template"]["spec"]["requirements"]:
        label, [bound, *others] = labels[requirement["key"]], requirement["values"]
        if requirement["operator"] == "In":
            assert all(label.fits(value) for value in (bound, *others))
            continue
        inside = 1 if requirement["operator"] == "Gt" else -1
        assert label.fits(str(int(bound) + inside))
        assert not label.fits(bound)
