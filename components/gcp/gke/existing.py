"""GKE cluster that was there before the stack."""

from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi import Output, ResourceOptions
from pulumi_gcp.container import GetClusterResult
from typing_extensions import override

from components.arguments import PlatformArgs
from components.contracts import EgressRule, Grant, Registry
from components.gcp.gke.base import ISSUER, METADATA_SERVER, NODE_DNS, GkePlatform, kubeconfig
from components.gcp.gke.existing_checks import (
    identity_pool,
    refuse,
    refuse_large_pods,
    refuse_missing_collection,
    weaknesses,
)
from components.gcp.gke.existing_settings import ExistingGkeSettings
from components.gcp.network.cluster_network import ClusterNetwork
from components.kubernetes.pod_identity import PodIdentity

LINK_LOCAL_DNS = [
    *NODE_DNS,
    *(EgressRule(cidr="169.254.169.254/32", port=53, protocol=protocol) for protocol in ("UDP", "TCP")),
]
"""Addresses of DNS on the node, which also pods without an identity need."""

LINK_LOCAL = [
    METADATA_SERVER,
    *(EgressRule(cidr="169.254.169.252/32", port=port) for port in (987, 988)),
    *LINK_LOCAL_DNS,
]
"""Addresses on the node that a pod may need. They depend on the cluster: the metadata server of Dataplane V2 and of Calico (GKE, Network
policies), NodeLocal DNSCache, and Cloud DNS, whose name server is the metadata server (tektoncd/operator, issue 4000; read 2026-11-30)."""


class ExistingGke(GkePlatform):
    """GKE cluster of another owner. The program makes namespaces, identities and consumers on it, and changes nothing of it."""

    def __init__(
        self,
        name: str,
        args: PlatformArgs[ExistingGkeSettings, ClusterNetwork, Registry],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:gcp:ExistingGke", name, args.network, opts)
        self.args = args
        existing = args.settings.existing
        cluster = args.network.cluster.apply(self._checked)
        self.pool = cluster.apply(identity_pool)
        self.link_local = LINK_LOCAL
        self.node_labels = {}
        self.volume_class = Output.from_input(existing.storage_class) if existing.storage_class else None
        self.issuer = Output.concat(ISSUER, cluster.id)
        self.provider = kubernetes.Provider(
            f"{name}-kubernetes",
            kubeconfig=Output.secret(cluster.apply(kubeconfig_of)),
            cluster_identifier=cluster.apply(address),
            opts=ResourceOptions(parent=self),
        )
        self.metrics = self.scraper(
            args.monitoring.collector, cluster.name, existing.location or args.network.account.region
        )
        self.outputs = {"clusterName": cluster.name.apply(str)}
        self.register_outputs(dict(self.outputs))

    @override
    def identity(
        self, name: str, *, namespace: str, service_account: str, grants: Sequence[Grant], opts: ResourceOptions
    ) -> PodIdentity:
        """Give a Kubernetes service account a Google service account. Without grants it needs none."""
        if not grants:
            return PodIdentity(ready=[], egress_rules=LINK_LOCAL_DNS)
        return super().identity(name, namespace=namespace, service_account=service_account, grants=grants, opts=opts)

    def _checked(self, cluster: GetClusterResult) -> GetClusterResult:
        """Return the cluster. Raise RunError if it cannot run the consumers, and warn about what it lacks."""
        identity_pool(cluster)
        address(cluster)
        refuse_large_pods(cluster, self.args.pipes)
        if self.args.monitoring.collector == "managed":
            refuse_missing_collection(cluster)
        for warning in weaknesses(cluster, self.args.pipes, self.args.system_workloads):
            pulumi.log.warn(warning, self)
        return cluster


def dns_name(cluster: GetClusterResult) -> str | None:
    """Return the DNS-based endpoint of a cluster. None if it accepts no calls from outside Google Cloud."""
    for config in cluster.control_plane_endpoints_configs:
        for dns in config.dns_endpoint_configs:
            if dns.allow_external_traffic and dns.endpoint:
                return dns.endpoint
    return None


def address(cluster: GetClusterResult) -> str:
    """Return the host of the Kubernetes API. Raise RunError if there is none: the cluster is still being created."""
    host = dns_name(cluster) or cluster.endpoint
    if not host:
        refuse(
            cluster,
            rule="the name of a GKE cluster that is running",
            reason="it has no endpoint yet",
            fix=f"Wait until its status is RUNNING: gcloud container clusters describe {cluster.name} --location={cluster.location}",
        )
    return host


def kubeconfig_of(cluster: GetClusterResult) -> str:
    """Return a kubeconfig for the DNS-based endpoint if it is open, else for the IP endpoint with the cluster's own authority."""
    authority = None if dns_name(cluster) else cluster.master_auths[0].cluster_ca_certificate
    return kubeconfig(cluster=cluster.name, host=address(cluster), authority=authority)
