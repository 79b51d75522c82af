"""Changes that MSK and EKS refuse: refused in the preview, on the real engine. Without the hooks the update fails as the real one does."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.aws.eks.cluster import refuse_version_change
from components.aws.msk.changes import cluster_hooks, topic_hooks
from components.changes import refused_change
from workbench.cloud import kinds
from workbench.rehearse.sandbox import EngineError, Sandbox

pytestmark = [pytest.mark.engine, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]

Start = Callable[..., Sandbox]

MSK = "aws:msk/cluster:Cluster"
LIVE: dict[str, Any] = {
    "hooks": True,
    "authorities": ["arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/a"],
    "kafka": "4.1.x.kraft",
    "brokers": 6,
    "mode": "TIERED",
    "local hours": 24,
    "kubernetes": "1.34",
}
CHANGES: list[tuple[dict[str, Any], str, str]] = [
    (
        {"authorities": []},
        "streaming.certificateAuthorityArns: cannot be removed",
        "The request does not include any updates to the security setting of the cluster",
    ),
    (
        {"kafka": "3.9.x.kraft"},
        "streaming.version: cannot be changed from 4.1.x.kraft",
        "from 4.1.x.kraft to 3.9.x.kraft",
    ),
    ({"brokers": 3}, "streaming.brokers: cannot be changed from 6 to 3", "the brokers to remove hold partitions"),
    (
        {"mode": "LOCAL"},
        "streaming.tieredStorage: cannot be changed from true to false",
        "cannot go from TIERED to LOCAL",
    ),
    (
        {"local hours": None},
        "pipes.orders.topic.localRetentionHours: cannot be removed",
        "It is invalid to disable remote storage without deleting remote data",
    ),
    (
        {"kubernetes": "1.36"},
        "platform.version: cannot be changed from 1.34 to 1.36 in one step",
        "Unsupported Kubernetes minor version update from 1.34 to 1.36",
    ),
    (
        {"kubernetes": "1.33"},
        "platform.version: cannot be changed from 1.34 to 1.33",
        "Unsupported Kubernetes minor version update from 1.34 to 1.33",
    ),
]


def msk(wanted: dict[str, Any], opts: Callable[[pulumi.ResourceHookBinding], pulumi.ResourceOptions]) -> None:
    """A cluster and a topic, with the hooks that the program binds to them."""
    authorities = aws.msk.ClusterClientAuthenticationTlsArgs(certificate_authority_arns=wanted["authorities"])
    cluster = aws.msk.Cluster(
        "msk",
        cluster_name="pipes",
        kafka_version=wanted["kafka"],
        number_of_broker_nodes=wanted["brokers"],
        storage_mode=wanted["mode"],
        broker_node_group_info=aws.msk.ClusterBrokerNodeGroupInfoArgs(
            client_subnets=["subnet-1"], instance_type="kafka.m5.large", security_groups=["sg-1"]
        ),
        client_authentication=aws.msk.ClusterClientAuthenticationArgs(
            sasl=aws.msk.ClusterClientAuthenticationSaslArgs(iam=True),
            tls=authorities if wanted["authorities"] else None,
        ),
        opts=opts(cluster_hooks("msk", connected=False)),
    )
    hours = wanted["local hours"]
    remote = {"remote.storage.enable": "true", "local.retention.ms": str(hours * 3_600_000)} if hours else {}
    aws.msk.Topic(
        "topic",
        name="orders",
        cluster_arn=cluster.arn,
        partition_count=3,
        replication_factor=3,
        configs=json.dumps({"retention.ms": "604800000", **remote}),
        opts=opts(topic_hooks("topic", "orders")),
    )


def test_each_change_that_msk_or_eks_refuses_is_refused_in_the_preview_and_fails_without_its_hook(start: Start):
    wanted = dict(LIVE)

    def program():
        provider = aws.Provider("aws", region="eu-central-1")

        def opts(hooks: pulumi.ResourceHookBinding) -> pulumi.ResourceOptions:
            return pulumi.ResourceOptions(provider=provider, hooks=hooks if wanted["hooks"] else None)

        msk(wanted, opts)
        aws.eks.Cluster(
            "eks",
            name="pipes",
            role_arn="arn:aws:iam::123456789012:role/pipes",
            version=wanted["kubernetes"],
            vpc_config=aws.eks.ClusterVpcConfigArgs(subnet_ids=["subnet-1"]),
            opts=opts(refused_change("eks", "platform.version", "version", refuse_version_change)),
        )

    sandbox = start(program)
    sandbox.run("up")
    for change, told, answer in CHANGES:
        wanted |= {**LIVE, **change}
        with pytest.raises(EngineError) as refusal:
            sandbox.run("preview")
        assert told in str(refusal.value)
        wanted["hooks"] = False
        with pytest.raises(EngineError) as failure:
            sandbox.run("up")
        assert answer in str(failure.value)

    # docs/aws.md, Fewer brokers on MSK
    [cluster] = [item for item in sandbox.inventory.objects() if item.type == MSK]
    smaller = replace(
        cluster,
        inputs={**cluster.inputs, "numberOfBrokerNodes": 3},
        outputs={**cluster.outputs, "numberOfBrokerNodes": 3},
    )
    sandbox.inventory.update(kinds.kind(MSK), smaller)
    sandbox.run("refresh")
    wanted |= {**LIVE, "brokers": 3}
    assert sandbox.run("up").touched == {}
