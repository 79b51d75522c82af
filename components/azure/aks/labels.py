"""The labels that the consumers' nodes of an AKS cluster are sure to have, with their values: what consumers can choose nodes by."""

from collections.abc import Mapping

from components.azure.aks.vm_size import Machine
from components.kubernetes.nodes.labels import NodeLabel, one_of

ZONES = ("1", "2", "3")
"""The availability zones of a region, as Azure numbers them for each subscription."""

OS_SKU = "Ubuntu"
"""The system of the nodes."""


def node_labels(location: str, node: Machine) -> Mapping[str, NodeLabel]:
    """The labels of the consumers' pool (AKS, Use labels; Kubernetes, Well-Known Labels)."""
    return {
        "kubernetes.azure.com/mode": one_of("user"),
        "kubernetes.azure.com/os-sku": one_of(OS_SKU),
        "kubernetes.io/arch": one_of(node.architecture),
        "kubernetes.io/os": one_of("linux"),
        "node.kubernetes.io/instance-type": one_of(node.name),
        "topology.kubernetes.io/region": one_of(location),
        "topology.kubernetes.io/zone": one_of(*(f"{location}-{zone}" for zone in ZONES)),
    }
