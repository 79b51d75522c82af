"""The network of a pipeline on Azure: a resource group, a virtual network made here or adopted, and its private DNS."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated

import pulumi_azure_native as azure
import pulumi_random as random
from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pydantic import AfterValidator, Field, model_validator
from typing_extensions import override

from components.arguments import NetworkArgs
from components.azure.account import Account, AzureSettings
from components.azure.logs import LogDays, Logs
from components.azure.names import SUFFIX, resource_id
from components.azure.network.flow_logs import FlowLogs, FlowLogsArgs
from components.azure.network.private_dns import DNS_ZONES, REGISTRY, PrivateDns, PrivateDnsArgs
from components.azure.network.subnets import check_usable, layout
from components.azure.network.vnet import ZONES, Vnet, VnetArgs
from components.section import Cidr, ClosedCidr, ConfigError, Distinct, SettingsModel, unknown
from components.settings_bases import NetworkSettings


def _fits_the_layout(cidr: str) -> str:
    layout(cidr)
    return cidr


def _usable(cidr: str) -> str:
    check_usable(cidr)
    return cidr


def _of_the_services(zones: Mapping[str, str]) -> Mapping[str, str]:
    for service, zone_id in zones.items():
        if service not in DNS_ZONES:
            raise ValueError(f"{service} is not a service with a private DNS zone. {unknown(service, DNS_ZONES)}")
        zone = DNS_ZONES[service]
        if zone_id.rsplit("/", 1)[-1] != zone:
            raise ValueError(
                f"{service} must be the id of a zone {zone}, in which its private endpoints are found "
                f"(Azure Private Link, Private endpoint DNS zone values), not {zone_id}"
            )
    return zones


VnetId = Annotated[str, resource_id("Microsoft.Network/virtualNetworks/{}", "a virtual network")]
SubnetId = Annotated[str, resource_id("Microsoft.Network/virtualNetworks/{}/subnets/{}", "a subnet")]
ZoneId = Annotated[str, resource_id("Microsoft.Network/privateDnsZones/{}", "a private DNS zone")]


class ExistingVnet(SettingsModel, frozen=True):
    """A virtual network that somebody else made and keeps: the way out, security groups and flow logs are theirs."""

    virtual_network_id: VnetId
    """The id of the virtual network."""
    cidr: Annotated[Cidr, AfterValidator(_usable)]
    """The IPv4 range of the virtual network."""
    nodes_subnet_id: SubnetId
    """The id of the subnet for nodes, with a way out to the internet of its own."""
    endpoints_subnet_id: SubnetId
    """The id of the subnet for private endpoints."""
    hdinsight_subnet_id: SubnetId | None = None
    """The id of the subnet for HDInsight's machines, with a way out to the internet of its own; for stacks with HDInsight."""
    private_dns_zone_ids: Annotated[Mapping[str, ZoneId], AfterValidator(_of_the_services)] = {}
    """The ids of private DNS zones that are linked to the virtual network already, by service: blob, dfs, hdinsight, registry,
    servicebus or vault; for the others zones are made and linked."""

    @model_validator(mode="after")
    def _subnets_of_the_network(self) -> "ExistingVnet":
        ids = {
            "nodesSubnetId": self.nodes_subnet_id,
            "endpointsSubnetId": self.endpoints_subnet_id,
            "hdinsightSubnetId": self.hdinsight_subnet_id,
        }
        named = {key: subnet.lower() for key, subnet in ids.items() if subnet}
        for key, subnet in named.items():
            if not subnet.startswith(f"{self.virtual_network_id.lower()}/subnets/"):
                raise ValueError(
                    f"{key} must be a subnet of virtualNetworkId, not {ids[key]}; name one of that network"
                )
            twin = next(other for other in named if named[other] == subnet)
            if twin != key:
                raise ValueError(
                    f"{key} must be another subnet than {twin}, since each is opened for other callers; name one subnet for each"
                )
        return self


