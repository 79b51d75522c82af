"""Confluent Cloud on Azure: the cluster in the stack's region and the network access to it."""

from functools import partial

import pulumi
from pulumi import ResourceOptions, RunError

from components.arguments import StreamingArgs
from components.azure.confluent.private_link import ConfluentLink, ConfluentLinkArgs
from components.azure.network.base import Network
from components.confluent.existing import ExistingConfluent
from components.confluent.existing_settings import ExistingConfluentSettings
from components.confluent.home import CloudBinding, PrivateLinkArgs
from components.confluent.service import Confluent
from components.confluent.settings import ConfluentSettings
from components.contracts import Platform


def confluent(
    name: str, args: StreamingArgs[ConfluentSettings, Network, Platform], opts: ResourceOptions | None = None
) -> Confluent:
    """Create a Confluent Cloud cluster. Security groups on Azure need no outbound rules because they allow all outbound traffic."""
    return Confluent(name, args, binding(args.network), opts)


def existing_confluent(
    name: str, args: StreamingArgs[ExistingConfluentSettings, Network, Platform], opts: ResourceOptions | None = None
) -> ExistingConfluent:
    """Read a Confluent Cloud cluster that was there before."""
    return ExistingConfluent(name, args, binding(args.network), opts)


def binding(network: Network) -> CloudBinding:
    """Return the stack's cloud, as Confluent Cloud needs it."""
    return CloudBinding(
        cloud="AZURE",
        region=network.account.location,
        token_keys="openid/v1/jwks",
        cidr=network.endpoints_cidr,
        broker_egress=lambda _name, _private, _opts: [],
        private_link=partial(private_link, network),
    )


def private_link(network: Network, name: str, args: PrivateLinkArgs, opts: ResourceOptions) -> ConfluentLink:
    """Create the Azure part of a private link. Raise RunError if the stack has no subnet for its endpoint."""
    if network.endpoints_subnet_id is None:
        raise RunError(
            f"stacks/Pulumi.{pulumi.get_stack()}.yaml: network.endpointsSubnetId: is required with streaming.privateLink (the private link has an "
            "endpoint in that subnet). Set it to the ID of a subnet in the virtual network of the nodes, or in a peered one."
        )
    return ConfluentLink(name, ConfluentLinkArgs(network=network, link=args), opts)
