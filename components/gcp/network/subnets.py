"""Layout of a network's IP ranges. Never change it: another layout would replace the subnet of deployed clusters."""

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import cast

PODS, SERVICES = "pods", "services"
"""Names of the secondary ranges."""

WIDEST, NARROWEST = 8, 20
"""Prefix lengths of the widest and narrowest network. The widest private range is a /8 (RFC 1918). Half of a /20 is the narrowest range for
pods (GKE, VPC-native clusters)."""

WIDEST_SERVICES = 16
"""Prefix length of the widest range for services (GKE, VPC-native clusters)."""

SIXTEENTH = 4
"""Prefix bits that divide a range by 16."""

UNUSABLE = {
    "0.0.0.0/8": "reserved for the current network; VPC, Prohibited IPv4 subnet ranges",
    "127.0.0.0/8": "reserved for loopback; VPC, Prohibited IPv4 subnet ranges",
    "169.254.0.0/16": "reserved for link-local addresses; VPC, Prohibited IPv4 subnet ranges",
    "172.17.0.0/16": "used by container runtimes; VPC, Additional considerations",
    "199.36.153.4/30": "used by Google APIs; VPC, Prohibited IPv4 subnet ranges",
    "199.36.153.8/30": "used by Google APIs; VPC, Prohibited IPv4 subnet ranges",
    "224.0.0.0/4": "reserved for multicast; VPC, Prohibited IPv4 subnet ranges",
    "255.255.255.255/32": "reserved for broadcast; VPC, Prohibited IPv4 subnet ranges",
}
"""Ranges that a network must not overlap, with the reasons."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Ranges of the regional subnet."""

    nodes: str
    services: str
    pods: str


def layout(cidr: str) -> Layout:
    """Divide a network: the first sixteenth for nodes, the second for Kubernetes services, the upper half for pods.

    Pods get half because GKE assigns each node 256 addresses for up to 110 pods (GKE, IP address ranges for Pods).
    Raises ValueError if the network is wider than /8, narrower than /20, or overlaps a prohibited range.
    """
    network = IPv4Network(cidr)
    if not WIDEST <= network.prefixlen <= NARROWEST:
        raise ValueError(
            f"must be a range from /{WIDEST} (the widest private range) to /{NARROWEST} (the narrowest with enough room for pods), got {cidr}. "
            "Choose another range, such as 10.0.0.0/16."
        )
    check_usable(cidr)
    nodes, second = list(network.subnets(prefixlen_diff=SIXTEENTH))[:2]
    _, pods = network.subnets()
    services = IPv4Network((int(second.network_address), max(second.prefixlen, WIDEST_SERVICES)))
    return Layout(nodes=str(nodes), services=str(services), pods=str(pods))


def check_usable(cidr: str) -> None:
    """Raise ValueError if a range overlaps a range that Google Cloud prohibits."""
    for taken, reason in UNUSABLE.items():
        if IPv4Network(cidr).overlaps(IPv4Network(taken)):
            raise ValueError(
                f"must not overlap {taken}, got {cidr} ({taken}: {reason}). Choose another range, such as 10.0.0.0/16."
            )


def refuse_range_change(present: object, wanted: object) -> str | None:
    """Refuse another range: clusters keep their ranges, and Google Cloud cannot change a range that is in use (VPC, Subnets)."""
    if present == wanted:
        return None
    return (
        f"cannot be changed from {_joined(present)} to {_joined(wanted)} (a cluster keeps the IP ranges that it was created with). "
        f"Set it back to {_joined(present)}. To move, create a stack with a different name and the new range, move the pipes there, "
        "then destroy this one."
    )


def _joined(ranges: object) -> str:
    return ", ".join(map(str, cast("list[object]", ranges))) if isinstance(ranges, list) else str(ranges)
