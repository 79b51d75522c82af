"""Who reaches an MSK cluster's brokers, on which ports, and what each may do there."""

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
    public_port: int
    """The port for clients on the internet, where any may connect."""
    output: str
    """How the outputs of aws.msk.Cluster end that list the brokers for it."""

    @property
    def bootstrap(self) -> str:
        """The output of aws.msk.Cluster that lists the brokers for clients in the VPC."""
        return f"bootstrap_brokers_{self.output}"

    @property
    def public_bootstrap(self) -> str:
        """The output of aws.msk.Cluster that lists the brokers for clients on the internet."""
        return f"bootstrap_brokers_public_{self.output}"

    @property
    def multi_vpc_bootstrap(self) -> str:
        """The output of aws.msk.Cluster that lists the brokers for clients in other VPCs."""
        return f"bootstrap_brokers_vpc_connectivity_{self.output}"


METHODS: Mapping[str, Method] = {
    "iam": Method(port=9098, public_port=9198, output="sasl_iam"),
    "scram": Method(port=9096, public_port=9196, output="sasl_scram"),
    "tls": Method(port=9094, public_port=9194, output="tls"),
}
"""Ports and bootstrap outputs by method (MSK, Port information); the security group opens the ports in use, no others."""


def brokers_security_group(
    name: str, network: Network, methods: Iterable[str], parent: Resource, public_cidrs: Iterable[str] = ()
) -> aws.ec2.SecurityGroup:
    """Make the brokers' security group, which lets the consumers in on the ports of the methods in use.

    The given ranges on the internet are let in on the methods' public ports.
    """
    child = ResourceOptions(parent=parent)
    group = aws.ec2.SecurityGroup(
        f"{name}-msk",
        vpc_id=network.vpc_id,
        description="Kafka brokers: the consumers only",
        tags={"Name": f"{name}-msk"},
        opts=child,
    )
    cidrs = list(public_cidrs)
    for method in methods:
        port, public_port = METHODS[method].port, METHODS[method].public_port
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
        for cidr in cidrs:
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-msk-{method}-{cidr}",
                security_group_id=group.id,
                cidr_ipv4=cidr,
                description=f"Clients on the internet, authenticated by {method.upper()}",
                ip_protocol="tcp",
                from_port=public_port,
                to_port=public_port,
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


def arn_in_cluster(cluster_arn: Output[str], kind: str, name: str) -> Output[str]:
    """The ARN of a topic or group of a cluster (MSK, IAM access control, Amazon Resource Names)."""
    return cluster_arn.apply(lambda arn: f"{arn.replace(':cluster/', f':{kind}/', 1)}/{name}")


def consumer_grants(cluster_arn: Output[str], topic_arn: Output[str], consumer_group: str) -> list[Grant]:
    """What one group needs to read one topic, no more (MSK, IAM access control, Common use cases)."""
    return [
        Grant(actions=("kafka-cluster:Connect",), resource=cluster_arn),
        Grant(actions=("kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"), resource=topic_arn),
        Grant(
            actions=("kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"),
            resource=arn_in_cluster(cluster_arn, "group", consumer_group),
        ),
    ]


def maker_grants(cluster_arn: Output[str], topic_arn: Output[str]) -> list[Grant]:
    """What it takes to make one topic and to change it, no more (MSK, IAM access control, Actions and resources)."""
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
