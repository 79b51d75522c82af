"""Confluent Cloud on AWS: its cluster in the region of the stack, and the way of the consumers there."""

from functools import partial

import pulumi_aws as aws
from pulumi import ResourceOptions

from components.arguments import StreamingArgs
from components.aws.confluent.private_link import ConfluentLink, ConfluentLinkArgs
from components.aws.network.network import Network
from components.confluent.home import KAFKA_PORT, CloudBinding, PrivateLinkArgs
from components.confluent.service import Confluent
from components.confluent.settings import ConfluentSettings
from components.contracts import Platform


def confluent(
    name: str, args: StreamingArgs[ConfluentSettings, Network, Platform], opts: ResourceOptions | None = None
) -> Confluent:
    """Make a cluster of Confluent Cloud that is reached from a VPC."""
    network = args.network
    home = CloudBinding(
        cloud="AWS",
        region=network.account.region,
        cidr=network.cidr,
        token_keys="keys",
        way_out=lambda name, private, opts: [] if private else [way_out(name, network, opts)],
        private_link=partial(private_link, network),
    )
    return Confluent(name, args, home, opts)


def way_out(name: str, network: Network, opts: ResourceOptions) -> aws.vpc.SecurityGroupEgressRule:
    """Let the consumers out to brokers on the internet; to an endpoint in the VPC they get by their group's own rules."""
    return aws.vpc.SecurityGroupEgressRule(
        f"{name}-brokers",
        security_group_id=network.consumers_security_group_id,
        description="To the brokers of Confluent Cloud on the internet",
        cidr_ipv4="0.0.0.0/0",
        ip_protocol="tcp",
        from_port=KAFKA_PORT,
        to_port=KAFKA_PORT,
        opts=opts,
    )


def private_link(network: Network, name: str, args: PrivateLinkArgs, opts: ResourceOptions) -> ConfluentLink:
    """Make the AWS part of a private link."""
    return ConfluentLink(name, ConfluentLinkArgs(network=network, link=args), opts)
