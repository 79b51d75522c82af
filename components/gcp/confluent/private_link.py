"""Private Service Connect from a VPC network to a private Confluent Cloud cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_confluentcloud as confluentcloud
import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions
from pulumi_confluentcloud.outputs import PrivateLinkAttachmentGcp

from components.confluent.home import PrivateLink, PrivateLinkArgs
from components.gcp.network.network import Network

TTL = 60
"""DNS time to live in seconds (Confluent Cloud, Google Cloud Private Service Connect, Set up DNS records)."""


@dataclass(frozen=True, kw_only=True)
class ConfluentLinkArgs:
    """Arguments of ConfluentLink."""

    network: Network
    link: PrivateLinkArgs


class ConfluentLink(PrivateLink):
    """Endpoint in the nodes' subnet, its private DNS zone, and the registration of the endpoint with Confluent.

    It needs no firewall rule: only the callers' egress rules apply (VPC, Access published services).
    """

    def __init__(self, name: str, args: ConfluentLinkArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:ConfluentLink", name, None, opts)
        self.name = name
        self.args = args
        network, link = args.network, args.link
        address = gcp.compute.Address(
            f"{name}-address",
            name=name,
            description=f"Private link of {name} to Confluent Cloud",
            address_type="INTERNAL",
            subnetwork=network.subnet_id,
            region=network.account.region,
            opts=ResourceOptions(parent=self),
        )
        endpoint = gcp.compute.ForwardingRule(
            f"{name}-endpoint",
            name=name,
            description=f"Private link of {name} to Confluent Cloud",
            region=network.account.region,
            network=network.network_id,
            ip_address=address.self_link,
            target=link.attachment.gcps.apply(_service),
            # Endpoints of Private Service Connect need an empty scheme.
            load_balancing_scheme="",
            opts=ResourceOptions(parent=self),
        )
        connection = confluentcloud.PrivateLinkAttachmentConnection(
            f"{name}-connection",
            display_name=name,
            environment=confluentcloud.PrivateLinkAttachmentConnectionEnvironmentArgs(id=link.environment_id),
            gcp=confluentcloud.PrivateLinkAttachmentConnectionGcpArgs(
                private_service_connect_connection_id=endpoint.psc_connection_id
            ),
            private_link_attachment=confluentcloud.PrivateLinkAttachmentConnectionPrivateLinkAttachmentArgs(
                id=link.attachment.id
            ),
            opts=ResourceOptions(parent=self),
        )
        self.ready = [connection, self._names(address)]
        self.register_outputs({"endpointId": endpoint.id})

    def _names(self, address: gcp.compute.Address) -> gcp.dns.RecordSet:
        """Resolve all names in the attachment's domain to the endpoint, in only this network."""
        network = self.args.network
        zone = gcp.dns.ManagedZone(
            f"{self.name}-zone",
            name=self.name,
            dns_name=Output.concat(self.args.link.attachment.dns_domain, "."),
            description=f"Private link of {self.name} to Confluent Cloud",
            visibility="private",
            private_visibility_config=gcp.dns.ManagedZonePrivateVisibilityConfigArgs(
                networks=[gcp.dns.ManagedZonePrivateVisibilityConfigNetworkArgs(network_url=network.network_id)]
            ),
            opts=ResourceOptions(parent=self, depends_on=[network.apis["dns"]]),
        )
        return gcp.dns.RecordSet(
            f"{self.name}-names",
            managed_zone=zone.name,
            name=Output.concat("*.", zone.dns_name),
            type="A",
            ttl=TTL,
            rrdatas=[address.address],
            opts=ResourceOptions(parent=self),
        )


def _service(offered: Sequence[PrivateLinkAttachmentGcp]) -> str:
    """Return Confluent's service attachment. There is exactly one on Google Cloud."""
    return offered[0].private_service_connect_service_attachment or ""
