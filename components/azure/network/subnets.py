"""Ranges of the subnets. Do not change the layout: another range would replace the resources in deployed subnets."""

from dataclasses import dataclass
from ipaddress import IPv4Network

NODES_PREFIX, SMALL_PREFIX = 22, 24

WIDEST, NARROWEST = 8, 21
"""The widest private range is a /8 (RFC 1918). A range narrower than /21 does not fit a /22 and two /24."""

RESERVED = 5
"""Addresses that Azure reserves in each subnet (Azure Virtual Network, FAQ)."""

NODE_ADDRESSES = 2 ** (32 - NODES_PREFIX) - RESERVED
"""Usable addresses in the nodes' subnet."""

UNUSABLE = {
    "127.0.0.0/8": "Azure reserves (Azure Virtual Network, FAQ)",
    "168.63.129.16/32": "Azure reserves (Azure Virtual Network, FAQ)",
    "169.254.0.0/16": "Azure reserves (Azure Virtual Network, FAQ)",
    "172.30.0.0/16": "AKS reserves (AKS, IP address planning)",
    "172.31.0.0/16": "AKS reserves (AKS, IP address planning)",
    "192.0.2.0/24": "AKS reserves (AKS, IP address planning)",
    "224.0.0.0/3": "is for multicast and broadcast (Azure Virtual Network, FAQ)",
}
"""Ranges that a network with AKS must not overlap, and why."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Ranges of the subnets. Each subnet spans all zones."""

    nodes: str
    endpoints: str
    hdinsight: str


def layout(cidr: str) -> Layout:
    """Return the subnet ranges: the first /22 is for nodes, the next /24 for private endpoints, the next /24 for HDInsight.

    Raises ValueError if the network is wider than /8, narrower than /21, or overlaps a range that Azure or AKS reserves.
    """
    network = IPv4Network(cidr)
    if not WIDEST <= network.prefixlen <= NARROWEST:
        raise ValueError(
            f"must be from /{WIDEST} (the widest private range) to /{NARROWEST} (the smallest with room for one /{NODES_PREFIX} and two /{SMALL_PREFIX} subnets), "
            f"got {cidr}. Choose a range such as 10.0.0.0/16."
        )
    check_usable(cidr)
    nodes = next(network.subnets(new_prefix=NODES_PREFIX))
    first = int(nodes.broadcast_address) + 1
    return Layout(
        nodes=str(nodes),
        endpoints=str(IPv4Network((first, SMALL_PREFIX))),
        hdinsight=str(IPv4Network((first + 2 ** (32 - SMALL_PREFIX), SMALL_PREFIX))),
    )


def check_usable(cidr: str) -> None:
    """Raise ValueError if a range overlaps one that Azure or AKS reserves."""
    for taken, reason in UNUSABLE.items():
        if IPv4Network(cidr).overlaps(IPv4Network(taken)):
            raise ValueError(
                f"must not overlap {taken}, which {reason}, got {cidr}. Choose a range such as 10.0.0.0/16."
            )


def refuse_range_change(present: object, wanted: object) -> str | None:
    """Refuse another range: a subnet in use keeps its range (Azure Virtual Network, Add, change, or delete a subnet)."""
    if present == wanted:
        return None
    return (
        f"cannot be changed: it would move a subnet from {present} to {wanted} (Azure cannot move a subnet in use). Set it back; "
        "to use another range, create a new stack with a different name, move the pipes there, then destroy this stack."
    )
