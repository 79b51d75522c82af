"""Tests of every combination of services: supported ones keep the invariants, others are refused with a reason."""

import pytest

from components.catalog import CLOUDS, PROPOSED
from components.settings import SettingsError
from tests.combinations import ALLOWED, PAIRS, REFUSED, Combination
from tests.invariants import INVARIANTS
from tests.stacks import NAMES, changed
from workbench.plan import plan
from workbench.stack_file import read_settings


@pytest.mark.parametrize("combination", ALLOWED, ids=str)
def test_a_combination_plans_and_keeps_every_invariant(combination: Combination):
    made = plan(combination.stack_file())
    for invariant in INVARIANTS:
        invariant(made)


@pytest.mark.parametrize("combination", PAIRS, ids=str)
def test_a_preview_of_a_pair_has_the_same_resources_as_the_update(combination: Combination):
    previewed = plan(combination.stack_file(), preview=True)
    assert previewed.problems == ()
    assert previewed.recording.urns == plan(combination.stack_file()).recording.urns


ADOPTING = [each for each in PAIRS if CLOUDS[each.cloud].streaming[each.streaming].existing_pipe]


@pytest.mark.parametrize("combination", ADOPTING, ids=str)
def test_a_topic_that_others_made_on_a_service_of_the_stack_is_read(combination: Combination):
    stack_file = combination.stack_file()
    orders = {**stack_file.config["data-pipes:pipes"]["orders"], "topic": {"existing": True}}
    made = plan(stack_file.with_config("data-pipes:pipes", {"orders": orders}))
    for invariant in INVARIANTS:
        invariant(made)
    assert [str(each) for each in made.pipes] == ["orders: 3 partitions = 3 replicas"]


@pytest.mark.parametrize("combination", REFUSED, ids=str)
def test_an_unsupported_pair_is_refused_with_the_reason_and_a_supported_platform(combination: Combination):
    with pytest.raises(SettingsError) as refusal:
        read_settings(combination.stack_file())
    [line] = str(refusal.value).splitlines()
    assert f"streaming.service: {combination.streaming} is not available on {combination.platform}: " in line
    assert str(combination.refusal) in line
    assert ". Set platform.service to " in line


def test_every_service_is_in_a_supported_pair():
    for name, cloud in CLOUDS.items():
        pairs = [combination for combination in PAIRS if combination.cloud == name]
        assert {each.streaming for each in pairs} == set(cloud.streaming)
        assert {each.platform for each in pairs} == set(cloud.platforms)


def test_every_pair_of_services_has_a_stack_file():
    shipped = {
        (read_settings(changed(stack=name)).streaming.service, read_settings(changed(stack=name)).platform.service)
        for name in NAMES
    }
    made = {
        (streaming, platform)
        for cloud in PROPOSED.values()
        for streaming, service in cloud.streaming.items()
        for platform in cloud.platforms
        if platform not in service.refused_on
    }
    missing = sorted(made - shipped)
    assert not missing, f"add a file stacks/Pulumi.<stack>.yaml for each of these pairs: {missing}"
    # Pairs with something that was there before differ only in its settings: one file for each service and platform.
    streaming, platforms = ({pair[at] for pair in shipped} for at in (0, 1))
    assert {each.streaming for each in PAIRS} == streaming
    assert {each.platform for each in PAIRS} == platforms
    assert set(CLOUDS) == {each.cloud for each in PAIRS}
