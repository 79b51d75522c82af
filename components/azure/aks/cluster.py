"""AKS control plane and its system node pool."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from ipaddress import IPv4Network

import pulumi_azure_native as azure
from pulumi import ComponentResource, CustomTimeouts, Output, Resource, ResourceHookBinding, ResourceOptions

from components.azure.aks.changes import refuse_privacy_change, refuse_system_node_change, refuse_version_change
from components.azure.aks.labels import OS_SKU, ZONES
from components.azure.aks.nodes import NO_LOCAL_DNS
from components.azure.aks.settings import SYSTEM_NODES, AksSettings
from components.azure.aks.vm_size import machine
from components.azure.network.network import StackNetwork
from components.azure.roles import assignment
from components.changes import refused_change

SYSTEM_NODES_TAG = "data-pipes-system-nodes"
"""Tag that stores the VM size of the system nodes. AKS cannot change it, so previews compare it."""

SYSTEM_POOL = "system"
"""Name of the system node pool."""

DNS_ADDRESS = 10
"""Index of the DNS address in the service range. The first address is the Kubernetes API's (AKS, Azure CNI Overlay)."""


@dataclass(frozen=True, kw_only=True)
class AksClusterArgs:
    """Inputs of the control plane."""

    settings: AksSettings
    network: StackNetwork
    volumes: bool
    """Whether pods can claim disks."""
    metrics: bool
    """Whether Azure's managed Prometheus scrapes the pods."""
    protect: bool


