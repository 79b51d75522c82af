"""Where a network's ranges lie: arithmetic only, and frozen, since another range would replace what a cluster lives in."""

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import cast

PODS, SERVICES = "pods", "services"
"""The names of the secondary ranges."""

WIDEST, NARROWEST = 8, 20
"""The widest private range is a /8 (RFC 1918), and half of it the widest for pods; half of a /20 is the narrowest (GKE, VPC-native clusters)."""

WIDEST_SERVICES = 16
"""GKE takes no wider range for services (GKE, VPC-native clusters)."""

SIXTEENTH = 4
"""How many bits a sixteenth takes."""

UNUSABLE = {
    "0.0.0.0/8": "means no network in particular (VPC, Prohibited IPv4 subnet ranges)",
    "127.0.0.0/8": "is each machine's own (VPC, Prohibited IPv4 subnet ranges)",
    "169.254.0.0/16": "is each link's own (VPC, Prohibited IPv4 subnet ranges)",
    "172.17.0.0/16": "container runtimes keep for themselves (VPC, Additional considerations)",
    "199.36.153.4/30": "Google's APIs have (VPC, Prohibited IPv4 subnet ranges)",
    "199.36.153.8/30": "Google's APIs have (VPC, Prohibited IPv4 subnet ranges)",
    "224.0.0.0/4": "is for multicast (VPC, Prohibited IPv4 subnet ranges)",
    "255.255.255.255/32": "is for broadcast (VPC, Prohibited IPv4 subnet ranges)",
}
"""The ranges that a network must not touch, and why."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The ranges of the one subnet, which spans all zones of the region."""

    nodes: str
    services: str
    pods: str


def layout(cidr: str) -> Layout:
    """Lay out a network: the first sixteenth is for nodes, the second for Kubernetes' services, the upper half for pods.

    Pods have that much since GKE gives each node 256 addresses for up to 110 of them (GKE, IP address ranges for Pods).
    Raises ValueError where the network is wider than /8, narrower than /20, or touches what nobody may use.
    """
    network = IPv4Network(cidr)
    if not WIDEST <= network.prefixlen <= NARROWEST:
        raise ValueError(
            f"must be a range from /{WIDEST}, the widest private one, to /{NARROWEST}, the narrowest whose half has room for pods, not {cidr}"
        )
    check_usable(cidr)
    nodes, second = list(network.subnets(prefixlen_diff=SIXTEENTH))[:2]
    _, pods = network.subnets()
    services = IPv4Network((int(second.network_address), max(second.prefixlen, WIDEST_SERVICES)))
    return Layout(nodes=str(nodes), services=str(services), pods=str(pods))


def check_usable(cidr: str) -> None:
    """Raise ValueError where a range touches one that Google Cloud refuses."""
    for taken, reason in UNUSABLE.items():
        if IPv4Network(cidr).overlaps(IPv4Network(taken)):
            raise ValueError(
                f"must not overlap {taken}, which {reason}, and {cidr} does; choose another, such as 10.0.0.0/16"
            )


def refuse_range_change(present: object, wanted: object) -> str | None:
    """A cluster keeps the ranges that it was made with, and Google Cloud moves none that something is in (VPC, Subnets)."""
    if present == wanted:
        return None
    return (
        f"would move nodes, pods and services from {_said(present)} to {_said(wanted)}, and a cluster keeps the ranges that it was made "
        "with. Set it back; to have other addresses, bring up a stack of another name with them, move the pipes there, then take this one down."
    )


def _said(ranges: object) -> str:
    return ", ".join(map(str, cast("list[object]", ranges))) if isinstance(ranges, list) else str(ranges)
