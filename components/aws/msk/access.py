"""Network access to MSK brokers, and the IAM grants of consumers and topic jobs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import Input, Output, Resource, ResourceOptions

from components.aws.network.network import Network
from components.contracts import Grant


@dataclass(frozen=True, kw_only=True)
class Method:
    """Authentication method of Kafka clients."""

    port: int
    bootstrap: str
    """The output of aws.msk.Cluster with the bootstrap brokers of this method."""


METHODS: Mapping[str, Method] = {
    "iam": Method(port=9098, bootstrap="bootstrap_brokers_sasl_iam"),
    "scram": Method(port=9096, bootstrap="bootstrap_brokers_sasl_scram"),
    "tls": Method(port=9094, bootstrap="bootstrap_brokers_tls"),
}
"""Ports and bootstrap outputs by method (MSK, Port information). The security group opens only the ports in use."""

PUBLIC_PORT = 9198
"""Port for clients on the internet, which authenticate with IAM (MSK, Port information)."""


def brokers_security_group(
    name: str, network: Network, methods: Iterable[str], parent: Resource, public_cidrs: Iterable[str] = ()
) -> aws.ec2.SecurityGroup:
    """Make the brokers' security group. It allows the consumers on the ports of the given methods.

    It allows the public ranges only on the port for IAM authentication.
    """
    child = ResourceOptions(parent=parent)
    group = aws.ec2.SecurityGroup(
        f"{name}-msk",
        vpc_id=network.vpc_id,
        description="Kafka brokers: the consumers only",
        tags={"Name": f"{name}-msk"},
        opts=child,
    )
    for method in methods:
        consumers_rule(f"{name}-msk-{method}", group.id, network, method=method, parent=parent)
    for cidr in public_cidrs:
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-msk-public-{cidr}",
            security_group_id=group.id,
            cidr_ipv4=cidr,
            description="Clients on the internet, authenticated by IAM",
            ip_protocol="tcp",
            from_port=PUBLIC_PORT,
            to_port=PUBLIC_PORT,
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


def consumers_rule(
    name: str, security_group_id: Input[str], network: Network, *, method: str, parent: Resource
) -> None:
    """Allow the consumers on the port of a method in the security group of the brokers."""
    port = METHODS[method].port
    aws.vpc.SecurityGroupIngressRule(
        name,
        security_group_id=security_group_id,
        referenced_security_group_id=network.consumers_security_group_id,
        description=f"Consumers, authenticated by {method.upper()}",
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        opts=ResourceOptions(parent=parent),
    )


def arn_in_cluster(cluster_arn: Output[str], kind: str, name: str) -> Output[str]:
    """Return the ARN of a topic or group of a cluster (MSK, IAM access control, Amazon Resource Names)."""
    return cluster_arn.apply(lambda arn: f"{arn.replace(':cluster/', f':{kind}/', 1)}/{name}")


def consumer_grants(cluster_arn: Output[str], topic_arn: Output[str], consumer_group: str) -> list[Grant]:
    """Return the minimum grants of a consumer group that reads one topic (MSK, IAM access control, Common use cases)."""
    return [
        Grant(actions=("kafka-cluster:Connect",), resource=cluster_arn),
        Grant(actions=("kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"), resource=topic_arn),
        Grant(
            actions=("kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"),
            resource=arn_in_cluster(cluster_arn, "group", consumer_group),
        ),
    ]


def redrive_grants(
    cluster_arn: Output[str], *, topic_arn: Output[str], dead_letters_arn: Output[str], group: str
) -> list[Grant]:
    """Return the minimum grants to read dead letters, mark them in a group and write records back to their topic."""
    return [*consumer_grants(cluster_arn, dead_letters_arn, group), *dead_letter_grants(cluster_arn, topic_arn)]


def dead_letter_grants(cluster_arn: Output[str], topic_arn: Output[str]) -> list[Grant]:
    """Return the grants for idempotent writes to a topic, such as that of the dead letters, without Connect (MSK, IAM access control, Semantics)."""
    return [
        Grant(actions=("kafka-cluster:WriteDataIdempotently",), resource=cluster_arn),
        Grant(actions=("kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"), resource=topic_arn),
    ]


def maker_grants(cluster_arn: Output[str], topic_arn: Output[str]) -> list[Grant]:
    """Return the minimum grants of a job that creates and changes one topic (MSK, IAM access control, Actions and resources)."""
    return [
        Grant(actions=("kafka-cluster:Connect",), resource=cluster_arn),
        Grant(
            actions=(
                "kafka-cluster:CreateTopic",
                "kafka-cluster:DescribeTopic",
                "kafka-cluster:AlterTopic",
                "kafka-cluster:DescribeTopicDynamicConfiguration",
                "kafka-cluster:AlterTopicDynamicConfiguration",
            ),
            resource=topic_arn,
        ),
    ]


def checker_grants(cluster_arn: Output[str], topic_arn: Output[str]) -> list[Grant]:
    """Return the minimum grants of a job that only describes one topic (MSK, IAM access control, Actions and resources)."""
    return [
        Grant(actions=("kafka-cluster:Connect",), resource=cluster_arn),
        Grant(actions=("kafka-cluster:DescribeTopic",), resource=topic_arn),
    ]
