"""Azure Kubernetes Service (AKS): a private Kubernetes cluster with a node pool for consumers."""

import json
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi_azure_native as azure
import pulumi_kubernetes as kubernetes
import yaml
from pulumi import InvokeOutputOptions, Output, ResourceOptions
from typing_extensions import override

from components.arguments import PlatformArgs
from components.azure.aks.cluster import AksCluster, AksClusterArgs
from components.azure.aks.nodes import AksNodes, AksNodesArgs
from components.azure.aks.prometheus import AksCollector, AksCollectorArgs
from components.azure.aks.settings import AksSettings
from components.azure.aks.vm_size import machine
from components.azure.aks.volumes import storage_class
from components.azure.aks.workload_identity import WorkloadIdentity, WorkloadIdentityArgs
from components.azure.network.network import Network
from components.azure.registry import AcrRegistry
from components.azure.roles import assignment
from components.contracts import Grant
from components.kubernetes.collector import KubernetesCollector
from components.kubernetes.consumers import NODE_LABEL
from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.pod_identity import PodIdentity
from components.kubernetes.prometheus_operator import OperatorCollector
from components.lookup import lookup

ENTRA_SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""Entra application that tokens for AKS are issued for. It is the same for all clusters (AKS, Use kubelogin to authenticate)."""


class Aks(KubernetesPlatform):
    """AKS cluster with its nodes and their permission to pull the stack's images."""

    cluster: azure.containerservice.ManagedCluster
    kubeconfig: Output[str]
    node_labels = NODE_LABEL

    def __init__(
        self, name: str, args: PlatformArgs[AksSettings, Network, AcrRegistry], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:azure:Aks", name, None, opts)
        self.name = name
        self.network = args.network
        self.private = not args.settings.endpoint.public_cidrs
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

        credentials = self._credentials()
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

    def _credentials(self) -> Output[str]:
        """Return the cluster's user credentials from Azure: a kubeconfig with server and certificate authority.

        The cluster's outputs contain no certificate authority, and they are unknown in the preview of a cluster update. A replaced
        cluster keeps its id, so Kubernetes objects detect the replacement by the changed server. Private API servers have a public
        name too.
        """
        found = azure.containerservice.list_managed_cluster_user_credentials_output(
            resource_group_name=self.network.resource_group,
            resource_name=self.cluster.name,
            server_fqdn="public" if self.private else None,
            opts=InvokeOutputOptions(parent=self),
        )
        found = lookup(
            found,
            "azure-native:subscriptionId",
            rule="a subscription where the deployer may read the credentials of the AKS cluster",
            fix="Give the deployer the role Azure Kubernetes Service Cluster User Role.",
        )
        return found.apply(lambda result: result.kubeconfigs[0].value)

    def _collector(self, chosen: str | None) -> KubernetesCollector | None:
        """Return what scrapes the pods. None if monitoring is off or the collector is none."""
        makers: Mapping[str, Callable[[], KubernetesCollector]] = {
            "managed": lambda: AksCollector(
                self.name, AksCollectorArgs(cluster=self.cluster, network=self.network), ResourceOptions(parent=self)
            ),
            "operator": lambda: OperatorCollector(self.name, self.provider),
        }
        return makers[chosen]() if chosen in makers else None

    @override
    def identity(
        self, name: str, *, namespace: str, service_account: str, grants: Sequence[Grant], opts: ResourceOptions
    ) -> PodIdentity:
        """Give a service account a managed identity through workload identity."""
        identity = WorkloadIdentity(
            name,
            WorkloadIdentityArgs(
                network=self.network,
                issuer=self.issuer,
                namespace=namespace,
                service_account=service_account,
                grants=grants,
            ),
            opts,
        )
        return PodIdentity(
            ready=identity.ready,
            annotations={"azure.workload.identity/client-id": identity.client_id},
            labels={"azure.workload.identity/use": "true"},
        )


def kubelet(
    identities: Mapping[str, azure.containerservice.outputs.UserAssignedIdentityManagedClusterResponse] | None,
) -> str:
    """Return the object id of the identity that nodes pull images with."""
    return (identities or {})["kubeletidentity"].object_id or ""


def issuer(profile: azure.containerservice.outputs.ManagedClusterOIDCIssuerProfileResponse | None) -> str:
    """Return the URL of the cluster's OIDC issuer."""
    return profile.issuer_url if profile else ""


def server(credentials: str) -> str:
    """Return the address of the Kubernetes API from a user kubeconfig."""
    return _cluster(credentials)["server"]


def kubeconfig(credentials: str) -> str:
    """Return a kubeconfig that signs in with the Azure CLI (AKS, Use kubelogin to authenticate)."""
    cluster = _cluster(credentials)
    login = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "kubelogin",
        "args": ["get-token", "--login", "azurecli", "--server-id", ENTRA_SERVER],
        "interactiveMode": "Never",
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "aks", "cluster": cluster}],
        "users": [{"name": "aks", "user": {"exec": login}}],
        "contexts": [{"name": "aks", "context": {"cluster": "aks", "user": "aks"}}],
        "current-context": "aks",
    }
    return json.dumps(config)


def _cluster(credentials: str) -> dict[str, Any]:
    """Return the server and its certificate authority from a base64-encoded kubeconfig."""
    found = yaml.safe_load(b64decode(credentials))["clusters"][0]["cluster"]
    return {"server": found["server"], "certificate-authority-data": found["certificate-authority-data"]}
