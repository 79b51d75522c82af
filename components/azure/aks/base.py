"""Base of new and existing AKS clusters: identities of their pods."""

from abc import ABC
from collections.abc import Sequence

from pulumi import ResourceOptions
from typing_extensions import override

from components.azure.aks.workload_identity import WorkloadIdentity, WorkloadIdentityArgs
from components.azure.network.base import Network
from components.contracts import Grant
from components.kubernetes.platform import KubernetesPlatform
from components.kubernetes.pod_identity import PodIdentity


class AksPlatform(KubernetesPlatform, ABC):
    """AKS cluster whose pods get their identities through workload identity."""

    network: Network

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
