"""Interface between Confluent Cloud and the stack's cloud. Each cloud's folder implements it."""

from abc import ABC
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pulumi_confluentcloud as confluentcloud
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

KAFKA_PORT = 9092
"""Port of the brokers, on public and private endpoints (Confluent Cloud, Networking)."""

CloudName: TypeAlias = Literal["AWS", "AZURE", "GCP"]
"""Confluent Cloud's names of the clouds."""


@dataclass(frozen=True, kw_only=True)
class PrivateLinkArgs:
    """Arguments of PrivateLink."""

    attachment: confluentcloud.PrivateLinkAttachment
    """Confluent's side of the link: the service that the endpoint connects to, and its DNS domain."""
    environment_id: Output[str]


class PrivateLink(ComponentResource, ABC):
    """The cloud's side of a private link: an endpoint in the stack's network, its DNS names, and its registration with Confluent."""

    ready: Sequence[Resource]
    """Resources that clients inside the network wait for."""


@dataclass(frozen=True, kw_only=True)
class ConsumersBinding:
    """The consumers' network, as a cluster that was there before needs it."""

    cloud: CloudName | None
    """None if the consumers are outside of these clouds."""
    region: str | None
    token_keys: str
    """Path of the signing keys relative to the token issuer's URL, such as keys, or their URL. It is the jwks_uri of the OpenID Connect
    discovery document."""
    cidr: Input[str]
    """IP range of private link endpoints."""
    broker_egress: Callable[[str, bool, ResourceOptions], Sequence[Resource]]
    """Creates rules that allow traffic from the consumers to the brokers, if the network does not allow it by default. The second argument
    is true for a private link."""


@dataclass(frozen=True, kw_only=True)
class CloudBinding(ConsumersBinding):
    """The stack's cloud, as Confluent Cloud and the consumers need it."""

    cloud: CloudName
    region: str
    private_link: Callable[[str, PrivateLinkArgs, ResourceOptions], PrivateLink]
    """Creates the cloud's side of a private link."""
