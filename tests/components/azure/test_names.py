"""Globally unique names, resource IDs and role assignment names."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from components.azure.names import global_name, resource_id
from components.azure.roles import ROLES, assignment_name
from components.settings import NAME

SUFFIX = "a1b2c3d4"
stacks = st.from_regex(NAME.pattern, fullmatch=True)


@given(name=stacks)
def test_names_without_hyphens_have_only_letters_and_digits_up_to_the_limit(name):
    assert re.fullmatch("[a-z][a-z0-9]{4,23}", global_name(name, SUFFIX))
    assert re.fullmatch("[a-z][a-z0-9]{4,49}", global_name(name, SUFFIX, longest=50))


@given(name=stacks, longest=st.integers(24, 59))
@example(name="cut-at-its-hyp-hen", longest=24)
def test_names_with_hyphens_have_no_repeated_or_trailing_hyphens(name, longest):
    made = global_name(name, SUFFIX, longest=longest, hyphens=True)
    assert re.fullmatch("[a-z][a-z0-9]*(-[a-z0-9]+)+", made)
    assert len(made) <= longest
    assert made.endswith(f"-{SUFFIX}")


def test_names_of_different_roles_differ_for_long_stack_names():
    name = "a-stack-with-a-long-name"
    assert global_name(name, SUFFIX, role="flow") == "astackwithalflowa1b2c3d4"
    assert global_name(name, SUFFIX) == "astackwithalongna1b2c3d4"
    assert global_name(name, SUFFIX, hyphens=True, role="keys") == "a-stack-wi-keys-a1b2c3d4"


VNET = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/x"


@pytest.mark.parametrize(
    "value",
    [
        "x",
        f"{VNET}/subnets/y",
        VNET.replace("00000000-0000", "0"),
        VNET.replace("virtualNetworks", "publicIPAddresses"),
    ],
)
def test_an_invalid_resource_id_is_refused(value):
    form = resource_id("Microsoft.Network/virtualNetworks/{}", "a virtual network")
    assert form.check(VNET) == VNET
    with pytest.raises(ValueError, match=r"must be the ID of a virtual network, /subscriptions/\.\.\."):
        form.check(value)


def test_assignment_names_are_stable_and_differ_by_role_scope_and_principal():
    names = {
        assignment_name(role, scope, identity)
        for role in ROLES.values()
        for scope in ("/subscriptions/a", "/subscriptions/b")
        for identity in ("one", "two")
    }
    assert len(names) == 4 * len(ROLES)
    assert assignment_name("r", "s", "p") == assignment_name("r", "s", "p")


def test_built_in_roles_have_distinct_ids():
    assert len(set(ROLES.values())) == len(ROLES)
    assert all(re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", guid) for guid in ROLES.values())
