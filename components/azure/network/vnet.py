"""Virtual network with subnets, security groups and a NAT gateway."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.azure.account import Account
from components.azure.network.private_dns import SERVICES
from components.azure.network.security_rules import endpoint_rules, hdinsight_rules
from components.azure.network.subnets import layout, refuse_range_change
from components.changes import refused_change

ZONES = ("1", "2", "3")
"""The availability zones of a region. Azure numbers them per subscription (Azure, Availability zones)."""


@dataclass(frozen=True, kw_only=True)
class VnetArgs:
    """Inputs of the virtual network."""

    cidr: str
    services: Sequence[str]
    """Services with private endpoints in the network. HDInsight also gets its own subnet."""
    resource_group: Output[str]
    account: Account


class Vnet(ComponentResource):
    """Virtual network whose subnets span all zones. Its resources have no public addresses and connect out through NAT."""

    vnet_id: Output[str]
    nodes_subnet_id: Output[str]
    endpoints_subnet_id: Output[str]
    hdinsight_subnet_id: Output[str] | None
    public_address: Output[str]
    """Public source address of outbound traffic."""
    outbound: Sequence[Resource]
    """Subnets with outbound access. Resources in them are created after them and deleted before them."""

    def __init__(self, name: str, args: VnetArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:Vnet", name, None, opts)
        self.name = name
        self.args = args
        self.vnet = azure.network.VirtualNetwork(
            f"{name}-vnet",
            virtual_network_name=name,
            resource_group_name=args.resource_group,
            location=args.account.location,
            address_space=azure.network.AddressSpaceArgs(address_prefixes=[args.cidr]),
            tags=args.account.tags,
            opts=ResourceOptions(parent=self),
        )
        self.vnet_id = self.vnet.id
        ranges = layout(args.cidr)
        nat = self._nat()
        # No custom rules: Azure's default rules block the internet. A deny rule would also block pods, whose range is not known here.
        nodes = self._subnet("nodes", ranges.nodes, [], nat=nat)
        subnets = [nodes]
        callers = [("nodes", ranges.nodes)]
        self.hdinsight_subnet_id = None
        if "hdinsight" in args.services:
            brokers = self._subnet(
                "hdinsight",
                ranges.hdinsight,
                hdinsight_rules(own=ranges.hdinsight, nodes=ranges.nodes),
                nat=nat,
                after=subnets[-1],
            )
            subnets.append(brokers)
            callers.append(("hdinsight", ranges.hdinsight))
            self.hdinsight_subnet_id = brokers.id
        # Last, so that no private endpoint is created while the network is still changing.
        ports = sorted({port for service in args.services for port in SERVICES[service].ports})
        endpoints = self._subnet("endpoints", ranges.endpoints, endpoint_rules(ports, callers), after=subnets[-1])
        self.nodes_subnet_id = nodes.id
        self.endpoints_subnet_id = endpoints.id
        self.outbound = [*subnets, endpoints]
        self.register_outputs({"vnetId": self.vnet_id})

    def _nat(self) -> azure.network.NatGateway:
        """Create one NAT gateway in a zone that Azure chooses, with a zone-redundant address. A subnet can have only one gateway.

        If that zone fails, the subnets lose outbound internet access; private endpoints still work. Zone-redundant gateways (StandardV2)
        need a newer API version than the default of azure-native (Azure NAT Gateway, Reliability).
        """
        account = self.args.account
        address = azure.network.PublicIPAddress(
            f"{self.name}-nat",
            public_ip_address_name=f"{self.name}-nat",
            resource_group_name=self.args.resource_group,
            location=account.location,
            sku=azure.network.PublicIPAddressSkuArgs(name="Standard"),
            public_ip_allocation_method="Static",
            zones=list(ZONES),
            tags=account.tags,
            opts=ResourceOptions(parent=self),
        )
        self.public_address = address.ip_address.apply(lambda known: known or "")
        return azure.network.NatGateway(
            f"{self.name}-nat",
            nat_gateway_name=f"{self.name}-nat",
            resource_group_name=self.args.resource_group,
            location=account.location,
            sku=azure.network.NatGatewaySkuArgs(name="Standard"),
            public_ip_addresses=[azure.network.SubResourceArgs(id=address.id)],
            tags=account.tags,
            opts=ResourceOptions(parent=self),
        )

    def _subnet(
        self,
        role: str,
        cidr: str,
        rules: Sequence[azure.network.SecurityRuleArgs],
        *,
        nat: azure.network.NatGateway | None = None,
        after: Resource | None = None,
    ) -> azure.network.Subnet:
        """Create a subnet with its security group, after the previous one. Azure allows one change of a network at a time."""
        account = self.args.account
        group = azure.network.NetworkSecurityGroup(
            f"{self.name}-{role}",
            network_security_group_name=f"{self.name}-{role}",
            resource_group_name=self.args.resource_group,
            location=account.location,
            security_rules=rules,
            tags=account.tags,
            opts=ResourceOptions(parent=self),
        )
        return azure.network.Subnet(
            f"{self.name}-{role}",
            subnet_name=role,
            virtual_network_name=self.vnet.name,
            resource_group_name=self.args.resource_group,
            address_prefix=cidr,
            network_security_group=azure.network.NetworkSecurityGroupArgs(id=group.id),
            nat_gateway=azure.network.SubResourceArgs(id=nat.id) if nat else None,
            default_outbound_access=False,
            private_endpoint_network_policies="NetworkSecurityGroupEnabled",
            private_link_service_network_policies="Disabled" if role == "hdinsight" else "Enabled",
            opts=ResourceOptions(
                parent=self,
                depends_on=[after] if after else [],
                hooks=refused_change(
                    f"{self.name}-{role}-subnet", "network.cidr", "addressPrefix", refuse_range_change
                ),
            ),
        )
