"""A Kubernetes cluster that was there before the stack, at any provider."""

from components.existing_sizing import ExistingPlatformSizing
from components.kubernetes.existing.platform import ExistingKubernetes
from components.kubernetes.existing.settings import ExistingKubernetesSettings
from components.kubernetes.platform import KUBERNETES_REPLICAS
from components.service import ContainerPlatform

PLATFORM = ContainerPlatform(
    "any Kubernetes cluster",
    ExistingKubernetesSettings,
    ExistingKubernetes,
    KUBERNETES_REPLICAS,
    ExistingPlatformSizing(),
    collectors=("operator", "none"),
    sized=False,
)
