"""Any Kubernetes cluster that was there before the stack, reached through the user's kubeconfig."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi_kubernetes as kubernetes
from pulumi import Output, ResourceOptions
from typing_extensions import override

from components.arguments import PlatformArgs
from components.contracts import Grant, PodTokens
from components.kubernetes.existing.network import Network
from components.kubernetes.existing.settings import ExistingKubernetesSettings
from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.pod_identity import PodIdentity
from components.kubernetes.prometheus_operator import OperatorCollector

DEFAULT_KEYS = "openid/v1/jwks"
"""Path of the signing keys of an issuer (Kubernetes, Configure Service Accounts for Pods, Service account issuer discovery)."""


class ExistingKubernetes(KubernetesPlatform):
    """A Kubernetes cluster of another owner. Pods get no cloud identity, so they read services that sign in with credentials or tokens."""

    def __init__(
        self,
        name: str,
        args: PlatformArgs[ExistingKubernetesSettings, Network, Any],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:kubernetes:ExistingKubernetes", name, None, opts)
        self.name = name
        cluster = args.settings.existing
        self.node_labels: Mapping[str, str] = {}
        self.has_issuer = cluster.issuer is not None
        self.issuer = Output.from_input(cluster.issuer or "")
        self.token_keys = cluster.jwks_uri or DEFAULT_KEYS
        self.provider = kubernetes.Provider(
            f"{name}-kubernetes",
            context=cluster.kubeconfig_context,
            # Another context is another cluster, even if the address is the same.
            cluster_identifier=cluster.kubeconfig_context,
            delete_unreachable=False,  # the cluster survives this stack, so what cannot be reached still runs
            opts=ResourceOptions(parent=self),
        )
        self.volume_class = Output.from_input(cluster.storage_class) if cluster.storage_class else None
        self.metrics = OperatorCollector(name, self.provider) if args.monitoring.collector == "operator" else None
        self.outputs = {"kubeconfigContext": Output.from_input(cluster.kubeconfig_context)}
        self.register_outputs(dict(self.outputs))

    @override
    def pod_tokens(self, pipe: str, *, redrive: bool = False) -> PodTokens | None:
        """Return the issuer and subject of the pods' tokens. None if the stack file has no issuer."""
        return super().pod_tokens(pipe, redrive=redrive) if self.has_issuer else None

    @override
    def identity(
        self, name: str, *, namespace: str, service_account: str, grants: Sequence[Grant], opts: ResourceOptions
    ) -> PodIdentity:
        """Return no identity. The catalog has only streaming services without grants for this platform."""
        _ = name, namespace, service_account, opts
        if grants:
            raise ValueError("pods on this platform have no cloud identity, so a connection must have no grants")
        return PodIdentity(ready=[])
