"""Azure Kubernetes Service (AKS): a private Kubernetes cluster with a node pool for consumers."""

from collections.abc import Callable, Mapping

import pulumi_azure_native as azure
import pulumi_kubernetes as kubernetes
from pulumi import Output, ResourceOptions

from components.arguments import PlatformArgs
from components.azure.aks.base import AksPlatform
from components.azure.aks.cluster import AksCluster, AksClusterArgs
from components.azure.aks.kubeconfig import kubeconfig, server, user_credentials
from components.azure.aks.nodes import AksNodes, AksNodesArgs
from components.azure.aks.settings import AksSettings
from components.azure.aks.vm_size import machine
from components.azure.aks.volumes import storage_class
from components.azure.monitoring.prometheus import AksCollector, AksCollectorArgs
from components.azure.network.network import StackNetwork
from components.azure.registry import AcrRegistry
from components.azure.roles import assignment
from components.kubernetes.collector import KubernetesCollector
from components.kubernetes.consumers import NODE_LABEL
from components.kubernetes.prometheus_operator import OperatorCollector


class Aks(AksPlatform):
    """AKS cluster with its nodes and their permission to pull the stack's images."""

    cluster: azure.containerservice.ManagedCluster
    kubeconfig: Output[str]
    node_labels = NODE_LABEL

    def __init__(
        self, name: str, args: PlatformArgs[AksSettings, StackNetwork, AcrRegistry], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:azure:Aks", name, None, opts)
        self.name = name
        self.network = args.network
        settings = args.settings

        control_plane = AksCluster(
            name,
            AksClusterArgs(
                settings=settings,
                network=args.network,
                volumes=args.system_workloads.volumes,
                metrics=args.monitoring.collector == "managed",
                protect=args.protect,
            ),
            ResourceOptions(parent=self),
        )
        self.cluster = control_plane.cluster
        self.issuer = self.cluster.oidc_issuer_profile.apply(issuer)
        pull = assignment(
            f"{name}-pull",
            role="AcrPull",
            scope=args.registry.registry_id,
            principal_id=self.cluster.identity_profile.apply(kubelet),
            parent=self,
        )
        # A new administrator takes effect after up to five minutes (AKS, Entra ID authorization), about as long as the nodes take to start.
        before_nodes = [pull, *args.registry.ready, *args.network.outbound, *control_plane.admission]
        nodes = AksNodes(
            name,
            AksNodesArgs(
                cluster=self.cluster,
                network=args.network,
                version=settings.version,
                machine=machine(settings.nodes.vm_size),
                minimum=settings.nodes.min,
                desired=max(settings.nodes.min, settings.nodes_needed(args.pipes, args.system_workloads)),
                maximum=settings.nodes.max,
                disk_size=settings.nodes.disk_size,
                after=before_nodes,
            ),
            ResourceOptions(parent=self),
        )

        # The cluster's outputs contain no certificate authority, and they are unknown in the preview of a cluster update. A replaced
        # cluster keeps its id, so Kubernetes objects detect the replacement by the changed server.
        credentials = user_credentials(
            self.network.resource_group,
            self.cluster.name,
            fqdn=None if settings.endpoint.public_cidrs else "public",
            parent=self,
        )
        self.kubeconfig = Output.secret(credentials.apply(kubeconfig))
        self.provider = kubernetes.Provider(
            f"{name}-kubernetes",
            kubeconfig=self.kubeconfig,
            cluster_identifier=credentials.apply(server),
            delete_unreachable=not args.protect,
            opts=ResourceOptions(parent=self, depends_on=[nodes.pool, *before_nodes]),
        )
        inside = ResourceOptions(parent=self, provider=self.provider)
        self.volume_class = storage_class(name, inside).metadata.name if args.system_workloads.volumes else None
        self.metrics = self._collector(args.monitoring.collector)
        self.outputs = {"clusterName": self.cluster.name, "kubeconfig": self.kubeconfig}
        self.register_outputs(dict(self.outputs))

    def _collector(self, chosen: str | None) -> KubernetesCollector | None:
        """Return what scrapes the pods. None if monitoring is off or the collector is none."""
        makers: Mapping[str, Callable[[], KubernetesCollector]] = {
            "managed": lambda: AksCollector(
                self.name, AksCollectorArgs(cluster=self.cluster, network=self.network), ResourceOptions(parent=self)
            ),
            "operator": lambda: OperatorCollector(self.name, self.provider),
        }
        return makers[chosen]() if chosen in makers else None


def kubelet(
    identities: Mapping[str, azure.containerservice.outputs.UserAssignedIdentityManagedClusterResponse] | None,
) -> str:
    """Return the object id of the identity that nodes pull images with."""
    return (identities or {})["kubeletidentity"].object_id or ""


def issuer(profile: azure.containerservice.outputs.ManagedClusterOIDCIssuerProfileResponse | None) -> str:
    """Return the URL of the cluster's OIDC issuer."""
    return profile.issuer_url if profile else ""
