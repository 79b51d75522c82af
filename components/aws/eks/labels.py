"""The labels that the nodes of an EKS cluster are sure to have, with their values: what consumers can choose nodes by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.aws.eks.instance_type import Instance, instance
from components.kubernetes.nodes.labels import NodeLabel, either, one_of

AUTO_FAMILIES = ("c", "m", "r")
"""The families of instances that Auto Mode makes for consumers."""

OLDEST_AUTO_GENERATION = 5
"""The oldest generation of instances that it makes for them."""

LARGEST_AUTO_NODE = "r5.8xlarge"
"""The largest node that it makes for them: the loss of one takes no more of them than it must."""

ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
"""What Kubernetes calls the architectures of EC2 (Kubernetes, Well-Known Labels)."""


@dataclass(frozen=True, kw_only=True)
class NodePlacement:
    """Where the nodes of a cluster are."""

    region: str
    zones: Sequence[str] | None
    """The letters of their zones, or None in an adopted VPC, which alone knows them."""

    @property
    def zone_label(self) -> NodeLabel:
        """The label of their zones."""
        if self.zones is None:
            return NodeLabel(words=f"a zone of {self.region}", fits=lambda zone: zone.startswith(self.region))
        return one_of(*(f"{self.region}{letter}" for letter in self.zones))


def group_labels(place: NodePlacement, node: Instance) -> Mapping[str, NodeLabel]:
    """Of a managed node group on demand (Kubernetes, Well-Known Labels; EKS, Managed node groups)."""
    return {
        "eks.amazonaws.com/capacityType": one_of("ON_DEMAND"),
        "kubernetes.io/arch": one_of(ARCHITECTURES[node.architecture]),
        "kubernetes.io/os": one_of("linux"),
        "node.kubernetes.io/instance-type": one_of(node.name),
        "topology.kubernetes.io/region": one_of(place.region),
        "topology.kubernetes.io/zone": place.zone_label,
    }


def auto_labels(place: NodePlacement) -> Mapping[str, NodeLabel]:
    """Of the nodes that Auto Mode's pool makes (EKS, Create a node pool for EKS Auto Mode, which lists neither os nor region)."""
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
        "topology.kubernetes.io/zone": place.zone_label,
    }


def _of_the_pool(instance_type: str) -> bool:
    """Whether the requirements of Auto Mode's pool let an instance type through."""
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
