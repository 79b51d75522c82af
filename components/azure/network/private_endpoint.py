"""A private endpoint: an address in the stack's network behind which one resource of Azure answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Input, Resource, ResourceOptions

from components.azure.network.network import Network


@dataclass(frozen=True, kw_only=True)
class PrivateEndpointArgs:
    """What a private endpoint is built from."""

    network: Network
    service: str
    """The service whose private DNS zone the endpoint is found in, by the name in `cloud_services`."""
    resource_id: Input[str]
    group: str
    """The part of the resource that the endpoint leads to (Azure Private Link, Private-link resource)."""


class PrivateEndpoint(ComponentResource):
    """An endpoint in the endpoints' subnet, and its records in the private DNS zone of the service."""

    ready: Sequence[Resource]
    """What whoever calls the service through the endpoint waits for."""

    def __init__(self, name: str, args: PrivateEndpointArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:PrivateEndpoint", name, None, opts)
        network = args.network
        endpoint = azure.network.PrivateEndpoint(
            f"{name}-endpoint",
            private_endpoint_name=name,
            custom_network_interface_name=f"{name}-nic",
            resource_group_name=network.resource_group,
            location=network.account.location,
            subnet=azure.network.SubnetArgs(id=network.endpoints_subnet_id),
            private_link_service_connections=[
                azure.network.PrivateLinkServiceConnectionArgs(
                    name=name, private_link_service_id=args.resource_id, group_ids=[args.group]
                )
            ],
            tags=network.account.tags,
            opts=ResourceOptions(parent=self),
        )
        records = azure.network.PrivateDnsZoneGroup(
            f"{name}-endpoint",
            private_dns_zone_group_name="default",
            private_endpoint_name=endpoint.name,
            resource_group_name=network.resource_group,
            private_dns_zone_configs=[
                azure.network.PrivateDnsZoneConfigArgs(
                    name=args.service, private_dns_zone_id=network.zones[args.service]
                )
            ],
            opts=ResourceOptions(parent=self),
        )
        self.ready = [endpoint, records, *network.connected]
        self.register_outputs({"endpointId": endpoint.id})
