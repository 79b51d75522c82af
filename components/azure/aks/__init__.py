"""Azure Kubernetes Service."""

from dataclasses import replace

from components.azure.aks.existing import ExistingAks
from components.azure.aks.existing_network import ClusterNetwork, ClusterNetworkSettings
from components.azure.aks.existing_settings import ExistingAksSettings
from components.azure.aks.platform import Aks
from components.azure.aks.settings import AksSettings
from components.azure.aks.sizing import AksSizing
from components.azure.cloud import CLOUD
from components.existing_sizing import ExistingPlatformSizing
from components.external_registry import ExternalRegistry
from components.kubernetes.platform import COLLECTORS, KUBERNETES_REPLICAS
from components.service import ContainerPlatform

PLATFORM = ContainerPlatform(
    "Azure Kubernetes Service",
    AksSettings,
    Aks,
    KUBERNETES_REPLICAS,
    AksSizing(),
    collectors=COLLECTORS,
    existing=ContainerPlatform(
        "Azure Kubernetes Service, existing cluster",
        ExistingAksSettings,
        ExistingAks,
        KUBERNETES_REPLICAS,
        ExistingPlatformSizing(),
        collectors=("operator", "none"),
        base=replace(
            CLOUD,
            network_settings=ClusterNetworkSettings,
            network=ClusterNetwork,
            registry=ExternalRegistry,
            makes_registry=False,
        ),
        sized=False,
    ),
)
