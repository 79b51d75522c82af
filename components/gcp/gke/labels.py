"""Node labels that every GKE node has, for node selectors of consumers."""

from collections.abc import Mapping

from components.gcp.gke.machine_type import Machine
from components.kubernetes.nodes.labels import NodeLabel, one_of


def _location_labels(region: str) -> Mapping[str, NodeLabel]:
    """Return the region and zone labels. GKE chooses three of the region's zones, so any zone letter is valid."""
    return {
        "topology.kubernetes.io/region": one_of(region),
        "topology.kubernetes.io/zone": NodeLabel(
            words=f"a zone of {region}", fits=lambda zone: zone[:-1] == f"{region}-" and zone[-1].islower()
        ),
    }


def pool_labels(region: str, node: Machine) -> Mapping[str, NodeLabel]:
    """Return the labels of the consumers' pool (Kubernetes, Well-Known Labels; GKE, Create node labels)."""
    return {
        "cloud.google.com/machine-family": one_of(node.name.split("-")[0]),
        "kubernetes.io/arch": one_of(node.architecture),
        "kubernetes.io/os": one_of("linux"),
        "node.kubernetes.io/instance-type": one_of(node.name),
        **_location_labels(region),
    }


def autopilot_labels(region: str) -> Mapping[str, NodeLabel]:
    """Return the labels of Autopilot nodes of the default compute class. Autopilot rejects custom labels (GKE, Autopilot)."""
    return {
        "cloud.google.com/gke-spot": one_of("true"),
        "kubernetes.io/arch": one_of("amd64"),
        "kubernetes.io/os": one_of("linux"),
        **_location_labels(region),
    }
