"""What EKS, AKS and GKE have in common: a cluster that runs a pipe's consumers, each under an identity of its own."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence

import pulumi_kubernetes as kubernetes
from pulumi import Input, Output, Resource, ResourceOptions
from typing_extensions import override

from components.contracts import Deployed, Grant, Platform, PodTokens, Workload
from components.kubernetes.consumers import Consumers, ConsumersArgs
from components.kubernetes.pod_identity import PodIdentity
from components.section import ConfigError
from components.service import Count
from components.settings_bases import PipeSettings

KUBERNETES_REPLICAS = (
    Count("kubernetes:apps/v1:Deployment", "spec.replicas"),
    Count("kubernetes:apps/v1:StatefulSet", "spec.replicas"),
)
"""Where replicas count on Kubernetes: consumers that are alike, and those that each read a partition of their own."""


class KubernetesPlatform(Platform, ABC):
    """A Kubernetes cluster that consumers run on."""

    name: str
    provider: kubernetes.Provider
    service_account: str = "consumer"
    """The name of the Kubernetes service account that consumers run under, in the namespace of their pipe."""
    issuer: Output[str]
    """The URL of who signs the tokens of the cluster's service accounts."""
    node_labels: Mapping[str, str]
    """The labels of the nodes that consumers run on; empty where every node is theirs."""
    volume_class: Output[str] | None
    """The class of the volumes that pods may claim, which can grow; None where they may claim none."""

    @abstractmethod
    def identity(
        self, name: str, *, namespace: str, service_account: str, grants: Sequence[Grant], opts: ResourceOptions
    ) -> PodIdentity:
        """Give one service account of one namespace exactly the given rights in the cloud."""

    @abstractmethod
    def before_pods(self, name: str, namespace: Input[str], opts: ResourceOptions) -> Sequence[Resource]:
        """Make what the cluster must know of a namespace before pods start in it, and name all that they wait for there."""

    @override
    def pod_tokens(self, pipe: str) -> PodTokens:
        """The tokens of the service account that the consumers of a pipe run under (Kubernetes, Configure Service Accounts for Pods)."""
        return PodTokens(issuer=self.issuer, subject=f"system:serviceaccount:{pipe}:{self.service_account}")

    @override
    def run(self, workload: Workload, opts: ResourceOptions) -> Deployed:
        """Run a pipe's consumers in a namespace of their own, with a cloud identity that only they can take on."""
        name = f"{self.name}-{workload.name}"
        (connection,) = workload.connections.values()
        identity = self.identity(
            name,
            namespace=workload.name,
            service_account=self.service_account,
            grants=connection.grants,
            opts=opts,
        )
        consumers = Consumers(
            name,
            ConsumersArgs(
                workload=workload,
                connection=connection,
                service_account=self.service_account,
                identity=identity,
                before_pods=self.before_pods,
                node_labels=self.node_labels,
            ),
            ResourceOptions.merge(opts, ResourceOptions(provider=self.provider)),
        )
        return Deployed(replicas=consumers.replicas)


def consumer_errors(pipes: Mapping[str, PipeSettings]) -> Iterator[ConfigError]:
    """Yield what a pipe says of its consumer that Kubernetes has no use for."""
    for name, pipe in pipes.items():
        if pipe.consumer.health_command is not None:
            yield ConfigError(
                path=("pipes", name, "consumer", "healthCommand"),
                text="would have no effect, since Kubernetes asks /live on port 8080 itself; remove it",
            )
