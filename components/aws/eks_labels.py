"""The labels that the nodes of an EKS cluster are sure to have, with their values: what consumers can choose nodes by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from components.aws.instance import Instance, instance
from components.section import unknown

AUTO_FAMILIES = ("c", "m", "r")
"""The families of instances that Auto Mode makes for consumers."""

OLDEST_AUTO_GENERATION = 5
"""The oldest generation of instances that it makes for them."""

LARGEST_AUTO_NODE = "r5.8xlarge"
"""The largest node that it makes for them: the loss of one takes no more of them than it must."""

ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
"""What Kubernetes calls the architectures of EC2 (Kubernetes, Well-Known Labels)."""


@dataclass(frozen=True, kw_only=True)
class NodeLabel:
    """The values that nodes have for a label."""

    words: str
    """What they are, as a message says it: `amd64`, `a generation from 5 on`."""
    fits: Callable[[str], bool]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the nodes of a cluster are."""

    region: str
    zones: Sequence[str] | None
    """The letters of their zones, or None in an adopted VPC, which alone knows them."""

    @property
    def zone_label(self) -> NodeLabel:
        """The label of their zones."""
        if self.zones is None:
            return NodeLabel(words=f"a zone of {self.region}", fits=lambda zone: zone.startswith(self.region))
        return _one_of(*(f"{self.region}{letter}" for letter in self.zones))


def group_labels(place: Place, node: Instance) -> Mapping[str, NodeLabel]:
    """Of a managed node group on demand (Kubernetes, Well-Known Labels; EKS, Managed node groups)."""
    return {
        "eks.amazonaws.com/capacityType": _one_of("ON_DEMAND"),
        "kubernetes.io/arch": _one_of(ARCHITECTURES[node.architecture]),
        "kubernetes.io/os": _one_of("linux"),
        "node.kubernetes.io/instance-type": _one_of(node.name),
        "topology.kubernetes.io/region": _one_of(place.region),
        "topology.kubernetes.io/zone": place.zone_label,
    }


def auto_labels(place: Place) -> Mapping[str, NodeLabel]:
    """Of the nodes that Auto Mode's pool makes (EKS, Create a node pool for EKS Auto Mode, which lists neither os nor region)."""
    largest = instance(LARGEST_AUTO_NODE)
    bounds = f"of {_either(AUTO_FAMILIES)} from generation {OLDEST_AUTO_GENERATION} on, for amd64"
    size = largest.name.partition(".")[2]
    return {
        "eks.amazonaws.com/compute-type": _one_of("auto"),
        "eks.amazonaws.com/instance-category": _one_of(*AUTO_FAMILIES),
        "eks.amazonaws.com/instance-cpu": NodeLabel(
            words=f"2 to {largest.vcpus} vCPUs",
            fits=lambda vcpus: vcpus.isdecimal() and 2 <= int(vcpus) <= largest.vcpus,
        ),
        "eks.amazonaws.com/instance-cpu-manufacturer": _one_of("amd", "intel"),
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
        "karpenter.sh/capacity-type": _one_of("on-demand"),
        "kubernetes.io/arch": _one_of("amd64"),
        "node.kubernetes.io/instance-type": NodeLabel(
            words=f"a type {bounds}, up to {size}, such as m5.large", fits=_of_the_pool
        ),
        "topology.kubernetes.io/zone": place.zone_label,
    }


def refusal(labels: Mapping[str, NodeLabel], name: str, value: str) -> str | None:
    """Why no node is sure to have a label of that value, and which ones there are; None where one has."""
    label = labels.get(name)
    if label is None:
        return f"could leave every replica waiting: no node is sure to have this label; {unknown(name, labels)}"
    if label.fits(value):
        return None
    return (
        f"would leave every replica waiting: nodes have {label.words}, not {value!r}; name what there is, or remove it"
    )


def _either(values: Sequence[str]) -> str:
    *others, last = values
    return f"{', '.join(others)} or {last}" if others else last


def _one_of(*values: str) -> NodeLabel:
    return NodeLabel(words=_either(values), fits=lambda value: value in values)


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
