"""Subnet layout on Azure. It must not change, because deployed subnets cannot move."""

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from components.azure.network.subnets import NODE_ADDRESSES, UNUSABLE, Layout, layout

networks = st.builds(
    lambda address, prefix: str(IPv4Network((address, prefix), strict=False)),
    st.integers(0, 2**32 - 1),
    st.integers(8, 21),
)


def usable(cidr):
    return not any(IPv4Network(cidr).overlaps(IPv4Network(taken)) for taken in UNUSABLE)


def test_the_layout_of_deployed_stacks_is_unchanged():
    assert layout("10.0.0.0/16") == Layout(nodes="10.0.0.0/22", endpoints="10.0.4.0/24", hdinsight="10.0.5.0/24")


@given(cidr=networks)
def test_subnets_are_inside_the_network_and_do_not_overlap(cidr):
    assume(usable(cidr))
    found = layout(cidr)
    subnets = [IPv4Network(each) for each in (found.nodes, found.endpoints, found.hdinsight)]
    assert all(subnet.subnet_of(IPv4Network(cidr)) for subnet in subnets)
    assert not any(first.overlaps(second) for first, second in combinations(subnets, 2))
    assert subnets[0].num_addresses - 5 == NODE_ADDRESSES


@given(prefix=st.integers(0, 7) | st.integers(22, 32))
def test_a_network_that_is_too_wide_or_too_narrow_is_refused(prefix):
    with pytest.raises(ValueError, match="/21"):
        layout(str(IPv4Network((0, prefix))))


@pytest.mark.parametrize("taken", UNUSABLE)
def test_a_range_that_azure_or_aks_reserves_is_refused_with_the_reason(taken):
    around = str(IPv4Network(taken).supernet(new_prefix=min(IPv4Network(taken).prefixlen, 16)))
    with pytest.raises(ValueError, match=r"must not overlap .*(Azure|AKS)|must be from /8"):
        layout(around)
