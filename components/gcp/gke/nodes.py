"""Node pool for consumers on GKE in mode standard."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import pulumi_gcp as gcp
from pulumi import ComponentResource, CustomTimeouts, Resource, ResourceOptions

from components.gcp.gke.machine_type import Machine
from components.gcp.gke.node_account import SCOPES, NodeAccount
from components.gcp.network.network import ZONES
from components.kubernetes.consumers import NODE_LABEL


@dataclass(frozen=True, kw_only=True)
class GkeNodesArgs:
    """Arguments of GkeNodes."""

    cluster: gcp.container.Cluster
    region: str
    account: NodeAccount
    machine: Machine
    minimum: int
    desired: int
    maximum: int
    disk_size: int
    """Disk size of each node in GiB."""
    after: Sequence[Resource]
    """Resources that nodes need from start to deletion: network access to Google APIs, and IAM bindings."""


class GkeNodes(ComponentResource):
    """Autoscaled regional pool of shielded nodes. Pods cannot read the nodes' credentials."""

    pool: gcp.container.NodePool

    def __init__(self, name: str, args: GkeNodesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:GkeNodes", name, None, opts)
        self.pool = gcp.container.NodePool(
            f"{name}-nodes",
            name=pool_name(args.machine.name, args.disk_size),
            cluster=args.cluster.name,
            location=args.region,
            initial_node_count=nodes_in_each_zone(args.desired, args.maximum),
            autoscaling=gcp.container.NodePoolAutoscalingArgs(
                total_min_node_count=args.minimum, total_max_node_count=args.maximum, location_policy="BALANCED"
            ),
            max_pods_per_node=args.machine.pods,
            management=gcp.container.NodePoolManagementArgs(auto_repair=True, auto_upgrade=True),
            upgrade_settings=gcp.container.NodePoolUpgradeSettingsArgs(
                strategy="SURGE", max_surge=1, max_unavailable=0
            ),
            node_config=gcp.container.NodePoolNodeConfigArgs(
                machine_type=args.machine.name,
                disk_size_gb=args.disk_size,
                disk_type=args.machine.disk,
                image_type="COS_CONTAINERD",
                labels=NODE_LABEL,
                service_account=args.account.email,
                oauth_scopes=list(SCOPES),
                metadata={"disable-legacy-endpoints": "true"},
                shielded_instance_config=gcp.container.NodePoolNodeConfigShieldedInstanceConfigArgs(
                    enable_secure_boot=True, enable_integrity_monitoring=True
                ),
                workload_metadata_config=gcp.container.NodePoolNodeConfigWorkloadMetadataConfigArgs(
                    mode="GKE_METADATA"
                ),
            ),
            opts=ResourceOptions(
                parent=self,
                depends_on=list(args.after),
                # The autoscaler changes the number of nodes, and a different initial number would replace the pool.
                ignore_changes=["initialNodeCount"],
                # Create the new pool first, so that pods of the old pool have somewhere to move.
                delete_before_replace=False,
                custom_timeouts=CustomTimeouts(create="45m", update="180m", delete="120m"),
            ),
        )
        self.register_outputs({"poolName": self.pool.name})


def nodes_in_each_zone(desired: int, maximum: int) -> int:
    """Return the initial number of nodes per zone. The autoscaler's bounds count the nodes of all zones (GKE, Cluster autoscaler)."""
    return min(-(-desired // ZONES), maximum // ZONES)


def pool_name(machine_type: str, disk_size: int) -> str:
    """Return the pool name, at most 40 characters (GKE). It depends on the node size, so another size creates a new pool."""
    return f"pool-{sha256(f'{machine_type} {disk_size}'.encode()).hexdigest()[:8]}"
