"""Subnet layout. It must not change, because a different range replaces existing subnets."""

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.network.subnets import Layout, layout, zone_letters

networks = st.builds(
    lambda address, prefix: str(IPv4Network((address, prefix), strict=False)),
    st.integers(0, 2**32 - 1),
    st.integers(16, 21),
)


def test_the_layout_of_the_worked_example():
    assert layout("10.0.0.0/16") == Layout(
        public=("10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"),
        private=("10.0.3.0/24", "10.0.4.0/24", "10.0.5.0/24"),
    )


@given(cidr=networks)
def test_subnets_are_inside_the_vpc_and_never_overlap(cidr):
    subnets = [IPv4Network(each) for each in (*layout(cidr).public, *layout(cidr).private)]
    assert len(subnets) == 6
    assert all(subnet.subnet_of(IPv4Network(cidr)) for subnet in subnets)
    assert not any(first.overlaps(second) for first, second in combinations(subnets, 2))


@given(prefix=st.integers(0, 15) | st.integers(22, 32))
def test_a_vpc_that_is_too_wide_or_too_narrow_is_refused(prefix):
    with pytest.raises(ValueError, match="/16"):
        layout(str(IPv4Network((0, prefix))))


def test_zones_that_newer_accounts_do_not_have_are_not_used():
    assert zone_letters("eu-west-1") == "abc"
    assert zone_letters("ap-northeast-1") == "acd"