class AzureNetworkSettings(NetworkSettings, frozen=True):
    """The network section of a stack file on Azure."""

    cidr: Annotated[Cidr, AfterValidator(_fits_the_layout)] = "10.0.0.0/16"
    """The IPv4 range of the virtual network."""
    flow_log_days: Annotated[int, Field(ge=1, le=365)] = 90
    """How many days flow logs are kept, from 1 to 365 (Azure Network Watcher, Virtual network flow logs)."""
    log_days: LogDays = 90
    """How many days all other logs are kept, from 30 to 730 (Azure Monitor, Data retention)."""
    registry_cidrs: Annotated[tuple[ClosedCidr, ...], Field(max_length=100), Distinct] = ()
    """The ranges on the internet that may push to the registry and pull from it; without any it is closed to the internet."""
    existing: ExistingVnet | None = None
    """A virtual network to adopt in place of making one."""

    @model_validator(mode="after")
    def _only_one_network(self) -> "AzureNetworkSettings":
        idle = sorted(self.model_fields_set & {"cidr", "flow_log_days"})
        if self.existing and idle:
            names = ", ".join(type(self).model_fields[name].alias or name for name in idle)
            raise ValueError(
                f"{names} would have no effect on the existing virtual network; remove it, or remove existing to have one made"
            )
        return self

    @property
    def zone_count(self) -> int:
        """How many availability zones the network spans."""
        return len(ZONES)

    @override
    def idle(self, cloud_services: Collection[str]) -> Iterator[ConfigError]:
        """Yield ids of an existing network that no service of the stack has a use for."""
        if self.existing is None:
            return
        called = {REGISTRY, *cloud_services}
        if self.existing.hdinsight_subnet_id and "hdinsight" not in called:
            text = "would have no effect, since nothing of the stack runs there; remove it"
            yield ConfigError(path=("network", "existing", "hdinsightSubnetId"), text=text)
        for service in self.existing.private_dns_zone_ids:
            if service not in called:
                text = f"would have no effect, since the stack calls no such service. {unknown(service, called)}"
                yield ConfigError(path=("network", "existing", "privateDnsZoneIds", service), text=text)


class Network(ComponentResource):
    """The resource group with a virtual network, the private DNS of the services that the stack calls, and the place of all logs.

    What the streaming service and the platform both need is here, so that neither waits for the other.
    """

    resource_group: Output[str]
    suffix: Output[str]
    """What ends the names that must be unique in the whole world."""
    vnet_id: Output[str]
    cidr: Output[str]
    nodes_subnet_id: Output[str]
    endpoints_subnet_id: Output[str]
    hdinsight_subnet_id: Output[str] | None
    zones: Mapping[str, Output[str]]
    """The ids of the private DNS zones, by service."""
    public_addresses: Sequence[Output[str]]
    """The addresses on the internet that what runs in the subnets comes from; none in an adopted network, where only its owner knows."""
    way_out: Sequence[Resource]
    """How what runs in the subnets reaches others; in an adopted network this is its owner's."""
    connected: Sequence[Resource]
    """What makes the network find private endpoints by name."""
    registry_cidrs: Sequence[str]
    """The ranges on the internet that may reach the registry."""
    account: Account
    logs: Logs

    def __init__(
        self, name: str, args: NetworkArgs[AzureSettings, AzureNetworkSettings], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:azure:Network", name, None, opts)
        child = ResourceOptions(parent=self)
        self.name = name
        self.registry_cidrs = args.settings.registry_cidrs
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
        self.logs = Logs(name, self.account, self.resource_group, args.settings.log_days, child)

        services = sorted({REGISTRY, *args.cloud_services})
        existing = args.settings.existing
        if existing:
            self.vnet_id = Output.from_input(existing.virtual_network_id)
            self.cidr = Output.from_input(existing.cidr)
            self.nodes_subnet_id = Output.from_input(existing.nodes_subnet_id)
            self.endpoints_subnet_id = Output.from_input(existing.endpoints_subnet_id)
            brokers = existing.hdinsight_subnet_id
            self.hdinsight_subnet_id = Output.from_input(brokers) if brokers else None
            self.public_addresses = []
            self.way_out = []
        else:
            vnet = Vnet(
                name,
                VnetArgs(
                    cidr=args.settings.cidr,
                    services=services,
                    resource_group=self.resource_group,
                    account=self.account,
                ),
                child,
            )
            FlowLogs(
                name,
                FlowLogsArgs(
                    vnet_id=vnet.vnet_id,
                    days=args.settings.flow_log_days,
                    resource_group=self.resource_group,
                    suffix=self.suffix,
                    account=self.account,
                ),
                child,
            )
            self.vnet_id = vnet.vnet_id
            self.cidr = Output.from_input(args.settings.cidr)
            self.nodes_subnet_id = vnet.nodes_subnet_id
            self.endpoints_subnet_id = vnet.endpoints_subnet_id
            self.hdinsight_subnet_id = vnet.hdinsight_subnet_id
            self.public_addresses = [vnet.public_address]
            self.way_out = vnet.way_out

        dns = PrivateDns(
            name,
            PrivateDnsArgs(
                services=services,
                existing=existing.private_dns_zone_ids if existing else {},
                vnet_id=self.vnet_id,
                resource_group=self.resource_group,
                account=self.account,
            ),
            child,
        )
        self.zones = dns.zones
        self.connected = dns.links
        self.register_outputs({"resourceGroup": self.resource_group, "vnetId": self.vnet_id})
