"""Base of the networks on Azure: the resource group of a stack, and what its services need of a network."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import pulumi_azure_native as azure
import pulumi_random as random
from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pydantic import AfterValidator

from components.arguments import NetworkArgs
from components.azure.account import Account, AzureSettings
from components.azure.logs import Logs
from components.azure.names import SUFFIX, resource_id
from components.azure.network.private_dns import DNS_ZONES
from components.section import unknown


def _known_zones(zones: Mapping[str, str]) -> Mapping[str, str]:
    for service, zone_id in zones.items():
        if service not in DNS_ZONES:
            raise ValueError(f"{service}: unknown service. {unknown(service, DNS_ZONES)}")
        zone = DNS_ZONES[service]
        if zone_id.rsplit("/", 1)[-1] != zone:
            raise ValueError(
                f"{service} must be the ID of a private DNS zone named {zone}, got {zone_id} "
                "(Azure Private Link, Private endpoint DNS zone values). Use the ID of that zone."
            )
    return zones


VnetId = Annotated[str, resource_id("Microsoft.Network/virtualNetworks/{}", "a virtual network")]
SubnetId = Annotated[str, resource_id("Microsoft.Network/virtualNetworks/{}/subnets/{}", "a subnet")]
ZoneId = Annotated[str, resource_id("Microsoft.Network/privateDnsZones/{}", "a private DNS zone")]
KnownZones = AfterValidator(_known_zones)
"""Each ID is of the zone of its service."""


class Network(ComponentResource, ABC):
    """Resource group of the stack, and the network that its consumers run in."""

    resource_group: Output[str]
    suffix: Output[str]
    """Random suffix for globally unique names."""
    vnet_id: Output[str]
    """ID of the virtual network of the consumers."""
    endpoints_subnet_id: Output[str] | None
    """ID of the subnet for private endpoints. None if the stack has no private endpoints."""
    endpoints_cidr: Output[str]
    """IP range with the addresses of private endpoints. Empty if the stack has none."""
    hdinsight_subnet_id: Output[str] | None
    hdinsight_cidr: Output[str]
    """IP range with the addresses of HDInsight's brokers. Empty if the stack makes none."""
    outbound: Sequence[Resource]
    """Resources that give the subnets outbound access. Empty in an existing network, where the owner provides it."""
    account: Account

    def __init__(
        self, type_token: str, name: str, args: NetworkArgs[AzureSettings, Any], opts: ResourceOptions | None
    ) -> None:
        super().__init__(type_token, name, None, opts)
        child = ResourceOptions(parent=self)
        self.name = name
        self.account = Account.of(args.account, args.tags, parent=self)
        self.resource_group = azure.resources.ResourceGroup(
            name, resource_group_name=name, location=self.account.location, tags=args.tags, opts=child
        ).name
        self.suffix = random.RandomString(
            f"{name}-suffix",
            length=SUFFIX,
            special=False,
            upper=False,
            opts=ResourceOptions(parent=self, provider=random.Provider(f"{name}-random", opts=child)),
        ).result

    @abstractmethod
    def zone(self, service: str) -> tuple[Output[str], Sequence[Resource]]:
        """Return the ID of a service's private DNS zone, and the links that let the network resolve names in it."""

    @property
    @abstractmethod
    def logs(self) -> Logs:
        """Return the workspace for the stack's logs."""
