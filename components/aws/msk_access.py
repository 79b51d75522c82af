"""Who reaches an MSK cluster's brokers, on which ports, and what a consumer may do there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import Output, Resource, ResourceOptions

from components.aws.network import Network
from components.contracts import Grant


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way for clients to say who they are."""

    port: int
    bootstrap: str
    """The output of aws.msk.Cluster that lists the brokers for it."""


METHODS: Mapping[str, Method] = {
    "iam": Method(port=9098, bootstrap="bootstrap_brokers_sasl_iam"),
    "tls": Method(port=9094, bootstrap="bootstrap_brokers_tls"),
}
"""Ports and bootstrap outputs by method (MSK, Port information); the security group opens the ports in use, no others."""


def brokers_security_group(
    name: str, network: Network, methods: Iterable[str], parent: Resource
) -> aws.ec2.SecurityGroup:
    """Make the brokers' security group, which lets the consumers in on the ports of the methods in use."""
    child = ResourceOptions(parent=parent)
    group = aws.ec2.SecurityGroup(
        f"{name}-msk",
        vpc_id=network.vpc_id,
        description="Kafka brokers: the consumers only",
        tags={"Name": f"{name}-msk"},
        opts=child,
    )
    for method in methods:
        port = METHODS[method].port
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-msk-{method}",
            security_group_id=group.id,
            referenced_security_group_id=network.consumers_security_group_id,
            description=f"Consumers, authenticated by {method.upper()}",
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=child,
        )
    aws.vpc.SecurityGroupEgressRule(
        f"{name}-msk-vpc",
        security_group_id=group.id,
        description="Inside the VPC",
        cidr_ipv4=network.cidr,
        ip_protocol="-1",
        opts=child,
    )
    return group


def consumer_grants(cluster_arn: Output[str], topic_arn: Output[str], consumer_group: str) -> list[Grant]:
    """What one group needs to read one topic, no more (MSK, IAM access control, Common use cases)."""

    def group_arn(cluster: str) -> str:
        return f"{cluster.replace(':cluster/', ':group/', 1)}/{consumer_group}"

    return [
        Grant(actions=("kafka-cluster:Connect",), resource=cluster_arn),
        Grant(actions=("kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"), resource=topic_arn),
        Grant(
            actions=("kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"), resource=cluster_arn.apply(group_arn)
        ),
    ]
