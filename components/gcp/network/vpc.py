"""VPC network that data-pipes creates: subnet, NAT and firewall."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_gcp as gcp
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.changes import refused_change
from components.gcp.account import Account
from components.gcp.network.subnets import PODS, SERVICES, layout, refuse_range_change

LAST = 65534
"""Lowest priority above the implied rules, which log nothing (VPC firewall rules, Implied rules)."""


@dataclass(frozen=True, kw_only=True)
class VpcArgs:
    """Arguments of Vpc."""

    cidr: str
    account: Account
    api: Resource
    """The Compute Engine API."""


class Vpc(ComponentResource):
    """Network with one regional subnet. Its machines have no public address and use NAT for egress.

    It allows no ingress. GKE creates the rules for its control plane, nodes and load balancers (GKE, Automatically created firewall
    rules).
    """

    network_id: Output[str]
    subnet_id: Output[str]
    outbound: Sequence[Resource]
    """NAT and firewall. Workloads in the subnet are created after them and deleted before them."""

    def __init__(self, name: str, args: VpcArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:Vpc", name, None, opts)
        self.name = name
        self.args = args
        self.child = ResourceOptions(parent=self)
        network = gcp.compute.Network(
            f"{name}-vpc",
            name=name,
            auto_create_subnetworks=False,
            routing_mode="REGIONAL",
            opts=ResourceOptions(parent=self, depends_on=[args.api]),
        )
        self.network_id = network.id
        refusals = self._refusals()
        self.subnet_id = self._subnet(after=refusals).id
        self.outbound = [refusals, self._nat()]
        self.register_outputs({"networkId": self.network_id, "subnetId": self.subnet_id})

    def _subnet(self, after: Resource) -> gcp.compute.Subnetwork:
        """Create the regional subnet with pod and service ranges and Private Google Access."""
        ranges = layout(self.args.cidr)
        return gcp.compute.Subnetwork(
            f"{self.name}-subnet",
            name=self.name,
            network=self.network_id,
            region=self.args.account.region,
            ip_cidr_range=ranges.nodes,
            secondary_ip_ranges=[
                gcp.compute.SubnetworkSecondaryIpRangeArgs(range_name=PODS, ip_cidr_range=ranges.pods),
                gcp.compute.SubnetworkSecondaryIpRangeArgs(range_name=SERVICES, ip_cidr_range=ranges.services),
            ],
            private_ip_google_access=True,
            log_config=gcp.compute.SubnetworkLogConfigArgs(
                aggregation_interval="INTERVAL_10_MIN", flow_sampling=1.0, metadata="INCLUDE_ALL_METADATA"
            ),
            opts=ResourceOptions(parent=self, depends_on=[after]),
        )

    def _nat(self) -> gcp.compute.RouterNat:
        """Create Cloud NAT for nodes and pods, with dynamic ports and addresses."""
        router = gcp.compute.Router(
            f"{self.name}-router",
            name=self.name,
            network=self.network_id,
            region=self.args.account.region,
            opts=self.child,
        )
        return gcp.compute.RouterNat(
            f"{self.name}-nat",
            name=self.name,
            router=router.name,
            region=self.args.account.region,
            nat_ip_allocate_option="AUTO_ONLY",
            source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
            subnetworks=[
                gcp.compute.RouterNatSubnetworkArgs(
                    name=self.subnet_id,
                    source_ip_ranges_to_nats=["PRIMARY_IP_RANGE", "LIST_OF_SECONDARY_IP_RANGES"],
                    secondary_ip_range_names=[PODS],
                )
            ],
            enable_dynamic_port_allocation=True,
            enable_endpoint_independent_mapping=False,
            log_config=gcp.compute.RouterNatLogConfigArgs(enable=True, filter="ERRORS_ONLY"),
            opts=self.child,
        )

    def _refusals(self) -> gcp.compute.Firewall:
        """Create a rule that denies and logs all other ingress.

        Its destination is the whole network range, so its update hook can refuse a range change. The subnet cannot: the provider
        replaces it, and replacements run no update hook.
        """
        name = f"{self.name}-deny-ingress"
        return gcp.compute.Firewall(
            name,
            name=name,
            network=self.network_id,
            description="Refuses and logs what no other rule lets in",
            direction="INGRESS",
            priority=LAST,
            source_ranges=["0.0.0.0/0"],
            destination_ranges=[self.args.cidr],
            denies=[gcp.compute.FirewallDenyArgs(protocol="all")],
            log_config=gcp.compute.FirewallLogConfigArgs(metadata="INCLUDE_ALL_METADATA"),
            opts=ResourceOptions(
                parent=self, hooks=refused_change(name, "network.cidr", "destinationRanges", refuse_range_change)
            ),
        )
