"""Private DNS zones for the private endpoints of Azure services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.azure.account import Account

REGISTRY = "registry"
"""The container registry, which every stack uses."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """DNS zone and ports of a service with private endpoints."""

    zone: str | None
    """Private DNS zone. None if the code that creates the endpoint also creates the zone."""
    ports: Sequence[int]
    """TCP ports of its endpoints."""


SERVICES: Mapping[str, Service] = {
    "blob": Service(zone="privatelink.blob.core.windows.net", ports=[443]),
    "confluent": Service(zone=None, ports=[443, 9092]),
    "dfs": Service(zone="privatelink.dfs.core.windows.net", ports=[443]),
    "hdinsight": Service(zone="privatelink.azurehdinsight.net", ports=[443]),
    REGISTRY: Service(zone="privatelink.azurecr.io", ports=[443]),
    "servicebus": Service(zone="privatelink.servicebus.windows.net", ports=[443, 5671, 9093]),
    "vault": Service(zone="privatelink.vaultcore.azure.net", ports=[443]),
}
"""Services by their name in `cloud_services` (Azure Private Link, Private endpoint DNS zone values)."""

DNS_ZONES: Mapping[str, str] = {name: service.zone for name, service in SERVICES.items() if service.zone}
"""Zones that the network creates, by service."""


@dataclass(frozen=True, kw_only=True)
class PrivateDnsArgs:
    """Inputs of the private DNS zones."""

    services: Sequence[str]
    existing: Mapping[str, str]
    """IDs of existing zones that are already linked, by service."""
    vnet_id: Input[str]
    resource_group: Input[str]
    account: Account


class PrivateDns(ComponentResource):
    """Private DNS zone for each service that the stack uses, linked to its network. Existing zones are not changed."""

    zones: dict[str, Output[str]]
    """IDs of the zones, by service."""
    links: list[Resource]
    """Links between the zones and the network."""

    def __init__(self, name: str, args: PrivateDnsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:PrivateDns", name, None, opts)
        self.name = name
        self.args = args
        self.zones, self.links = {}, []
        for service in args.services:
            if service in DNS_ZONES:
                self.add(service)
        self.register_outputs(dict(self.zones))

    def add(self, service: str) -> None:
        """Create and link the zone of a service, or use an existing one."""
        name, args = self.name, self.args
        if service in args.existing:
            self.zones[service] = Output.from_input(args.existing[service])
            return
        zone = azure.privatedns.PrivateZone(
            f"{name}-{service}",
            private_zone_name=DNS_ZONES[service],
            resource_group_name=args.resource_group,
            location="global",
            tags=args.account.tags,
            opts=ResourceOptions(parent=self),
        )
        link = azure.privatedns.VirtualNetworkLink(
            f"{name}-{service}",
            virtual_network_link_name=name,
            private_zone_name=zone.name,
            resource_group_name=args.resource_group,
            location="global",
            virtual_network=azure.privatedns.SubResourceArgs(id=args.vnet_id),
            registration_enabled=False,
            resolution_policy="NxDomainRedirect",
            tags=args.account.tags,
            opts=ResourceOptions(parent=self),
        )
        self.zones[service] = zone.id
        self.links.append(link)
