"""Network of a stack on Azure: resource group, new or existing virtual network, and private DNS."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated

from pulumi import Output, Resource, ResourceOptions
from pydantic import AfterValidator, Field, model_validator
from typing_extensions import override

from components.arguments import NetworkArgs
from components.azure.account import AzureSettings
from components.azure.logs import LogDays, Logs
from components.azure.network.base import KnownZones, Network, SubnetId, VnetId, ZoneId
from components.azure.network.flow_logs import FlowLogs, FlowLogsArgs
from components.azure.network.private_dns import REGISTRY, PrivateDns, PrivateDnsArgs
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


class ExistingVnet(SettingsModel, frozen=True):
    """Existing virtual network. Its owner manages internet access, security groups and flow logs."""

    virtual_network_id: VnetId
    """ID of the virtual network."""
    cidr: Annotated[Cidr, AfterValidator(_usable)]
    """IPv4 range of the virtual network."""
    nodes_subnet_id: SubnetId
    """ID of the subnet for nodes. It must have outbound internet access."""
    endpoints_subnet_id: SubnetId
    """ID of the subnet for private endpoints."""
    hdinsight_subnet_id: SubnetId | None = None
    """ID of the subnet for HDInsight nodes. It must have outbound internet access. Only for stacks with HDInsight."""
    private_dns_zone_ids: Annotated[Mapping[str, ZoneId], KnownZones] = {}
    """IDs of private DNS zones that are already linked to the virtual network, by service: blob, dfs, hdinsight, registry, servicebus
    or vault. For the other services that the stack uses, zones are created and linked."""

    @model_validator(mode="after")
    def _check_subnets(self) -> "ExistingVnet":
        ids = {
            "nodesSubnetId": self.nodes_subnet_id,
            "endpointsSubnetId": self.endpoints_subnet_id,
            "hdinsightSubnetId": self.hdinsight_subnet_id,
        }
        named = {key: subnet.lower() for key, subnet in ids.items() if subnet}
        for key, subnet in named.items():
            if not subnet.startswith(f"{self.virtual_network_id.lower()}/subnets/"):
                raise ValueError(
                    f"{key} must be a subnet of virtualNetworkId, got {ids[key]}. Use a subnet of that network."
                )
            same = next(other for other in named if named[other] == subnet)
            if same != key:
                raise ValueError(
                    f"{key} must not be the same subnet as {same} (each accepts different callers), got {ids[key]}. Use a separate subnet."
                )
        return self


def missing_hdinsight_subnet(*section: str) -> ConfigError:
    """Return the error for an existing network without a subnet for HDInsight."""
    text = (
        "is required (HDInsight needs a separate subnet; HDInsight, Plan a virtual network). "
        "Add one to the virtual network and set its id here."
    )
    return ConfigError(path=(*section, "hdinsightSubnetId"), text=text)


class AzureNetworkSettings(NetworkSettings, frozen=True):
    """Network settings on Azure."""

    cidr: Annotated[Cidr, AfterValidator(_fits_the_layout)] = "10.0.0.0/16"
    """IPv4 range of the virtual network."""
    flow_log_days: Annotated[int, Field(ge=1, le=365)] = 90
    """Days for which flow logs are kept, from 1 to 365 (Azure Network Watcher, Virtual network flow logs)."""
    log_days: LogDays = 90
    """Days for which all other logs are kept, from 30 to 730 (Azure Monitor, Data retention)."""
    registry_cidrs: Annotated[tuple[ClosedCidr, ...], Field(max_length=100), Distinct] = ()
    """Public IP ranges that can push to and pull from the registry. Without ranges it has no public access."""
    existing: ExistingVnet | None = None
    """Existing virtual network to use instead of creating one."""

    @model_validator(mode="after")
    def _check_ignored_keys(self) -> "AzureNetworkSettings":
        ignored = sorted(self.model_fields_set & {"cidr", "flow_log_days"})
        if self.existing and ignored:
            names = ", ".join(type(self).model_fields[name].alias or name for name in ignored)
            raise ValueError(
                f"{names} cannot be used with existing (it applies only to a new virtual network). Remove it, or remove existing."
            )
        return self

    @property
    def zone_count(self) -> int:
        """Number of availability zones that the network spans."""
        return len(ZONES)

    @override
    def idle(self, cloud_services: Collection[str]) -> Iterator[ConfigError]:
        """Yield an error for each ID of the existing network that is missing, or that no service of the stack uses."""
        if self.existing is None:
            return
        used = {REGISTRY, *cloud_services}
        if "hdinsight" in used and not self.existing.hdinsight_subnet_id:
            yield missing_hdinsight_subnet("network", "existing")
        if self.existing.hdinsight_subnet_id and "hdinsight" not in used:
            text = "is ignored without streaming service hdinsight. Remove it."
            yield ConfigError(path=("network", "existing", "hdinsightSubnetId"), text=text)
        for service in self.existing.private_dns_zone_ids:
            if service not in used:
                text = f"is ignored (the stack does not use this service). {unknown(service, used)}"
                yield ConfigError(path=("network", "existing", "privateDnsZoneIds", service), text=text)


class StackNetwork(Network):
    """Resource group with the virtual network, private DNS of the services that the stack uses, and the log workspace.

    Resources that both the streaming service and the platform need are here, so that neither waits for the other.
    """

    nodes_subnet_id: Output[str]
    public_addresses: Sequence[Output[str]]
    """Public source addresses of outbound traffic. Empty in an existing network, where they are unknown."""
    registry_cidrs: Sequence[str]
    """Public IP ranges that can reach the registry."""

    def __init__(
        self, name: str, args: NetworkArgs[AzureSettings, AzureNetworkSettings], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:azure:Network", name, args, opts)
        child = ResourceOptions(parent=self)
        self.registry_cidrs = args.settings.registry_cidrs
        self._logs = Logs(name, self.account, self.resource_group, args.settings.log_days, child)

        services = sorted({REGISTRY, *args.cloud_services})
        existing = args.settings.existing
        if existing:
            self.vnet_id = Output.from_input(existing.virtual_network_id)
            self.nodes_subnet_id = Output.from_input(existing.nodes_subnet_id)
            self.endpoints_subnet_id = Output.from_input(existing.endpoints_subnet_id)
            brokers = existing.hdinsight_subnet_id
            self.hdinsight_subnet_id = Output.from_input(brokers) if brokers else None
            self.public_addresses = []
            self.outbound = []
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
            self.nodes_subnet_id = vnet.nodes_subnet_id
            self.endpoints_subnet_id = vnet.endpoints_subnet_id
            self.hdinsight_subnet_id = vnet.hdinsight_subnet_id
            self.public_addresses = [vnet.public_address]
            self.outbound = vnet.outbound
        cidr = existing.cidr if existing else args.settings.cidr
        self.endpoints_cidr = self.hdinsight_cidr = Output.from_input(cidr)

        self._dns = PrivateDns(
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
        self.register_outputs({"resourceGroup": self.resource_group, "vnetId": self.vnet_id})

    @override
    def zone(self, service: str) -> tuple[Output[str], Sequence[Resource]]:
        """Return the ID of a service's private DNS zone, and the links of all zones."""
        return self._dns.zones[service], self._dns.links

    @property
    @override
    def logs(self) -> Logs:
        """Return the workspace for all logs of the stack."""
        return self._logs
