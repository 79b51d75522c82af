"""Names that nobody else in the world has, in the alphabet and the length that each service takes."""

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
def test_storage_accounts_and_registries_get_letters_and_digits_of_at_most_the_length_they_take(name):
    assert re.fullmatch("[a-z][a-z0-9]{4,23}", global_name(name, SUFFIX))
    assert re.fullmatch("[a-z][a-z0-9]{4,49}", global_name(name, SUFFIX, longest=50))


@given(name=stacks, longest=st.integers(24, 59))
@example(name="cut-at-its-hyp-hen", longest=24)
def test_with_hyphens_a_name_has_no_two_in_a_row_and_none_at_its_end(name, longest):
    made = global_name(name, SUFFIX, longest=longest, hyphens=True)
    assert re.fullmatch("[a-z][a-z0-9]*(-[a-z0-9]+)+", made)
    assert len(made) <= longest
    assert made.endswith(f"-{SUFFIX}")


def test_two_things_of_one_stack_have_two_names_however_long_the_stack_s_is():
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
def test_an_id_of_another_form_is_refused_in_words(value):
    form = resource_id("Microsoft.Network/virtualNetworks/{}", "a virtual network")
    assert form.check(VNET) == VNET
    with pytest.raises(ValueError, match=r"must be the id of a virtual network, /subscriptions/\.\.\."):
        form.check(value)


def test_a_role_is_given_under_the_same_name_every_time_and_another_for_each_role_place_and_identity():
    names = {
        assignment_name(role, scope, identity)
        for role in ROLES.values()
        for scope in ("/subscriptions/a", "/subscriptions/b")
        for identity in ("one", "two")
    }
    assert len(names) == 4 * len(ROLES)
    assert assignment_name("r", "s", "p") == assignment_name("r", "s", "p")


def test_built_in_roles_have_ids_of_their_own():
    assert len(set(ROLES.values())) == len(ROLES)
    assert all(re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", guid) for guid in ROLES.values())
