"""AKS node pool for consumers."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import pulumi_azure_native as azure
from pulumi import ComponentResource, CustomTimeouts, Resource, ResourceOptions

from components.azure.aks.changes import refuse_subnet_change
from components.azure.aks.labels import OS_SKU, ZONES
from components.azure.aks.vm_size import Machine
from components.azure.network.network import StackNetwork
from components.changes import refused_change
from components.kubernetes.consumers import NODE_LABEL

DRAIN_MINUTES = 60
"""Time limit for draining a node. Replicas of a pipe move one at a time, each after the previous one is ready elsewhere."""

NO_LOCAL_DNS = azure.containerservice.LocalDNSProfileArgs(mode=azure.containerservice.LocalDNSMode.DISABLED)
"""Pods use the cluster's DNS because network policies select its pods. AKS prefers a resolver on each node from 1.37 on (AKS, LocalDNS).
That resolver is not a pod, so network policies cannot select it."""


@dataclass(frozen=True, kw_only=True)
class AksNodesArgs:
    """Inputs of the node pool."""

    cluster: azure.containerservice.ManagedCluster
    network: StackNetwork
    version: str
    """Kubernetes version of the nodes. They are upgraded after the control plane."""
    machine: Machine
    minimum: int
    desired: int
    maximum: int
    disk_size: int
    """Disk size of each node in GiB."""
    after: Sequence[Resource]
    """Resources that nodes need to start and to drain: network access to Azure's APIs and permission to pull images."""


class AksNodes(ComponentResource):
    """Autoscaled node pool across all zones, with disks encrypted on the host and no public addresses.

    The pool's name depends on its VM size and disk size, which AKS cannot change. For another size, new nodes are created before the old
    nodes are drained.
    """

    pool: azure.containerservice.AgentPool

    def __init__(self, name: str, args: AksNodesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:AksNodes", name, None, opts)
        self.pool = azure.containerservice.AgentPool(
            f"{name}-nodes",
            agent_pool_name=pool_name(args.machine.name, args.disk_size),
            resource_name_=args.cluster.name,
            resource_group_name=args.network.resource_group,
            mode="User",
            orchestrator_version=args.version,
            type="VirtualMachineScaleSets",
            enable_auto_scaling=True,
            count=args.desired,
            min_count=args.minimum,
            max_count=args.maximum,
            availability_zones=list(ZONES),
            vm_size=args.machine.name,
            vnet_subnet_id=args.network.nodes_subnet_id,
            max_pods=args.machine.pods,
            os_type="Linux",
            os_sku=OS_SKU,
            os_disk_type="Managed",
            os_disk_size_gb=args.disk_size,
            enable_encryption_at_host=True,
            enable_node_public_ip=False,
            node_labels=NODE_LABEL,
            local_dns_profile=NO_LOCAL_DNS,
            upgrade_settings=azure.containerservice.AgentPoolUpgradeSettingsArgs(
                max_surge="33%", drain_timeout_in_minutes=DRAIN_MINUTES
            ),
            tags=args.network.account.tags,
            opts=ResourceOptions(
                parent=self,
                depends_on=list(args.after),
                # The autoscaler changes it.
                ignore_changes=["count"],
                # By default the Azure provider deletes explicitly named resources first. This name changes with each pool.
                delete_before_replace=False,
                custom_timeouts=CustomTimeouts(create="45m", update="180m", delete="120m"),
                hooks=refused_change(
                    f"{name}-nodes", "network.existing.nodesSubnetId", "vnetSubnetID", refuse_subnet_change
                ),
            ),
        )
        self.register_outputs({"poolName": self.pool.name})


def pool_name(vm_size: str, disk_size: int) -> str:
    """Return a pool name for this size: up to 12 lower-case letters and digits, a letter first (AKS, Create node pools)."""
    return f"pool{sha256(f'{vm_size} {disk_size}'.encode()).hexdigest()[:8]}"
