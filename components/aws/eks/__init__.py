"""Amazon EKS."""

from components.aws.eks.compute import eks
from components.aws.eks.settings import EksSettings
from components.aws.eks.sizing import EksSizing
from components.kubernetes.platform import COLLECTORS, KUBERNETES_REPLICAS
from components.service import ContainerPlatform

PLATFORM = ContainerPlatform("Amazon EKS", EksSettings, eks, KUBERNETES_REPLICAS, EksSizing(), collectors=COLLECTORS)
