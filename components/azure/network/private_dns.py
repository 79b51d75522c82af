"""The private DNS zones in which a network finds the private endpoints of Azure's services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.azure.account import Account

REGISTRY = "registry"
"""The service that every stack calls: its images come from there."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """What a network must know of a service with private endpoints."""

    zone: str | None
    """Its private DNS zone; none where whoever makes an endpoint brings a zone of its own."""
    ports: Sequence[int]
    """The TCP ports that its endpoints answer on."""


SERVICES: Mapping[str, Service] = {
    "blob": Service(zone="privatelink.blob.core.windows.net", ports=[443]),
    "confluent": Service(zone=None, ports=[443, 9092]),
    "dfs": Service(zone="privatelink.dfs.core.windows.net", ports=[443]),
    "hdinsight": Service(zone="privatelink.azurehdinsight.net", ports=[443]),
    REGISTRY: Service(zone="privatelink.azurecr.io", ports=[443]),
    "servicebus": Service(zone="privatelink.servicebus.windows.net", ports=[443, 5671, 9093]),
    "vault": Service(zone="privatelink.vaultcore.azure.net", ports=[443]),
}
"""The services by the names that `cloud_services` has for them (Azure Private Link, Private endpoint DNS zone values)."""

DNS_ZONES: Mapping[str, str] = {name: service.zone for name, service in SERVICES.items() if service.zone}
"""The zones that a network has, by service."""


@dataclass(frozen=True, kw_only=True)
class PrivateDnsArgs:
    """What the zones of a network are built from."""

    services: Sequence[str]
    existing: Mapping[str, str]
    """The ids of zones that somebody else made and linked, by service."""
    vnet_id: Input[str]
    resource_group: Input[str]
    account: Account


class PrivateDns(ComponentResource):
    """A zone for each service that a stack calls, linked to its network; those that are there already are used as they are."""

    zones: Mapping[str, Output[str]]
    """The ids of the zones, by service."""
    links: Sequence[Resource]
    """What makes the network look there."""

    def __init__(self, name: str, args: PrivateDnsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:PrivateDns", name, None, opts)
        zones: dict[str, Output[str]] = {}
        links: list[Resource] = []
        for service in args.services:
            if service not in DNS_ZONES:
                continue
            if service in args.existing:
                zones[service] = Output.from_input(args.existing[service])
                continue
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
            zones[service] = zone.id
            links.append(link)
        self.zones = zones
        self.links = links
        self.register_outputs(dict(zones))
