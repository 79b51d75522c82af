"""Google Kubernetes Engine."""

from components.gcp.gke.platform import Gke
from components.gcp.gke.settings import GkeSettings
from components.gcp.gke.sizing import GkeSizing
from components.kubernetes.platform import COLLECTORS, KUBERNETES_REPLICAS
from components.service import ContainerPlatform

PLATFORM = ContainerPlatform(
    "Google Kubernetes Engine", GkeSettings, Gke, KUBERNETES_REPLICAS, GkeSizing(), collectors=COLLECTORS
)
