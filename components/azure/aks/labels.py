"""Node labels of the consumers' pool on AKS, with their values. Consumers can select nodes by them."""

from collections.abc import Mapping

from components.azure.aks.vm_size import Machine
from components.kubernetes.nodes.labels import NodeLabel, one_of

ZONES = ("1", "2", "3")
"""The availability zones of a region. Azure numbers them per subscription."""

OS_SKU = "Ubuntu"
"""Operating system of the nodes."""


def node_labels(location: str, node: Machine) -> Mapping[str, NodeLabel]:
    """Return the labels of the consumers' pool (AKS, Use labels; Kubernetes, Well-Known Labels)."""
    return {
        "kubernetes.azure.com/mode": one_of("user"),
        "kubernetes.azure.com/os-sku": one_of(OS_SKU),
        "kubernetes.io/arch": one_of(node.architecture),
        "kubernetes.io/os": one_of("linux"),
        "node.kubernetes.io/instance-type": one_of(node.name),
        "topology.kubernetes.io/region": one_of(location),
        "topology.kubernetes.io/zone": one_of(*(f"{location}-{zone}" for zone in ZONES)),
    }
