"""Tests of the layout of IP ranges, which never changes for deployed stacks."""

from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from components.gcp.network.subnets import UNUSABLE, Layout, layout, refuse_range_change

networks = st.builds(
    lambda address, prefix: str(IPv4Network((address, prefix), strict=False)),
    st.integers(int(IPv4Address("1.0.0.0")), int(IPv4Address("223.255.255.255"))),
    st.integers(8, 20),
)


def usable(cidr: str) -> bool:
    return not any(IPv4Network(cidr).overlaps(IPv4Network(taken)) for taken in UNUSABLE)


def test_layouts_of_deployed_stacks_never_change():
    assert layout("10.0.0.0/16") == Layout(nodes="10.0.0.0/20", services="10.0.16.0/20", pods="10.0.128.0/17")
    assert layout("10.8.0.0/20") == Layout(nodes="10.8.0.0/24", services="10.8.1.0/24", pods="10.8.8.0/21")
    assert layout("10.0.0.0/8") == Layout(nodes="10.0.0.0/12", services="10.16.0.0/16", pods="10.128.0.0/9")


@given(cidr=networks)
def test_ranges_are_inside_the_network_and_never_overlap(cidr: str):
    assume(usable(cidr))
    found = layout(cidr)
    ranges = [IPv4Network(each) for each in (found.nodes, found.services, found.pods)]
    assert all(each.subnet_of(IPv4Network(cidr)) for each in ranges)
    assert not any(first.overlaps(second) for first, second in combinations(ranges, 2))


@given(cidr=networks)
def test_range_sizes_are_within_gke_limits(cidr: str):
    assume(usable(cidr))
    found = layout(cidr)
    assert 9 <= IPv4Network(found.pods).prefixlen <= 21, "at least eight nodes, at most half of a /8"
    assert 16 <= IPv4Network(found.services).prefixlen <= 27
    assert 8 <= IPv4Network(found.nodes).prefixlen <= 29


@given(prefix=st.integers(0, 7) | st.integers(21, 32))
def test_networks_that_are_too_wide_or_too_narrow_are_rejected(prefix: int):
    with pytest.raises(ValueError, match=r"from /8 \(the widest private range\) to /20 \("):
        layout(str(IPv4Network((0, prefix))))


@pytest.mark.parametrize("taken", UNUSABLE)
def test_prohibited_ranges_are_rejected_with_the_reason(taken: str):
    around = str(IPv4Network(taken).supernet(new_prefix=min(IPv4Network(taken).prefixlen, 16)))
    with pytest.raises(ValueError, match=r"must not overlap .*, got .* \(.*; VPC, .*\)|must be a range from /8"):
        layout(around)


def test_range_change_refusal_names_both_ranges_and_the_fix():
    assert refuse_range_change(["10.0.0.0/16"], ["10.0.0.0/16"]) is None
    refusal = refuse_range_change(["10.0.0.0/16"], ["10.1.0.0/16"])
    assert refusal is not None
    assert "from 10.0.0.0/16 to 10.1.0.0/16" in refusal
    assert "create a stack with a different name" in refusal
