"""Azure Private Link from a virtual network to a private Confluent Cloud cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_azure_native as azure
import pulumi_confluentcloud as confluentcloud
from pulumi import InvokeOutputOptions, Output, Resource, ResourceOptions
from pulumi_azure_native.network.outputs import NetworkInterfaceResponse
from pulumi_confluentcloud.outputs import PrivateLinkAttachmentAzure

from components.azure.network.base import Network
from components.confluent.home import PrivateLink, PrivateLinkArgs
from components.lookup import lookup

TTL = 60
"""TTL of the DNS record in seconds (Confluent Cloud, Azure Private Link, Set up DNS records)."""


@dataclass(frozen=True, kw_only=True)
class ConfluentLinkArgs:
    """Inputs of the Azure part of a private link."""

    network: Network
    link: PrivateLinkArgs


class ConfluentLink(PrivateLink):
    """Endpoint in the endpoints' subnet, its private DNS zone, and the connection in Confluent Cloud that accepts it.

    The endpoint uses the alias of the service because the service is in Confluent's Entra tenant. Confluent Cloud accepts the endpoint
    once its ID is registered (Confluent Cloud, Azure Private Link for serverless products).
    """

    def __init__(self, name: str, args: ConfluentLinkArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:ConfluentLink", name, None, opts)
        self.name = name
        self.args = args
        network, link = args.network, args.link
        endpoint = azure.network.PrivateEndpoint(
            f"{name}-endpoint",
            private_endpoint_name=name,
            custom_network_interface_name=f"{name}-nic",
            resource_group_name=network.resource_group,
            location=network.account.location,
            subnet=azure.network.SubnetArgs(id=network.endpoints_subnet_id),
            manual_private_link_service_connections=[
                azure.network.PrivateLinkServiceConnectionArgs(
                    name=name,
                    private_link_service_id=link.attachment.azures.apply(_service),
                    request_message=f"Private link of {name}",
                )
            ],
            tags=network.account.tags,
            opts=ResourceOptions(parent=self),
        )
        connection = confluentcloud.PrivateLinkAttachmentConnection(
            f"{name}-connection",
            display_name=name,
            environment=confluentcloud.PrivateLinkAttachmentConnectionEnvironmentArgs(id=link.environment_id),
            azure=confluentcloud.PrivateLinkAttachmentConnectionAzureArgs(private_endpoint_resource_id=endpoint.id),
            private_link_attachment=confluentcloud.PrivateLinkAttachmentConnectionPrivateLinkAttachmentArgs(
                id=link.attachment.id
            ),
            opts=ResourceOptions(parent=self),
        )
        self.ready = [connection, *self._dns_records(endpoint)]
        self.register_outputs({"endpointId": endpoint.id})

    def _dns_records(self, endpoint: azure.network.PrivateEndpoint) -> Sequence[Resource]:
        """Create a wildcard record for the attachment's domain. Zone groups do not support this service."""
        network = self.args.network
        zone = azure.privatedns.PrivateZone(
            f"{self.name}-zone",
            private_zone_name=self.args.link.attachment.dns_domain,
            resource_group_name=network.resource_group,
            location="global",
            tags=network.account.tags,
            opts=ResourceOptions(parent=self),
        )
        linked = azure.privatedns.VirtualNetworkLink(
            f"{self.name}-zone",
            virtual_network_link_name=self.name,
            private_zone_name=zone.name,
            resource_group_name=network.resource_group,
            location="global",
            virtual_network=azure.privatedns.SubResourceArgs(id=network.vnet_id),
            registration_enabled=False,
            tags=network.account.tags,
            opts=ResourceOptions(parent=self),
        )
        names = azure.privatedns.PrivateRecordSet(
            f"{self.name}-names",
            private_zone_name=zone.name,
            resource_group_name=network.resource_group,
            relative_record_set_name="*",
            record_type="A",
            ttl=TTL,
            a_records=[azure.privatedns.ARecordArgs(ipv4_address=self._address(endpoint))],
            opts=ResourceOptions(parent=self),
        )
        return [linked, names]

    def _address(self, endpoint: azure.network.PrivateEndpoint) -> Output[str]:
        """Return the endpoint's address, which only its network interface has."""
        interface = azure.network.get_network_interface_output(
            resource_group_name=self.args.network.resource_group,
            network_interface_name=endpoint.network_interfaces.apply(_interface),
            opts=InvokeOutputOptions(parent=self),
        )
        interface = lookup(
            interface,
            "azure-native:subscriptionId",
            rule="a subscription where the deployer may read network interfaces",
            fix="Give the deployer the role Reader on the stack's resource group.",
        )
        return interface.apply(
            lambda found: next(each.private_ip_address or "" for each in found.ip_configurations or [])
        )


def _service(offered: Sequence[PrivateLinkAttachmentAzure]) -> str:
    """Return the alias of Confluent's private link service. An attachment has exactly one."""
    return offered[0].private_link_service_alias or ""


def _interface(interfaces: Sequence[NetworkInterfaceResponse]) -> str:
    """Return the name of the endpoint's only network interface."""
    return (interfaces[0].id or "").rsplit("/", 1)[-1]
