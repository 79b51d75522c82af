"""Network of a stack on an existing AKS cluster: the cluster's own, and private endpoints only for new streaming services."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, cast

from pulumi import Output, Resource, ResourceOptions
from pulumi_azure_native.containerservice import GetManagedClusterResult
from typing_extensions import override

from components.arguments import NetworkArgs
from components.azure.account import AzureSettings
from components.azure.aks.existing_cluster import find_cluster, nodes_vnet
from components.azure.aks.existing_settings import ExistingAksSettings
from components.azure.logs import LogDays, Logs
from components.azure.network.base import KnownZones, Network, SubnetId, ZoneId
from components.azure.network.network import missing_hdinsight_subnet
from components.azure.network.private_dns import DNS_ZONES, REGISTRY, PrivateDns, PrivateDnsArgs
from components.azure.network.subnet_range import subnet_range
from components.azure.network.vnet import ZONES
from components.lookup import unanswered
from components.section import ConfigError, unknown
from components.settings_bases import NetworkSettings

ENDPOINTS = frozenset(DNS_ZONES) - {REGISTRY, "hdinsight"}
"""Services whose private endpoints the program makes."""

LOGGED = frozenset({"servicebus", "vault"})
"""Services whose logs the program keeps."""


class ClusterNetworkSettings(NetworkSettings, frozen=True):
    """Network settings of a stack on an existing AKS cluster. Only new streaming services with private addresses need any."""

    endpoints_subnet_id: SubnetId | None = None
    """ID of the subnet for private endpoints, in the virtual network of the nodes or in a peered one. Only for new streaming services with
    private endpoints."""
    hdinsight_subnet_id: SubnetId | None = None
    """ID of the subnet for HDInsight nodes, in the virtual network of the cluster's nodes. It must have outbound internet access. Only for a
    new HDInsight cluster."""
    private_dns_zone_ids: Annotated[Mapping[str, ZoneId], KnownZones] = {}
    """IDs of private DNS zones that are already linked to the virtual network of the nodes, by service: blob, dfs, servicebus or vault.
    For the other private endpoints of the stack, zones are created and linked."""
    log_days: LogDays = 90
    """Days for which the logs of a new streaming service are kept, from 30 to 730 (Azure Monitor, Data retention)."""

    @property
    def zone_count(self) -> int:
        """Number of availability zones of the region."""
        return len(ZONES)

    @override
    def idle(self, cloud_services: Collection[str]) -> Iterator[ConfigError]:
        """Yield an error for each setting that is missing, or that no service of the stack uses."""
        used = set(cloud_services)
        if used & ENDPOINTS and not self.endpoints_subnet_id:
            text = (
                f"is required (the stack has private endpoints for {', '.join(sorted(used & ENDPOINTS))}). Set it to the ID of a subnet in the "
                "virtual network of the nodes, or in a peered one."
            )
            yield ConfigError(path=("network", "endpointsSubnetId"), text=text)
        if "hdinsight" in used and not self.hdinsight_subnet_id:
            yield missing_hdinsight_subnet("network")
        needed = {
            "endpointsSubnetId": (self.endpoints_subnet_id, used & {*ENDPOINTS, "confluent"}),
            "hdinsightSubnetId": (self.hdinsight_subnet_id, used & {"hdinsight"}),
            "logDays": ("log_days" in self.model_fields_set, used & LOGGED),
        }
        for key, (given, users) in needed.items():
            if given and not users:
                text = "is ignored (only a new streaming service on Azure needs it). Remove it."
                yield ConfigError(path=("network", key), text=text)
        for service in self.private_dns_zone_ids:
            if service not in used & ENDPOINTS:
                text = f"is ignored (the stack has no private endpoint for this service). {unknown(service, used & ENDPOINTS)}"
                yield ConfigError(path=("network", "privateDnsZoneIds", service), text=text)


class ClusterNetwork(Network):
    """Resource group of the stack, and the network of an existing AKS cluster. Its owner manages it.

    Only for a new streaming service with private endpoints, the program makes private DNS zones, and a workspace for its logs.
    """

    cluster: Output[GetManagedClusterResult]
    """The cluster. It is ready, and its pods can get identities."""

    def __init__(
        self, name: str, args: NetworkArgs[AzureSettings, ClusterNetworkSettings], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:azure:ClusterNetwork", name, args, opts)
        self.settings = settings = args.settings
        existing = cast("ExistingAksSettings", args.platform).existing
        self.cluster = find_cluster(existing, self.account, self)
        self._dns: PrivateDns | None = None
        self._logs: Logs | None = None
        endpoints, brokers = settings.endpoints_subnet_id, settings.hdinsight_subnet_id
        self.vnet_id = self.cluster.apply(self._vnet)
        self.endpoints_subnet_id = Output.from_input(endpoints) if endpoints else None
        self.hdinsight_subnet_id = Output.from_input(brokers) if brokers else None
        self.endpoints_cidr = self._range(endpoints, "network.endpointsSubnetId")
        self.hdinsight_cidr = self._range(brokers, "network.hdinsightSubnetId")
        self.outbound = []
        self.register_outputs({"resourceGroup": self.resource_group})

    @override
    def zone(self, service: str) -> tuple[Output[str], Sequence[Resource]]:
        """Return the ID of a service's private DNS zone, and the links of the zones. A zone is made for its first private endpoint.

        A network cannot be linked to two zones of one name, so zones that nothing uses could be in the way of the owner's.
        """
        if self._dns is None:
            dns = PrivateDnsArgs(
                services=[],
                existing=self.settings.private_dns_zone_ids,
                vnet_id=self.vnet_id,
                resource_group=self.resource_group,
                account=self.account,
            )
            self._dns = PrivateDns(self.name, dns, ResourceOptions(parent=self))
        if service not in self._dns.zones:
            self._dns.add(service)
        return self._dns.zones[service], list(self._dns.links)

    @property
    @override
    def logs(self) -> Logs:
        """Return the workspace for the logs of a new streaming service. It is made for the first one."""
        if self._logs is None:
            self._logs = Logs(
                self.name, self.account, self.resource_group, self.settings.log_days, ResourceOptions(parent=self)
            )
        return self._logs

    def _vnet(self, cluster: GetManagedClusterResult) -> str:
        """Return the ID of the virtual network of the nodes, or an empty string if AKS manages it and the stack adds nothing to it."""
        vnet, brokers = nodes_vnet(cluster), self.settings.hdinsight_subnet_id
        if vnet is None and (self.settings.endpoints_subnet_id or brokers):
            raise unanswered(
                "platform.existing.name",
                rule="the name of a cluster whose nodes are in a virtual network of yours",
                got=cluster.name,
                reason="AKS manages the network of this cluster, so it cannot have private endpoints",
                fix="Use a cluster with its own subnet (az aks create --vnet-subnet-id), or a streaming service without private endpoints.",
            )
        if vnet and brokers and not brokers.lower().startswith(f"{vnet.lower()}/subnets/"):
            raise unanswered(
                "network.hdinsightSubnetId",
                rule=f"a subnet of {vnet}, the virtual network of the nodes",
                got=brokers,
                reason="the names of HDInsight's brokers resolve only in their own network",
                fix="Use a subnet of that network.",
            )
        return vnet or ""

    def _range(self, subnet_id: str | None, key: str) -> Output[str]:
        """Return the IP range of a subnet. Without a subnet it is empty."""
        return subnet_range(subnet_id, key, self.account, parent=self) if subnet_id else Output.from_input("")
