"""EKS component for each value of platform.compute."""

from collections.abc import Mapping

from pulumi import ResourceOptions

from components.arguments import PlatformArgs
from components.aws.eks.auto import EksOnAuto
from components.aws.eks.fargate import EksOnFargate
from components.aws.eks.nodes import EksOnNodes
from components.aws.eks.platform import Eks
from components.aws.eks.settings import EksSettings
from components.aws.network.network import Network
from components.aws.registry import EcrRegistry

COMPUTE: Mapping[str, type[Eks]] = {"nodes": EksOnNodes, "fargate": EksOnFargate, "auto": EksOnAuto}


def eks(name: str, args: PlatformArgs[EksSettings, Network, EcrRegistry], opts: ResourceOptions) -> Eks:
    """Make an EKS cluster with the compute in its settings."""
    return COMPUTE[args.settings.compute](name, args, opts)
