"""An AKS cluster that was there before the stack."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi_azure_native as azure
import pulumi_kubernetes as kubernetes
from pulumi import Output, ResourceOptions
from pulumi_azure_native.containerservice import GetManagedClusterResult
from typing_extensions import override

from components.arguments import PlatformArgs
from components.azure.aks.base import AksPlatform
from components.azure.aks.existing_cluster import warn_if_private, warn_without_policies
from components.azure.aks.existing_network import ClusterNetwork
from components.azure.aks.existing_settings import ExistingAksSettings
from components.azure.aks.kubeconfig import as_returned, kubeconfig, server, user_credentials
from components.contracts import Grant, Registry
from components.kubernetes.pod_identity import PodIdentity
from components.kubernetes.prometheus_operator import OperatorCollector


class ExistingAks(AksPlatform):
    """AKS cluster of another owner. The program makes namespaces, identities and consumers, and changes nothing of the cluster."""

    cluster: azure.containerservice.ManagedCluster
    kubeconfig: Output[str]
    node_labels: Mapping[str, str] = {}

    def __init__(
        self,
        name: str,
        args: PlatformArgs[ExistingAksSettings, ClusterNetwork, Registry],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:azure:ExistingAks", name, None, opts)
        self.name = name
        self.network = args.network
        existing, found = args.settings.existing, args.network.cluster
        self.cluster = azure.containerservice.ManagedCluster.get(
            f"{name}-aks", found.apply(lambda cluster: cluster.id), opts=ResourceOptions(parent=self)
        )
        self.issuer = found.apply(issuer)
        found.apply(lambda cluster: warn_without_policies(cluster, existing, self))
        found.apply(lambda cluster: warn_if_private(cluster, existing, self))
        credentials = user_credentials(
            existing.resource_group, found.apply(lambda cluster: cluster.name), fqdn=found.apply(fqdn), parent=self
        )
        self.kubeconfig = Output.secret(Output.all(cluster=found, credentials=credentials).apply(admitted))
        self.provider = kubernetes.Provider(
            f"{name}-kubernetes",
            kubeconfig=self.kubeconfig,
            cluster_identifier=credentials.apply(server),
            delete_unreachable=False,  # the cluster survives this stack, so what cannot be reached still runs
            opts=ResourceOptions(parent=self),
        )
        self.volume_class = Output.from_input(existing.storage_class) if existing.storage_class else None
        self.metrics = OperatorCollector(name, self.provider) if args.monitoring.collector == "operator" else None
        self.outputs = {"clusterName": self.cluster.name, "kubeconfig": self.kubeconfig}
        self.register_outputs(dict(self.outputs))

    @override
    def identity(
        self, name: str, *, namespace: str, service_account: str, grants: Sequence[Grant], opts: ResourceOptions
    ) -> PodIdentity:
        """Give a service account a managed identity. Without grants it needs none."""
        if not grants:
            return PodIdentity(ready=[])
        return super().identity(name, namespace=namespace, service_account=service_account, grants=grants, opts=opts)


def issuer(cluster: GetManagedClusterResult) -> str:
    """Return the URL of the cluster's OIDC issuer, which the lookup requires."""
    return cluster.oidc_issuer_profile.issuer_url if cluster.oidc_issuer_profile else ""


def fqdn(cluster: GetManagedClusterResult) -> str | None:
    """Return which name of the API server to use: the public name of a private one, if it has one."""
    access = cluster.api_server_access_profile
    return "public" if access and access.enable_private_cluster and access.enable_private_cluster_public_fqdn else None


def admitted(known: Mapping[str, Any]) -> str:
    """Return a kubeconfig that signs in with Entra, or the one that AKS returns if the cluster does not use Entra."""
    entra = known["cluster"].aad_profile is not None
    return kubeconfig(known["credentials"]) if entra else as_returned(known["credentials"])
