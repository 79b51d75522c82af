"""Collector of a Kubernetes cluster: which pods it scrapes, and from where."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import pulumi_kubernetes as kubernetes
from pulumi import Input, ResourceOptions

from components.consumer import PORT
from components.monitoring.collector import Collector


class KubernetesCollector(Collector):
    """Prometheus that scrapes the pods of a cluster."""

    peers: Sequence[kubernetes.networking.v1.NetworkPolicyPeerArgs]
    """Where the scrapes come from. The network policies of the pods admit them."""

    @abstractmethod
    def scrape(
        self,
        name: str,
        *,
        namespace: Input[str],
        labels: Mapping[str, str],
        port: str,
        opts: ResourceOptions,
    ) -> None:
        """Scrape /metrics of the pods with these labels.

        Args:
            name: Prefix of the names of the resources.
            namespace: Namespace of the pods.
            labels: Labels of the pods.
            port: Name of the container port.
            opts: Options with the parent and the Kubernetes provider.
        """


def metrics_ingress(
    collector: KubernetesCollector | None, port: int = PORT
) -> list[kubernetes.networking.v1.NetworkPolicyIngressRuleArgs]:
    """Return the network policy rules that admit the collector to the metrics port. Empty without a collector."""
    if collector is None:
        return []
    ports = [kubernetes.networking.v1.NetworkPolicyPortArgs(port=port, protocol="TCP")]
    return [kubernetes.networking.v1.NetworkPolicyIngressRuleArgs(from_=collector.peers, ports=ports)]
