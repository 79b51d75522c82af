"""Google Kubernetes Engine."""

from dataclasses import replace

from components.existing_sizing import ExistingPlatformSizing
from components.external_registry import ExternalRegistry
from components.gcp.cloud import CLOUD
from components.gcp.gke.existing import ExistingGke
from components.gcp.gke.existing_settings import ClusterNetworkSettings, ExistingGkeSettings
from components.gcp.gke.platform import Gke
from components.gcp.gke.settings import GkeSettings
from components.gcp.gke.sizing import GkeSizing
from components.gcp.network.cluster_network import ClusterNetwork
from components.kubernetes.platform import COLLECTORS, KUBERNETES_REPLICAS
from components.service import ContainerPlatform

PLATFORM = ContainerPlatform(
    "Google Kubernetes Engine",
    GkeSettings,
    Gke,
    KUBERNETES_REPLICAS,
    GkeSizing(),
    collectors=COLLECTORS,
    existing=ContainerPlatform(
        "Google Kubernetes Engine, existing cluster",
        ExistingGkeSettings,
        ExistingGke,
        KUBERNETES_REPLICAS,
        ExistingPlatformSizing(),
        collectors=COLLECTORS,
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
