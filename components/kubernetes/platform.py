"""Base of EKS, AKS and GKE: a cluster that runs the consumers of each pipe under a separate identity."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence

import pulumi_kubernetes as kubernetes
from pulumi import Input, Output, Resource, ResourceOptions
from typing_extensions import override

from components.contracts import Deployed, Grant, Platform, PodTokens, Redrive, Workload
from components.kubernetes.collector import KubernetesCollector
from components.kubernetes.consumers import Consumers, ConsumersArgs
from components.kubernetes.pod_identity import PodIdentity
from components.kubernetes.redrive import KubernetesRedrive, KubernetesRedriveArgs
from components.redrive import redrive_name
from components.section import ConfigError
from components.service import Count
from components.settings_bases import PipeSettings

KUBERNETES_REPLICAS = (
    Count("kubernetes:apps/v1:Deployment", "spec.replicas"),
    Count("kubernetes:apps/v1:StatefulSet", "spec.replicas"),
)
"""Replica counts on Kubernetes: of interchangeable consumers, and of consumers with one partition each."""

COLLECTORS = ("managed", "operator", "none")
"""Values of monitoring.collector on Kubernetes."""


class KubernetesPlatform(Platform, ABC):
    """Kubernetes cluster that consumers run on."""

    name: str
    provider: kubernetes.Provider
    metrics: KubernetesCollector | None = None
    """Scrapes the metrics of pods. None if nothing does."""
    service_account: str = "consumer"
    """Name of the consumers' Kubernetes service account, in the namespace of their pipe."""
    issuer: Output[str]
    """URL of the issuer of service-account tokens."""
    node_labels: Mapping[str, str]
    """Labels of the consumers' nodes. Empty if consumers run on every node."""
    volume_class: Output[str] | None
    """Storage class of volumes that can grow. None if pods may not claim volumes."""

    @property
    @override
    def collector(self) -> KubernetesCollector | None:
        """Return what scrapes the consumers' metrics."""
        return self.metrics

    @abstractmethod
    def identity(
        self, name: str, *, namespace: str, service_account: str, grants: Sequence[Grant], opts: ResourceOptions
    ) -> PodIdentity:
        """Give one service account of one namespace exactly the given cloud permissions."""

    def before_pods(self, name: str, namespace: Input[str], opts: ResourceOptions) -> Sequence[Resource]:
        """Create the resources that a namespace needs before its first pod. Return the resources that pods depend on. By default there are none."""
        _ = name, namespace, opts
        return []

    @override
    def pod_tokens(self, pipe: str, *, redrive: bool = False) -> PodTokens | None:
        """Return the issuer and subject of the pods' service-account tokens (Kubernetes, Configure Service Accounts for Pods)."""
        account = self.redrive_account if redrive else self.service_account
        return PodTokens(issuer=self.issuer, subject=f"system:serviceaccount:{pipe}:{account}")

    @property
    def redrive_account(self) -> str:
        """Name of the Kubernetes service account of the jobs that replay dead letters."""
        return f"{self.service_account}-redrive"

    @override
    def run(self, workload: Workload, opts: ResourceOptions) -> Deployed:
        """Run a pipe's consumers in a separate namespace, with a cloud identity that only they can assume."""
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
                collector=self.metrics,
            ),
            ResourceOptions.merge(opts, ResourceOptions(provider=self.provider)),
        )
        return Deployed(replicas=consumers.replicas, namespace=consumers.namespace)

    @override
    def redrive(self, redrive: Redrive, opts: ResourceOptions) -> None:
        """Make a suspended CronJob in the pipe's namespace, with a cloud identity of its own."""
        pipe = redrive.workload.name
        name = redrive_name(f"{self.name}-{pipe}")
        identity = self.identity(
            name,
            namespace=pipe,
            service_account=self.redrive_account,
            grants=redrive.connection.grants,
            opts=opts,
        )
        KubernetesRedrive(
            name,
            KubernetesRedriveArgs(
                pipe=pipe,
                namespace=pipe if redrive.deployed.namespace is None else redrive.deployed.namespace,
                image=redrive.workload.image,
                connection=redrive.connection,
                service_account=self.redrive_account,
                identity=identity,
                node_labels={**self.node_labels, **redrive.workload.consumer.node_selector},
            ),
            ResourceOptions.merge(opts, ResourceOptions(provider=self.provider)),
        )


def consumer_errors(pipes: Mapping[str, PipeSettings]) -> Iterator[ConfigError]:
    """Yield consumer settings that have no effect on Kubernetes."""
    for name, pipe in pipes.items():
        if pipe.consumer.health_command is not None:
            yield ConfigError(
                path=("pipes", name, "consumer", "healthCommand"),
                text="has no effect on Kubernetes (probes call /live on port 8080). Remove it.",
            )
