"""Parts of GKE that new and existing clusters share: identities of pods, collectors and the kubeconfig."""

import json
from abc import ABC
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pulumi import Input, Resource, ResourceOptions
from typing_extensions import override

from components.contracts import EgressRule, Grant
from components.gcp.gke.workload_identity import WorkloadIdentity, WorkloadIdentityArgs
from components.gcp.monitoring.prometheus import GkeCollector
from components.gcp.network.network import Network
from components.kubernetes.collector import KubernetesCollector
from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.pod_identity import PodIdentity
from components.kubernetes.prometheus_operator import OperatorCollector

ISSUER = "https://container.googleapis.com/v1/"
"""Start of the URL of a cluster's issuer. The ID of the cluster follows."""

METADATA_SERVER = EgressRule(cidr="169.254.169.254/32", port=80)
"""Metadata server with the pods' credentials, under Dataplane V2 (GKE, Network policies, Workload Identity Federation)."""

NODE_DNS = [EgressRule(cidr="169.254.20.10/32", port=53, protocol=protocol) for protocol in ("UDP", "TCP")]
"""DNS cache on each Autopilot node (GKE, NodeLocal DNSCache)."""


class GkePlatform(KubernetesPlatform, ABC):
    """GKE cluster whose pods get Google service accounts through Workload Identity Federation."""

    network: Network
    pool: Input[str]
    """The workload identity pool of the cluster."""
    before_identities: Sequence[Resource] = ()
    """Resources that the identities of pods wait for."""
    link_local: Sequence[EgressRule]
    """Addresses on each node that pods call: the metadata server and the DNS."""

    def __init__(self, token: str, name: str, network: Network, opts: ResourceOptions | None = None) -> None:
        """`token` is the type of the component."""
        super().__init__(token, name, None, opts)
        self.name = name
        self.network = network
        # Service accounts with the same namespace and name share one identity in all clusters of a project (GKE, Identity sameness).
        self.service_account = f"{name}-consumer"

    def scraper(self, collector: str | None, cluster: Input[str], location: Input[str]) -> KubernetesCollector | None:
        """Return what scrapes the pods, by the setting monitoring.collector."""
        makers: Mapping[str | None, Callable[[], KubernetesCollector]] = {
            "managed": lambda: GkeCollector(cluster, location=location, labels=self.network.labels),
            "operator": lambda: OperatorCollector(self.name, self.provider),
        }
        maker = makers.get(collector)
        return maker() if maker else None

    @override
    def identity(
        self, name: str, *, namespace: str, service_account: str, grants: Sequence[Grant], opts: ResourceOptions
    ) -> PodIdentity:
        """Give a Kubernetes service account a Google service account through Workload Identity Federation."""
        identity = WorkloadIdentity(
            name,
            WorkloadIdentityArgs(
                network=self.network,
                pool=self.pool,
                after=self.before_identities,
                namespace=namespace,
                service_account=service_account,
                grants=grants,
            ),
            opts,
        )
        return PodIdentity(
            ready=identity.ready,
            annotations={"iam.gke.io/gcp-service-account": identity.email},
            egress_rules=self.link_local,
        )


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
