"""What EKS refuses of a stack file, by the compute that pods run on."""

import pytest

from components.settings import SettingsError
from tests.stacks import settings

FILE = "stacks/Pulumi.aws-msk-eks.yaml: "


def refused(platform, consumer=None, region="eu-west-1"):
    with pytest.raises(SettingsError) as error:
        settings(
            {
                "aws:region": region,
                "data-pipes:platform": platform,
                "data-pipes:pipes": {"orders": {"consumer": consumer or {}}},
            }
        )
    return [line.removeprefix(FILE) for line in str(error.value).splitlines()]


WRONG = [
    (
        {"compute": "nodes"},
        {"cpu": "4", "memory": "1Gi"},
        "pipes.orders.consumer: asks for 4 CPU and 1Gi, and an empty m5.large has 1680m and 6391Mi for consumers; lower cpu or memory, "
        "or choose a larger platform.nodes.instanceType",
    ),
    (
        {"compute": "fargate", "nodes": {"min": 3}},
        {},
        "platform.nodes: would have no effect with compute fargate, which has no nodes; remove nodes, or set compute to nodes",
    ),
    (
        {"compute": "auto", "nodes": {"min": 3}},
        {},
        "platform.nodes: would have no effect with compute auto, which chooses nodes itself; remove nodes, or set compute to nodes",
    ),
    (
        {"compute": "fargate", "volumes": True},
        {},
        "platform.volumes: must be false with compute fargate, whose pods cannot mount EBS volumes; remove it, or set compute to nodes "
        "or auto",
    ),
    (
        {"compute": "fargate"},
        {"nodeSelector": {"disk": "ssd"}},
        "pipes.orders.consumer.nodeSelector: would leave every replica waiting: a pod on Fargate is its own node, without labels to "
        "choose by; remove it",
    ),
    (
        {"compute": "fargate"},
        {"cpu": "17", "memory": "1Gi"},
        "pipes.orders.consumer: asks for 17 CPU and 1Gi, and the largest pod on Fargate has 16000m and 122624Mi; lower cpu or memory, or "
        "set platform.compute to nodes or auto",
    ),
    (
        {"compute": "fargate"},
        {"cpu": "1", "memory": "120Gi"},
        "pipes.orders.consumer: asks for 1 CPU and 120Gi, and the largest pod on Fargate has 16000m and 122624Mi; lower cpu or memory, or "
        "set platform.compute to nodes or auto",
    ),
    (
        {"compute": "auto"},
        {"nodeSelector": {"disk": "ssd"}},
        "pipes.orders.consumer.nodeSelector.disk: would leave every replica waiting: Auto Mode makes no node with a label of your own; "
        "choose by one of kubernetes.io, eks.amazonaws.com, karpenter.sh, or remove it",
    ),
    (
        {"compute": "auto"},
        {"cpu": "32", "memory": "1Gi"},
        "pipes.orders.consumer: asks for 32 CPU and 1Gi, and the largest node that Auto Mode makes for consumers has 31600m and 240406Mi; "
        "lower cpu or memory, or set platform.compute to nodes",
    ),
]


@pytest.mark.parametrize(("platform", "consumer", "message"), WRONG)
def test_what_the_compute_cannot_do_is_refused_with_the_reason_and_the_way_out(platform, consumer, message):
    assert refused(platform, consumer) == [message]


def test_fargate_is_refused_where_eks_has_none():
    assert "platform.compute: must be nodes or auto, since EKS has no Fargate in us-gov-west-1" in refused(
        {"compute": "fargate"}, region="us-gov-west-1"
    )


def test_an_unknown_compute_is_refused():
    [message] = refused({"compute": "ec2"})
    assert message.startswith(
        "platform.compute: must be 'nodes', 'fargate' or 'auto', not \"ec2\"; compute is what pods run on"
    )


@pytest.mark.parametrize(
    ("platform", "consumer"),
    [
        ({"compute": "fargate"}, {"cpu": "16", "memory": "122624Mi"}),
        ({"compute": "auto"}, {"nodeSelector": {"topology.kubernetes.io/zone": "eu-west-1a"}}),
        ({"compute": "auto"}, {"cpu": "31", "memory": "100Gi"}),
        ({"compute": "fargate"}, {}),
    ],
)
def test_what_fits_is_taken(platform, consumer):
    changes = {
        "data-pipes:platform": platform,
        "data-pipes:pipes": {"orders": {"consumer": consumer, "parallelism": 900}},
    }
    assert settings(changes).platform.service == "eks"
