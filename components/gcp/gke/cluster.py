"""GKE control plane, with the node defaults that it sets."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_gcp as gcp
from pulumi import ComponentResource, CustomTimeouts, Output, Resource, ResourceOptions

from components.gcp.gke.changes import refused_deletion
from components.gcp.gke.node_account import SCOPES, NodeAccount
from components.gcp.gke.settings import GkeSettings
from components.gcp.network.vpc_network import VpcNetwork

ADMIN = "roles/container.admin"
"""Full control of clusters and their Kubernetes objects (GKE, IAM roles)."""

UNCHANGED = ["initialNodeCount", "nodeConfig"]
"""The provider reports the consumers' pool in these fields, although they configure only the temporary first pool. Any difference would
replace the cluster."""


@dataclass(frozen=True, kw_only=True)
class GkeClusterArgs:
    """Arguments of GkeCluster."""

    settings: GkeSettings
    network: VpcNetwork
    nodes: NodeAccount
    managed_prometheus: bool
    """Whether Managed Service for Prometheus collects metrics of the pods."""
    protect: bool


class GkeCluster(ComponentResource):
    """Regional control plane with IAM-only access and private nodes.

    Secrets are encrypted with the stack's key before they are stored. The project's Binary Authorization policy decides which images may
    run. The default policy allows all images.
    """

    cluster: gcp.container.Cluster
    admission: Sequence[Resource]
    """IAM bindings of the administrators."""

    def __init__(self, name: str, args: GkeClusterArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:GkeCluster", name, None, opts)
        self.name = name
        self.args = args
        network = args.network
        key = network.keys.key(f"{name}-gke-key", users=[network.agent("container")], parent=self, protect=args.protect)
        after = [*key.ready, *args.nodes.ready, *network.outbound, network.apis["binaryauthorization"]]
        self.cluster = self._cluster(key.id, after)
        self.admission = [
            gcp.projects.IAMMember(
                f"{name}-admin-{member.replace(':', '-').replace('/', '-')}",
                project=network.account.project,
                role=ADMIN,
                member=member,
                condition=gcp.projects.IAMMemberConditionArgs(
                    title=f"One cluster {name}", expression=self.cluster.id.apply(this_cluster)
                ),
                opts=ResourceOptions(parent=self),
            )
            for member in args.settings.admins
        ]
        self.register_outputs({"clusterName": self.cluster.name})

    def _cluster(self, key: Output[str], after: Sequence[Resource]) -> gcp.container.Cluster:
        settings, network = self.args.settings, self.args.network
        autopilot = settings.mode == "autopilot"
        kept = self.args.protect if settings.deletion_protection is None else settings.deletion_protection
        return gcp.container.Cluster(
            f"{self.name}-gke",
            name=self.name,
            location=network.account.region,
            network=network.network_id,
            subnetwork=network.subnet_id,
            networking_mode="VPC_NATIVE",
            ip_allocation_policy=gcp.container.ClusterIpAllocationPolicyArgs(
                cluster_secondary_range_name=network.pods_range,
                services_secondary_range_name=network.services_range,
            ),
            release_channel=gcp.container.ClusterReleaseChannelArgs(channel=settings.release_channel.upper()),
            maintenance_policy=self._maintenance(),
            private_cluster_config=gcp.container.ClusterPrivateClusterConfigArgs(
                enable_private_nodes=True, enable_private_endpoint=not settings.endpoint.public_cidrs
            ),
            control_plane_endpoints_config=self._endpoints(),
            master_authorized_networks_config=self._authorized_networks(),
            master_auth=gcp.container.ClusterMasterAuthArgs(
                client_certificate_config=gcp.container.ClusterMasterAuthClientCertificateConfigArgs(
                    issue_client_certificate=False
                )
            ),
            database_encryption=gcp.container.ClusterDatabaseEncryptionArgs(state="ENCRYPTED", key_name=key),
            binary_authorization=gcp.container.ClusterBinaryAuthorizationArgs(
                evaluation_mode="PROJECT_SINGLETON_POLICY_ENFORCE"
            ),
            logging_config=gcp.container.ClusterLoggingConfigArgs(enable_components=list(settings.logs)),
            deletion_protection=kept,
            enable_autopilot=True if autopilot else None,
            cluster_autoscaling=self._autopilot_nodes() if autopilot else None,
            remove_default_node_pool=None if autopilot else True,
            initial_node_count=None if autopilot else 1,
            node_config=None if autopilot else self._first_nodes(),
            datapath_provider=None if autopilot else "ADVANCED_DATAPATH",
            enable_shielded_nodes=None if autopilot else True,
            addons_config=None if autopilot else NO_LOCAL_DNS,
            dns_config=None if autopilot else CLUSTER_DNS,
            monitoring_config=None if autopilot else self._metrics(),
            workload_identity_config=None if autopilot else self._workload_identity(),
            opts=ResourceOptions(
                parent=self,
                protect=self.args.protect,
                depends_on=[network.apis["container"], *after],
                ignore_changes=UNCHANGED,
                custom_timeouts=CustomTimeouts(create="60m", update="120m", delete="60m"),
                hooks=refused_deletion(f"{self.name}-gke") if kept else None,
            ),
        )

    def _maintenance(self) -> gcp.container.ClusterMaintenancePolicyArgs | None:
        """Return the maintenance window, or None if GKE chooses the time."""
        start = self.args.settings.maintenance_start
        if start is None:
            return None
        window = gcp.container.ClusterMaintenancePolicyDailyMaintenanceWindowArgs(start_time=start)
        return gcp.container.ClusterMaintenancePolicyArgs(daily_maintenance_window=window)

    def _endpoints(self) -> gcp.container.ClusterControlPlaneEndpointsConfigArgs:
        """Return the DNS endpoint with an IAM check, or the IP endpoint for the configured ranges."""
        by_address = bool(self.args.settings.endpoint.public_cidrs)
        return gcp.container.ClusterControlPlaneEndpointsConfigArgs(
            dns_endpoint_config=gcp.container.ClusterControlPlaneEndpointsConfigDnsEndpointConfigArgs(
                allow_external_traffic=not by_address
            ),
            ip_endpoints_config=gcp.container.ClusterControlPlaneEndpointsConfigIpEndpointsConfigArgs(
                enabled=by_address
            ),
        )

    def _authorized_networks(self) -> gcp.container.ClusterMasterAuthorizedNetworksConfigArgs | None:
        ranges = self.args.settings.endpoint.public_cidrs
        if not ranges:
            return None
        return gcp.container.ClusterMasterAuthorizedNetworksConfigArgs(
            cidr_blocks=[
                gcp.container.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs(cidr_block=cidr) for cidr in ranges
            ],
            gcp_public_cidrs_access_enabled=False,
            private_endpoint_enforcement_enabled=True,
        )

    def _autopilot_nodes(self) -> gcp.container.ClusterClusterAutoscalingArgs:
        """Return the service account of nodes that Autopilot creates. Nothing else is configurable."""
        defaults = gcp.container.ClusterClusterAutoscalingAutoProvisioningDefaultsArgs(
            service_account=self.args.nodes.email, oauth_scopes=list(SCOPES)
        )
        return gcp.container.ClusterClusterAutoscalingArgs(auto_provisioning_defaults=defaults)

    def _first_nodes(self) -> gcp.container.ClusterNodeConfigArgs:
        """Return the config of the temporary first nodes. They get the stack's service account too, not the default one."""
        return gcp.container.ClusterNodeConfigArgs(
            service_account=self.args.nodes.email,
            oauth_scopes=list(SCOPES),
            metadata={"disable-legacy-endpoints": "true"},
            shielded_instance_config=gcp.container.ClusterNodeConfigShieldedInstanceConfigArgs(
                enable_secure_boot=True, enable_integrity_monitoring=True
            ),
        )

    def _metrics(self) -> gcp.container.ClusterMonitoringConfigArgs:
        """Return the metrics that GKE collects. Autopilot always has managed collection (Managed Service for Prometheus, Get started)."""
        collection = gcp.container.ClusterMonitoringConfigManagedPrometheusArgs(enabled=True)
        return gcp.container.ClusterMonitoringConfigArgs(
            enable_components=["SYSTEM_COMPONENTS"],
            managed_prometheus=collection if self.args.managed_prometheus else None,
        )

    def _workload_identity(self) -> gcp.container.ClusterWorkloadIdentityConfigArgs:
        return gcp.container.ClusterWorkloadIdentityConfigArgs(
            workload_pool=workload_pool(self.args.network.account.project)
        )


NO_LOCAL_DNS = gcp.container.ClusterAddonsConfigArgs(
    dns_cache_config=gcp.container.ClusterAddonsConfigDnsCacheConfigArgs(enabled=False)
)
"""Network policies allow DNS only to the cluster's DNS pods. GKE enables a DNS cache on each node by default since 1.34.1, and that cache
could intercept the queries (GKE, NodeLocal DNSCache)."""

CLUSTER_DNS = gcp.container.ClusterDnsConfigArgs(cluster_dns="KUBE_DNS")
"""Cloud DNS has no pods that a network policy could select (GKE, Using Cloud DNS for GKE)."""


def workload_pool(project: str) -> str:
    """Return the workload identity pool of a project's clusters (GKE, Workload Identity Federation)."""
    return f"{project}.svc.id.goog"


def this_cluster(cluster_id: str) -> str:
    """Return the IAM condition that limits a role to one cluster (IAM, Resource attributes for conditions)."""
    return f'resource.type == "container.googleapis.com/Cluster" && resource.name == "{cluster_id}"'
