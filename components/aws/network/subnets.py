"""Subnet ranges of a VPC. Do not change the layout: a different range replaces existing subnets."""

from dataclasses import dataclass
from ipaddress import IPv4Network

ZONES = 3
"""A stack uses three zones, so that brokers keep a majority if one zone fails (MSK, Best practices)."""

SUBNET_PREFIX = 24

WIDEST, NARROWEST = 16, 21
"""The widest VPC is /16 (VPC, CIDR blocks). Six /24 subnets fit in /21, but not in anything narrower."""

ZONE_LETTERS = {"ap-northeast-1": "acd", "ca-central-1": "abd"}
"""Regions in which newer accounts do not have the zones a, b and c (EC2, Regions and Zones)."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Ranges of the public and the private subnets, one of each per zone."""

    public: tuple[str, ...]
    private: tuple[str, ...]


def layout(cidr: str) -> Layout:
    """Return the subnet ranges of a VPC: the first three /24 are public, the next three private, the rest is free.

    Raises ValueError if the VPC is wider than /16 or narrower than /21.
    """
    network = IPv4Network(cidr)
    if not WIDEST <= network.prefixlen <= NARROWEST:
        raise ValueError(
            f"must be a range from /{WIDEST} to /{NARROWEST}, got {cidr} "
            f"(a VPC can be /{WIDEST} at most, and six /{SUBNET_PREFIX} subnets need /{NARROWEST}). Use a range of such a size."
        )
    subnets = network.subnets(new_prefix=SUBNET_PREFIX)
    ranges = [str(next(subnets)) for _ in range(2 * ZONES)]
    return Layout(public=tuple(ranges[:ZONES]), private=tuple(ranges[ZONES:]))


def zone_letters(region: str) -> str:
    """Return the letters of the three default zones of a region."""
    return ZONE_LETTERS.get(region, "abc")
