"""Azure Kubernetes Service."""

from components.azure.aks.platform import Aks
from components.azure.aks.settings import AksSettings
from components.azure.aks.sizing import AksSizing
from components.kubernetes.platform import COLLECTORS, KUBERNETES_REPLICAS
from components.service import ContainerPlatform

PLATFORM = ContainerPlatform(
    "Azure Kubernetes Service", AksSettings, Aks, KUBERNETES_REPLICAS, AksSizing(), collectors=COLLECTORS
)
