"""Where a network's subnets lie: arithmetic only, and frozen, since another range would replace a user's subnets."""

from dataclasses import dataclass
from ipaddress import IPv4Network

ZONES = 3
"""A pipeline spans three zones, so that brokers keep a majority when one fails (MSK, Best practices)."""

SUBNET_PREFIX = 24

WIDEST, NARROWEST = 16, 21
"""AWS accepts a VPC of /16 at most (VPC, CIDR blocks); below /21 six /24 subnets do not fit."""

ZONE_LETTERS = {"ap-northeast-1": "acd", "ca-central-1": "abd"}
"""Regions in which newer accounts do not see the zones a, b and c (EC2, Regions and Zones)."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The ranges of the public and the private subnets, one of each in every zone."""

    public: tuple[str, ...]
    private: tuple[str, ...]


def layout(cidr: str) -> Layout:
    """Lay out a VPC: the first three /24 are public, the next three private, the rest is free.

    Raises ValueError where the VPC is wider than /16 or narrower than /21.
    """
    network = IPv4Network(cidr)
    if not WIDEST <= network.prefixlen <= NARROWEST:
        raise ValueError(
            f"must be a range from /{WIDEST}, the widest that a VPC can have, to /{NARROWEST}, the narrowest that six /{SUBNET_PREFIX} fit in, not {cidr}"
        )
    subnets = network.subnets(new_prefix=SUBNET_PREFIX)
    ranges = [str(next(subnets)) for _ in range(2 * ZONES)]
    return Layout(public=tuple(ranges[:ZONES]), private=tuple(ranges[ZONES:]))


def zone_letters(region: str) -> str:
    """The letters of the three zones that a region's subnets lie in, unless the stack file names others."""
    return ZONE_LETTERS.get(region, "abc")
