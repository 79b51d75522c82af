"""Sizing of GKE: nodes of the pool in mode standard."""

from collections.abc import Mapping

from typing_extensions import override

from components.gcp.gke.machine_type import SERIES, machine
from components.gcp.gke.settings import GkeSettings
from components.kubernetes.nodes.group import NodeGroup
from components.kubernetes.nodes.sizing import NodeSizing


class GkeSizing(NodeSizing[GkeSettings]):
    """Sizing of GKE."""

    model = GkeSettings
    service = "gke"
    machines: Mapping[str, int] = {
        name: machine(name).vcpus
        for name in (*(f"e2-standard-{vcpus}" for vcpus in SERIES["e2"].vcpus), "n2-standard-32", "n2-standard-64")
    }

    @override
    def group(self, settings: GkeSettings) -> NodeGroup | None:
        return settings.node_group if settings.mode == "standard" else None
