"""Account, network, registry and monitoring of stacks on any Kubernetes cluster. The program knows no cloud around it."""

from components.external_registry import ExternalRegistry
from components.kubernetes.existing.account import KubernetesAccountSettings, no_provider
from components.kubernetes.existing.monitoring import KubernetesMonitoringSettings, Monitoring
from components.kubernetes.existing.network import KubernetesNetworkSettings, Network
from components.service import CloudBase

CLOUD = CloudBase(
    account=KubernetesAccountSettings,
    first_account={},
    provider=no_provider,
    network_settings=KubernetesNetworkSettings,
    network=Network,
    registry=ExternalRegistry,
    makes_registry=False,
    monitoring_settings=KubernetesMonitoringSettings,
    monitoring=Monitoring,
    cheap_collector=False,
)
