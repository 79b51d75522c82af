"""Private endpoint: a private address in the stack's network for one Azure resource."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Input, Resource, ResourceOptions

from components.azure.network.base import Network


@dataclass(frozen=True, kw_only=True)
class PrivateEndpointArgs:
    """Inputs of the private endpoint."""

    network: Network
    service: str
    """Service whose private DNS zone gets the endpoint's records, by its name in `cloud_services`."""
    resource_id: Input[str]
    group: str
    """Subresource that the endpoint connects to (Azure Private Link, Private-link resource)."""


class PrivateEndpoint(ComponentResource):
    """Endpoint in the endpoints' subnet with records in the service's private DNS zone."""

    ready: Sequence[Resource]
    """Resources that callers of the service wait for."""

    def __init__(self, name: str, args: PrivateEndpointArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:PrivateEndpoint", name, None, opts)
        network = args.network
        zone_id, links = network.zone(args.service)
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
                azure.network.PrivateDnsZoneConfigArgs(name=args.service, private_dns_zone_id=zone_id)
            ],
            opts=ResourceOptions(parent=self),
        )
        self.ready = [endpoint, records, *links]
        self.register_outputs({"endpointId": endpoint.id})
