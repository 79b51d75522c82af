"""Google Kubernetes Engine (GKE): a private Kubernetes cluster with a node pool for consumers, or Autopilot."""

from collections.abc import Mapping, Sequence

import pulumi_gcp as gcp
import pulumi_kubernetes as kubernetes
from pulumi import Output, Resource, ResourceOptions

from components.arguments import PlatformArgs
from components.gcp.gke.base import ISSUER, METADATA_SERVER, NODE_DNS, GkePlatform, kubeconfig
from components.gcp.gke.cluster import GkeCluster, GkeClusterArgs, workload_pool
from components.gcp.gke.node_account import NodeAccount, NodeAccountArgs
from components.gcp.gke.nodes import GkeNodes, GkeNodesArgs
from components.gcp.gke.settings import GkeSettings
from components.gcp.gke.volumes import storage_class
from components.gcp.network.vpc_network import VpcNetwork
from components.gcp.registry import ArtifactRegistry
from components.kubernetes.consumers import NODE_LABEL


class Gke(GkePlatform):
    """GKE cluster with its nodes and their permission to pull the stack's images."""

    cluster: gcp.container.Cluster
    kubeconfig: Output[str]

    def __init__(
        self,
        name: str,
        args: PlatformArgs[GkeSettings, VpcNetwork, ArtifactRegistry],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:gcp:Gke", name, args.network, opts)
        self.args = args
        self.pool = workload_pool(args.network.account.project)
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
        self.before_identities = [self.cluster]
        self.link_local = [METADATA_SERVER, *(NODE_DNS if self.autopilot else [])]
        self.issuer = Output.concat(ISSUER, self.cluster.id)
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
        self.metrics = self.scraper(args.monitoring.collector, self.cluster.name, args.network.account.region)
        self.outputs = {"clusterName": self.cluster.name, "kubeconfig": self.kubeconfig}
        self.register_outputs(dict(self.outputs))

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


def dns_name(endpoints: gcp.container.outputs.ClusterControlPlaneEndpointsConfig) -> str:
    """Return the name of the cluster's DNS-based endpoint. It is unique, even among clusters with the same name."""
    dns = endpoints.dns_endpoint_config
    return (dns.endpoint if dns else None) or ""
