"""Every resource type of the simulated clouds has a role in the picture."""

import pytest

from tests.stacks import NAMES, shipped
from workbench.cloud import kinds
from workbench.cloud.figure import Figure, Role, fill
from workbench.cloud.figures import FIGURES, figure
from workbench.recording.records import PROVIDER_PREFIX

TYPES = sorted(each for _, table in kinds._TABLES.values() for each in table)


@pytest.mark.parametrize("type_token", TYPES)
def test_every_simulated_type_is_in_a_table_of_figures(type_token: str):
    assert type_token in FIGURES, "add the type to figures.py in the folder of its cloud"


def test_every_figure_is_a_simulated_type():
    assert not FIGURES.keys() - set(TYPES)


def test_an_unknown_type_is_counted_with_the_words_of_its_name():
    assert figure("aws:elb/loadBalancer:LoadBalancer") == Figure(Role.DETAIL, "Load Balancer")


@pytest.mark.parametrize("stack", NAMES)
def test_every_permission_of_a_stack_names_who_what_and_on_which_resource(stack: str):
    for each in shipped(stack).recording.resources:
        found = figure(each.type).rights if each.custom and not each.type.startswith(PROVIDER_PREFIX) else None
        for right in found(each.inputs) if found else ():
            assert right.who, each.urn
            assert all(right.what), each.urn
            assert right.what, each.urn
            assert right.on, each.urn


def test_a_fact_without_its_input_is_left_out():
    assert fill("{a.b} brokers", {"a": {"b": 3.0}}) == "3 brokers"
    assert not fill("{a.c} brokers", {"a": {"b": 3}})
    assert not fill("{a}", {"a": {"b": 3}})
