"""Amazon EKS."""

from dataclasses import replace

from components.aws.cloud import CLOUD
from components.aws.eks.compute import eks
from components.aws.eks.existing import existing_eks
from components.aws.eks.existing_network import ClusterNetwork
from components.aws.eks.existing_settings import ClusterNetworkSettings, ExistingEksSettings
from components.aws.eks.settings import EksSettings
from components.aws.eks.sizing import EksSizing
from components.existing_sizing import ExistingPlatformSizing
from components.external_registry import ExternalRegistry
from components.kubernetes.platform import COLLECTORS, KUBERNETES_REPLICAS
from components.service import ContainerPlatform

PLATFORM = ContainerPlatform(
    "Amazon EKS",
    EksSettings,
    eks,
    KUBERNETES_REPLICAS,
    EksSizing(),
    collectors=COLLECTORS,
    existing=ContainerPlatform(
        "Amazon EKS, existing cluster",
        ExistingEksSettings,
        existing_eks,
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
