"""Sizing of EKS: nodes of the managed node group."""

from collections.abc import Mapping

from typing_extensions import override

from components.aws.eks.instance_type import instance
from components.aws.eks.settings import EksSettings
from components.kubernetes.nodes.group import NodeGroup
from components.kubernetes.nodes.sizing import NodeSizing


class EksSizing(NodeSizing[EksSettings]):
    """Sizing of EKS."""

    model = EksSettings
    service = "eks"
    machines: Mapping[str, int] = {
        name: instance(name).vcpus
        for name in (f"m5.{size}" for size in ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge"))
    }
    volumes: Mapping[str, object] = {"volumes": True}

    @override
    def group(self, settings: EksSettings) -> NodeGroup | None:
        return settings.node_group if settings.compute == "nodes" else None
