"""Confluent Cloud on AWS: cluster in the stack's region, and the consumers' network access to it."""

from collections.abc import Sequence
from functools import partial

from pulumi import Resource, ResourceOptions

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
    """Make a Confluent Cloud cluster that consumers reach from a VPC."""
    network = args.network
    binding = CloudBinding(
        cloud="AWS",
        region=network.account.region,
        cidr=network.cidr,
        token_keys="keys",
        broker_egress=lambda name, private, opts: [] if private else brokers_egress(name, network, opts),
        private_link=partial(private_link, network),
    )
    return Confluent(name, args, binding, opts)


def brokers_egress(name: str, network: Network, opts: ResourceOptions) -> Sequence[Resource]:
    """Make the egress rule for brokers on the internet. A private endpoint needs none: the consumers' group allows the whole VPC."""
    return network.egress(
        f"{name}-brokers",
        description="To the brokers of Confluent Cloud on the internet",
        port=KAFKA_PORT,
        opts=opts,
    )


def private_link(network: Network, name: str, args: PrivateLinkArgs, opts: ResourceOptions) -> ConfluentLink:
    """Make the AWS part of a private link."""
    return ConfluentLink(name, ConfluentLinkArgs(network=network, link=args), opts)
