"""What a cluster's pods run on, by the setting platform.compute."""

from collections.abc import Mapping

from pulumi import ResourceOptions

from components.aws.eks import Eks
from components.aws.eks_auto import EksOnAuto
from components.aws.eks_fargate import EksOnFargate
from components.aws.eks_nodes import EksOnNodes
from components.aws.eks_settings import EksSettings
from components.aws.network import Network
from components.aws.registry import EcrRegistry
from components.contracts import PlatformArgs

COMPUTE: Mapping[str, type[Eks]] = {"nodes": EksOnNodes, "fargate": EksOnFargate, "auto": EksOnAuto}


def eks(name: str, args: PlatformArgs[EksSettings, Network, EcrRegistry], opts: ResourceOptions) -> Eks:
    """Make a cluster on the compute that its settings name."""
    return COMPUTE[args.settings.compute](name, args, opts)