class AksCluster(ComponentResource):
    """AKS control plane with Entra-only sign-in and logs. Its API is private unless public ranges are set.

    Its identity can change only the nodes' subnet. A private API has a name in public DNS with a private address, not a private DNS
    zone. A zone would need a link to the virtual network and permissions on the whole network (AKS, Create a private cluster).
    Connected networks and custom DNS servers could not resolve names in such a zone.
    """

    cluster: azure.containerservice.ManagedCluster
    admission: Sequence[Resource]
    """Role assignments of the administrators. Resources in the cluster are created after them and deleted before them."""

    def __init__(self, name: str, args: AksClusterArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:AksCluster", name, None, opts)
        self.name = name
        self.args = args
        network = args.network
        identity = azure.managedidentity.UserAssignedIdentity(
            f"{name}-aks",
            resource_name_=f"{name}-aks",
            resource_group_name=network.resource_group,
            location=network.account.location,
            tags=network.account.tags,
            opts=ResourceOptions(parent=self),
        )
        nodes_subnet = assignment(
            f"{name}-aks-subnet",
            role="Network Contributor",
            scope=network.nodes_subnet_id,
            principal_id=identity.principal_id,
            parent=self,
        )
        self.cluster = self._cluster(identity, [nodes_subnet, *network.outbound])
        network.logs.collect(f"{name}-aks", self.cluster.id, args.settings.logs, self)
        self.admission = self._admission()
        self.register_outputs({"clusterName": self.cluster.name})

    def _cluster(
        self, identity: azure.managedidentity.UserAssignedIdentity, after: Sequence[Resource]
    ) -> azure.containerservice.ManagedCluster:
        settings, network = self.args.settings, self.args.network
        return azure.containerservice.ManagedCluster(
            f"{self.name}-aks",
            resource_name_=self.name,
            resource_group_name=network.resource_group,
            node_resource_group=f"{self.name}-nodes",
            node_resource_group_profile=azure.containerservice.ManagedClusterNodeResourceGroupProfileArgs(
                restriction_level="ReadOnly"
            ),
            location=network.account.location,
            dns_prefix=self.name,
            kubernetes_version=settings.version,
            sku=azure.containerservice.ManagedClusterSKUArgs(name="Base", tier="Standard"),
            identity=azure.containerservice.ManagedClusterIdentityArgs(
                type=azure.containerservice.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[identity.id]
            ),
            enable_rbac=True,
            disable_local_accounts=True,
            aad_profile=azure.containerservice.ManagedClusterAADProfileArgs(
                managed=True, enable_azure_rbac=True, admin_group_object_ids=list(settings.admin_groups) or None
            ),
            api_server_access_profile=self._api_access(),
            oidc_issuer_profile=azure.containerservice.ManagedClusterOIDCIssuerProfileArgs(enabled=True),
            security_profile=azure.containerservice.ManagedClusterSecurityProfileArgs(
                workload_identity=azure.containerservice.ManagedClusterSecurityProfileWorkloadIdentityArgs(enabled=True)
            ),
            network_profile=azure.containerservice.ContainerServiceNetworkProfileArgs(
                network_plugin="azure",
                network_plugin_mode="overlay",
                network_dataplane="cilium",
                network_policy="cilium",
                pod_cidr=settings.pod_cidr,
                service_cidr=settings.service_cidr,
                dns_service_ip=dns_address(settings.service_cidr),
                outbound_type=settings.outbound_type,
                load_balancer_sku="standard",
            ),
            auto_upgrade_profile=azure.containerservice.ManagedClusterAutoUpgradeProfileArgs(
                upgrade_channel=settings.upgrade_channel, node_os_upgrade_channel=settings.node_upgrade_channel
            ),
            storage_profile=azure.containerservice.ManagedClusterStorageProfileArgs(
                disk_csi_driver=azure.containerservice.ManagedClusterStorageProfileDiskCSIDriverArgs(
                    enabled=self.args.volumes
                ),
                file_csi_driver=azure.containerservice.ManagedClusterStorageProfileFileCSIDriverArgs(enabled=False),
                snapshot_controller=azure.containerservice.ManagedClusterStorageProfileSnapshotControllerArgs(
                    enabled=False
                ),
            ),
            # Also if disabled: AKS keeps what a request leaves out.
            azure_monitor_profile=azure.containerservice.ManagedClusterAzureMonitorProfileArgs(
                metrics=azure.containerservice.ManagedClusterAzureMonitorProfileMetricsArgs(enabled=self.args.metrics)
            ),
            agent_pool_profiles=[self._system_pool()],
            tags={**network.account.tags, SYSTEM_NODES_TAG: settings.system_nodes.vm_size},
            opts=ResourceOptions(
                parent=self,
                protect=self.args.protect,
                depends_on=list(after),
                # A refresh returns all pools here, including the consumers' pool. AKS keeps pools that a request omits.
                ignore_changes=["agentPoolProfiles"],
                custom_timeouts=CustomTimeouts(create="45m", update="180m", delete="45m"),
                hooks=self._hooks(),
            ),
        )

    def _api_access(self) -> azure.containerservice.ManagedClusterAPIServerAccessProfileArgs:
        """Return private access, or public access for the given ranges and the NAT gateway that the nodes connect through."""
        ranges = self.args.settings.endpoint.public_cidrs
        if not ranges:
            return azure.containerservice.ManagedClusterAPIServerAccessProfileArgs(
                enable_private_cluster=True,
                private_dns_zone="none",
                enable_private_cluster_public_fqdn=True,
                disable_run_command=True,
            )
        own = [Output.concat(address, "/32") for address in self.args.network.public_addresses]
        return azure.containerservice.ManagedClusterAPIServerAccessProfileArgs(
            enable_private_cluster=False, authorized_ip_ranges=[*ranges, *own], disable_run_command=True
        )

    def _system_pool(self) -> azure.containerservice.ManagedClusterAgentPoolProfileArgs:
        """Return the system pool: one node in each zone for AKS components."""
        size = self.args.settings.system_nodes.vm_size
        return azure.containerservice.ManagedClusterAgentPoolProfileArgs(
            name=SYSTEM_POOL,
            mode="System",
            type="VirtualMachineScaleSets",
            count=SYSTEM_NODES,
            availability_zones=list(ZONES),
            vm_size=size,
            vnet_subnet_id=self.args.network.nodes_subnet_id,
            max_pods=machine(size).pods,
            os_type="Linux",
            os_sku=OS_SKU,
            os_disk_type="Managed",
            enable_encryption_at_host=True,
            enable_node_public_ip=False,
            node_taints=["CriticalAddonsOnly=true:NoSchedule"],
            local_dns_profile=NO_LOCAL_DNS,
            upgrade_settings=azure.containerservice.AgentPoolUpgradeSettingsArgs(max_surge="1"),
        )

    def _hooks(self) -> ResourceHookBinding:
        name = f"{self.name}-aks"
        return reduce(
            ResourceHookBinding.merge,
            [
                refused_change(name, "platform.version", "kubernetesVersion", refuse_version_change),
                refused_change(
                    name,
                    "platform.endpoint.publicCidrs",
                    "apiServerAccessProfile.enablePrivateCluster",
                    refuse_privacy_change,
                ),
                refused_change(
                    name, "platform.systemNodes.vmSize", f'tags["{SYSTEM_NODES_TAG}"]', refuse_system_node_change
                ),
            ],
        )

    def _admission(self) -> Sequence[Resource]:
        """Give the deployer the cluster admin role if no admin groups are set. AKS itself admits the groups.

        The deployer can be a user or an application, so the principal type is left to Azure. Azure can look it up because the deployer
        already exists.
        """
        if self.args.settings.admin_groups:
            return []
        return [
            assignment(
                f"{self.name}-admin-deployer",
                role="Azure Kubernetes Service RBAC Cluster Admin",
                scope=self.cluster.id,
                principal_id=self.args.network.account.deployer,
                principal_type=None,
                parent=self,
            )
        ]


def dns_address(service_cidr: str) -> str:
    """Return the address of the cluster's DNS service."""
    return str(IPv4Network(service_cidr)[DNS_ADDRESS])
