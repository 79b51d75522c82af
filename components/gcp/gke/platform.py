"""Google Kubernetes Engine (GKE): a private Kubernetes cluster with a node pool for consumers, or Autopilot."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi_gcp as gcp
import pulumi_kubernetes as kubernetes
from pulumi import Output, Resource, ResourceOptions
from typing_extensions import override

from components.arguments import PlatformArgs
from components.contracts import EgressRule, Grant
from components.gcp.gke.cluster import GkeCluster, GkeClusterArgs
from components.gcp.gke.node_account import NodeAccount, NodeAccountArgs
from components.gcp.gke.nodes import GkeNodes, GkeNodesArgs
from components.gcp.gke.prometheus import GkeCollector
from components.gcp.gke.settings import GkeSettings
from components.gcp.gke.volumes import storage_class
from components.gcp.gke.workload_identity import WorkloadIdentity, WorkloadIdentityArgs
from components.gcp.network.network import Network
from components.gcp.registry import ArtifactRegistry
from components.kubernetes.collector import KubernetesCollector
from components.kubernetes.consumers import NODE_LABEL
from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.pod_identity import PodIdentity
from components.kubernetes.prometheus_operator import OperatorCollector

METADATA_SERVER = EgressRule(cidr="169.254.169.254/32", port=80)
"""Metadata server with the pods' credentials, under Dataplane V2 (GKE, Network policies, Workload Identity Federation)."""

NODE_DNS = [EgressRule(cidr="169.254.20.10/32", port=53, protocol=protocol) for protocol in ("UDP", "TCP")]
"""DNS cache on each Autopilot node (GKE, NodeLocal DNSCache)."""


class Gke(KubernetesPlatform):
    """GKE cluster with its nodes and their permission to pull the stack's images."""

    cluster: gcp.container.Cluster
    kubeconfig: Output[str]

    def __init__(
        self,
        name: str,
        args: PlatformArgs[GkeSettings, Network, ArtifactRegistry],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:gcp:Gke", name, None, opts)
        self.name = name
        self.args = args
        # Service accounts with the same namespace and name share one identity in all clusters of a project (GKE, Identity sameness).
        self.service_account = f"{name}-consumer"
        self.network = args.network
        self.autopilot = args.settings.mode == "autopilot"
        self.node_labels: Mapping[str, str] = {} if self.autopilot else NODE_LABEL
        child = ResourceOptions(parent=self)

        disk = "pd-balanced" if self.autopilot else args.settings.machine.disk
        volumes = disk if args.system_workloads.volumes else None
        nodes = NodeAccount(
            name,
            NodeAccountArgs(network=args.network, registry=args.registry, mode=args.settings.mode, volumes=volumes),
            child,
        )
        control_plane = GkeCluster(
            name,
            GkeClusterArgs(
                settings=args.settings,
                network=args.network,
                nodes=nodes,
                managed_prometheus=args.monitoring.collector == "managed",
                protect=args.protect,
            ),
            child,
        )
        self.cluster = control_plane.cluster
        self.issuer = Output.concat("https://container.googleapis.com/v1/", self.cluster.id)
        before_pods = [*nodes.ready, *args.network.outbound]
        pools = [] if self.autopilot else [self._pool(nodes, before_pods)]

        self.kubeconfig = Output.secret(self._kubeconfig())
        self.provider = kubernetes.Provider(
            f"{name}-kubernetes",
            kubeconfig=self.kubeconfig,
            cluster_identifier=self.cluster.control_plane_endpoints_config.apply(dns_name),
            delete_unreachable=not args.protect,
            opts=ResourceOptions(parent=self, depends_on=[*pools, *before_pods, *control_plane.admission]),
        )
        inside = ResourceOptions(parent=self, provider=self.provider)
        self.volume_class = storage_class(name, volumes, inside).metadata.name if volumes else None
        self.metrics = self._collector()
        self.outputs = {"clusterName": self.cluster.name, "kubeconfig": self.kubeconfig}
        self.register_outputs(dict(self.outputs))

    def _collector(self) -> KubernetesCollector | None:
        """Return what scrapes the pods, by the setting monitoring.collector."""
        makers: Mapping[str | None, Callable[[], KubernetesCollector]] = {
            "managed": lambda: GkeCollector(self.cluster.name, self.network),
            "operator": lambda: OperatorCollector(self.name, self.provider),
        }
        maker = makers.get(self.args.monitoring.collector)
        return maker() if maker else None

    def _pool(self, account: NodeAccount, after: Sequence[Resource]) -> Resource:
        """Make the node pool for consumers. Autopilot has none."""
        settings = self.args.settings
        needed = settings.nodes_needed(self.args.pipes, self.args.system_workloads)
        nodes = GkeNodes(
            self.name,
            GkeNodesArgs(
                cluster=self.cluster,
                region=self.network.account.region,
                account=account,
                machine=settings.machine,
                minimum=settings.nodes.min,
                desired=max(settings.nodes.min, needed),
                maximum=settings.nodes.max,
                disk_size=settings.nodes.disk_size,
                after=after,
            ),
            ResourceOptions(parent=self),
        )
        return nodes.pool

    def _kubeconfig(self) -> Output[str]:
        """Return a kubeconfig without a stored token: Google's plugin fetches a new one for each use.

        The DNS-based endpoint has a publicly trusted certificate. The IP endpoint has one from the cluster's own authority.
        """
        if not self.args.settings.endpoint.public_cidrs:
            host = self.cluster.control_plane_endpoints_config.apply(dns_name)
            return Output.all(cluster=self.cluster.name, host=host).apply(lambda known: kubeconfig(**known))
        authority = self.cluster.master_auth.cluster_ca_certificate
        known = Output.all(cluster=self.cluster.name, host=self.cluster.endpoint, authority=authority)
        return known.apply(lambda known: kubeconfig(**known))

    @override
    def identity(
        self, name: str, *, namespace: str, service_account: str, grants: Sequence[Grant], opts: ResourceOptions
    ) -> PodIdentity:
        """Give a Kubernetes service account a Google service account through Workload Identity Federation."""
        identity = WorkloadIdentity(
            name,
            WorkloadIdentityArgs(
                network=self.network,
                cluster=self.cluster,
                namespace=namespace,
                service_account=service_account,
                grants=grants,
            ),
            opts,
        )
        return PodIdentity(
            ready=identity.ready,
            annotations={"iam.gke.io/gcp-service-account": identity.email},
            egress_rules=[METADATA_SERVER, *(NODE_DNS if self.autopilot else [])],
        )


def dns_name(endpoints: gcp.container.outputs.ClusterControlPlaneEndpointsConfig) -> str:
    """Return the name of the cluster's DNS-based endpoint. It is unique, even among clusters with the same name."""
    dns = endpoints.dns_endpoint_config
    return (dns.endpoint if dns else None) or ""


def kubeconfig(*, cluster: str, host: str, authority: str | None = None) -> str:
    """Return a kubeconfig that signs in with gcloud (GKE, Install kubectl and configure cluster access)."""
    login = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "gke-gcloud-auth-plugin",
        "installHint": "Install it with: gcloud components install gke-gcloud-auth-plugin",
        "provideClusterInfo": True,
        "interactiveMode": "Never",
    }
    server: dict[str, Any] = {"server": f"https://{host}"}
    if authority:
        server["certificate-authority-data"] = authority
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": server}],
        "users": [{"name": cluster, "user": {"exec": login}}],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": cluster}}],
        "current-context": cluster,
    }
    return json.dumps(config)
