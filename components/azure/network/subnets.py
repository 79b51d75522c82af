"""Where a network's subnets lie: arithmetic only, and frozen, since another range would replace what is in a user's subnets."""

from dataclasses import dataclass
from ipaddress import IPv4Network

NODES_PREFIX, SMALL_PREFIX = 22, 24

WIDEST, NARROWEST = 8, 21
"""The widest private range is a /8 (RFC 1918); below /21 a /22 and two /24 do not fit."""

RESERVED = 5
"""How many addresses of every subnet are Azure's own (Azure Virtual Network, FAQ)."""

NODE_ADDRESSES = 2 ** (32 - NODES_PREFIX) - RESERVED
"""How many nodes the subnet of the nodes has addresses for."""

UNUSABLE = {
    "127.0.0.0/8": "Azure keeps for itself (Azure Virtual Network, FAQ)",
    "168.63.129.16/32": "Azure keeps for itself (Azure Virtual Network, FAQ)",
    "169.254.0.0/16": "Azure keeps for itself (Azure Virtual Network, FAQ)",
    "172.30.0.0/16": "AKS keeps for itself (AKS, IP address planning)",
    "172.31.0.0/16": "AKS keeps for itself (AKS, IP address planning)",
    "192.0.2.0/24": "AKS keeps for itself (AKS, IP address planning)",
    "224.0.0.0/3": "is for multicast and broadcast (Azure Virtual Network, FAQ)",
}
"""The ranges that a network with AKS must not touch, and why."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The ranges of the subnets; each spans all zones."""

    nodes: str
    endpoints: str
    hdinsight: str


def layout(cidr: str) -> Layout:
    """Lay out a virtual network: the first /22 is for nodes, the next /24 for private endpoints, then one for HDInsight.

    Raises ValueError where the network is wider than /8, narrower than /21, or touches what Azure or AKS keep.
    """
    network = IPv4Network(cidr)
    if not WIDEST <= network.prefixlen <= NARROWEST:
        raise ValueError(
            f"must be a range from /{WIDEST}, the widest private one, to /{NARROWEST}, the narrowest that a /{NODES_PREFIX} and two /{SMALL_PREFIX} fit in, not {cidr}"
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
    """Raise ValueError where a range touches one that Azure or AKS keep."""
    for taken, reason in UNUSABLE.items():
        if IPv4Network(cidr).overlaps(IPv4Network(taken)):
            raise ValueError(
                f"must not overlap {taken}, which {reason}, and {cidr} does; choose another, such as 10.0.0.0/16"
            )


def refuse_range_change(present: object, wanted: object) -> str | None:
    """A subnet keeps its range while something is in it (Azure Virtual Network, Add, change, or delete a subnet)."""
    if present == wanted:
        return None
    return (
        f"would move a subnet from {present} to {wanted}, and Azure moves none that something is in. Set it back; "
        "to have other addresses, bring up a stack of another name with them, move the pipes there, then take this one down."
    )
