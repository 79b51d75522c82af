"""Sizing of AKS: nodes of the consumers' pool."""

from collections.abc import Mapping

from typing_extensions import override

from components.azure.aks.settings import AksSettings
from components.azure.aks.vm_size import machine
from components.kubernetes.nodes.group import NodeGroup
from components.kubernetes.nodes.sizing import NodeSizing


class AksSizing(NodeSizing[AksSettings]):
    """Sizing of AKS."""

    model = AksSettings
    service = "aks"
    machines: Mapping[str, int] = {
        name: machine(name).vcpus for name in (f"Standard_D{vcpus}s_v5" for vcpus in (2, 4, 8, 16, 32, 64))
    }

    @override
    def group(self, settings: AksSettings) -> NodeGroup:
        return settings.node_group
