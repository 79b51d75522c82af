"""Confluent Cloud on Google Cloud: a cluster in the stack's region, and network access for consumers."""

from functools import partial

from pulumi import ResourceOptions

from components.arguments import StreamingArgs
from components.confluent.home import CloudBinding, PrivateLinkArgs
from components.confluent.service import Confluent
from components.confluent.settings import ConfluentSettings
from components.contracts import Platform
from components.gcp.confluent.private_link import ConfluentLink, ConfluentLinkArgs
from components.gcp.network.network import Network


def confluent(
    name: str, args: StreamingArgs[ConfluentSettings, Network, Platform], opts: ResourceOptions | None = None
) -> Confluent:
    """Create a Confluent Cloud cluster for a VPC network whose firewall allows all egress."""
    network = args.network
    binding = CloudBinding(
        cloud="GCP",
        region=network.account.region,
        token_keys="jwks",
        cidr=network.cidr,
        broker_egress=lambda _name, _private, _opts: [],
        private_link=partial(private_link, network),
    )
    return Confluent(name, args, binding, opts)


def private_link(network: Network, name: str, args: PrivateLinkArgs, opts: ResourceOptions) -> ConfluentLink:
    """Create the Google Cloud part of a private link."""
    return ConfluentLink(name, ConfluentLinkArgs(network=network, link=args), opts)
