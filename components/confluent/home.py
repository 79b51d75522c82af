"""The cloud that a stack lives in, as far as Confluent Cloud has to do with it: what each cloud's folder fills in."""

from abc import ABC
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pulumi_confluentcloud as confluentcloud
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

KAFKA_PORT = 9092
"""Where brokers answer, on the internet and behind an endpoint (Confluent Cloud, Networking)."""

CloudName: TypeAlias = Literal["AWS", "AZURE", "GCP"]
"""How Confluent Cloud calls the clouds that its clusters run on."""


@dataclass(frozen=True, kw_only=True)
class PrivateLinkArgs:
    """What the cloud's part of a private link is built from."""

    attachment: confluentcloud.PrivateLinkAttachment
    """Confluent's part: the service that an endpoint connects to, and the domain that it is found under."""
    environment_id: Output[str]


class PrivateLink(ComponentResource, ABC):
    """The cloud's part of a private link: an endpoint in the stack's network, its names, and Confluent's consent to it."""

    ready: Sequence[Resource]
    """What all wait for that call the cluster from inside the network."""


@dataclass(frozen=True, kw_only=True)
class CloudBinding:
    """The cloud that a stack lives in, as Confluent Cloud and the consumers see it."""

    cloud: CloudName
    region: str
    token_keys: str
    """Where, beneath the URL of who signs the tokens of pods, the keys for them are: the jwks_uri in its OpenID Connect discovery
    document, such as keys."""
    cidr: Input[str]
    """Where the endpoint of a private link has its addresses."""
    way_out: Callable[[str, bool, ResourceOptions], Sequence[Resource]]
    """Opens the network from the consumers to the brokers, on a private link or not, where it is not open by itself."""
    private_link: Callable[[str, PrivateLinkArgs, ResourceOptions], PrivateLink]
    """Makes the cloud's part of a private link."""
