"""Confluent Cloud for consumers on any Kubernetes cluster. Only an existing cluster: a new one needs a cloud and a region."""

from typing import Any

from pulumi import ResourceOptions

from components.arguments import StreamingArgs
from components.confluent.base import ALL_ADDRESSES
from components.confluent.catalog import existing
from components.confluent.existing import ExistingConfluent
from components.confluent.existing_settings import ExistingConfluentSettings
from components.confluent.home import ConsumersBinding
from components.kubernetes.existing.platform import ExistingKubernetes


def existing_confluent(
    name: str,
    args: StreamingArgs[ExistingConfluentSettings, Any, Any],
    opts: ResourceOptions | None = None,
) -> ExistingConfluent:
    """Read a Confluent Cloud cluster that was there before."""
    platform: ExistingKubernetes = args.platform
    binding = ConsumersBinding(
        cloud=None,
        region=None,
        token_keys=platform.token_keys,
        # Neither the network of the cluster nor its addresses are known.
        cidr=ALL_ADDRESSES,
        broker_egress=lambda _name, _private, _opts: [],
    )
    return ExistingConfluent(name, args, binding, opts)


SERVICE = existing(existing_confluent)
