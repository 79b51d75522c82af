"""Labels that all nodes of an EKS cluster have, with their values. Consumers can use them in nodeSelector."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.aws.eks.instance_type import Instance, instance
from components.kubernetes.nodes.labels import NodeLabel, either, one_of

AUTO_FAMILIES = ("c", "m", "r")
"""Instance families of the Auto Mode pool for consumers."""

OLDEST_AUTO_GENERATION = 5
"""Oldest instance generation of the pool."""

LARGEST_AUTO_NODE = "r5.8xlarge"
"""Largest instance type of the pool. The limit reduces the number of consumers that the loss of one node affects."""

ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
"""Kubernetes names of the EC2 architectures (Kubernetes, Well-Known Labels)."""


@dataclass(frozen=True, kw_only=True)
class NodePlacement:
    """Region and zones of a cluster's nodes."""

    region: str
    zones: Sequence[str] | None
    """The letters of the zones. None for an existing VPC, whose zones are unknown."""

    @property
    def zone_label(self) -> NodeLabel:
        """Values of the zone label."""
        if self.zones is None:
            return NodeLabel(words=f"a zone of {self.region}", fits=lambda zone: zone.startswith(self.region))
        return one_of(*(f"{self.region}{letter}" for letter in self.zones))


def group_labels(placement: NodePlacement, node: Instance) -> Mapping[str, NodeLabel]:
    """Return the labels of an on-demand managed node group (Kubernetes, Well-Known Labels; EKS, Managed node groups)."""
    return {
        "eks.amazonaws.com/capacityType": one_of("ON_DEMAND"),
        "kubernetes.io/arch": one_of(ARCHITECTURES[node.architecture]),
        "kubernetes.io/os": one_of("linux"),
        "node.kubernetes.io/instance-type": one_of(node.name),
        "topology.kubernetes.io/region": one_of(placement.region),
        "topology.kubernetes.io/zone": placement.zone_label,
    }


def auto_labels(placement: NodePlacement) -> Mapping[str, NodeLabel]:
    """Return the labels of nodes in the Auto Mode pool.

    Source: EKS, Create a node pool for EKS Auto Mode. It lists neither os nor region.
    """
    largest = instance(LARGEST_AUTO_NODE)
    bounds = f"of {either(AUTO_FAMILIES)} from generation {OLDEST_AUTO_GENERATION} on, for amd64"
    size = largest.name.partition(".")[2]
    return {
        "eks.amazonaws.com/compute-type": one_of("auto"),
        "eks.amazonaws.com/instance-category": one_of(*AUTO_FAMILIES),
        "eks.amazonaws.com/instance-cpu": NodeLabel(
            words=f"2 to {largest.vcpus} vCPUs",
            fits=lambda vcpus: vcpus.isdecimal() and 2 <= int(vcpus) <= largest.vcpus,
        ),
        "eks.amazonaws.com/instance-cpu-manufacturer": one_of("amd", "intel"),
        "eks.amazonaws.com/instance-family": NodeLabel(
            words=f"a family {bounds}, such as m5", fits=lambda family: _of_the_pool(f"{family}.large")
        ),
        "eks.amazonaws.com/instance-generation": NodeLabel(
            words=f"a generation from {OLDEST_AUTO_GENERATION} on",
            fits=lambda number: number.isdecimal() and _of_the_pool(f"m{number}.large"),
        ),
        "eks.amazonaws.com/instance-size": NodeLabel(
            words=f"a size from large to {size}", fits=lambda size: _of_the_pool(f"m{OLDEST_AUTO_GENERATION}.{size}")
        ),
        "karpenter.sh/capacity-type": one_of("on-demand"),
        "kubernetes.io/arch": one_of("amd64"),
        "node.kubernetes.io/instance-type": NodeLabel(
            words=f"a type {bounds}, up to {size}, such as m5.large", fits=_of_the_pool
        ),
        "topology.kubernetes.io/zone": placement.zone_label,
    }


def _of_the_pool(instance_type: str) -> bool:
    """Return whether an instance type meets the requirements of the Auto Mode pool."""
    try:
        node = instance(instance_type)
    except ValueError:
        return False
    family, generation = instance_type[0], int(instance_type[1])
    return (
        family in AUTO_FAMILIES
        and generation >= OLDEST_AUTO_GENERATION
        and node.architecture == "x86_64"
        and node.vcpus <= instance(LARGEST_AUTO_NODE).vcpus
    )
