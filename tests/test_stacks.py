"""Tests of every shipped stack: invariants, inventories and size."""

import pytest

from tests.invariants import INVARIANTS
from tests.inventory import ADVICE, DIRECTORY, differences, inventory, read
from tests.stacks import NAMES, changed, shipped
from workbench.stack_file import ROOT, read_settings

every_stack = pytest.mark.parametrize("stack", NAMES)
both_ways = pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])


@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda invariant: invariant.__name__)
@every_stack
@both_ways
def test_every_stack_keeps_the_invariant(stack, preview, invariant):
    invariant(shipped(stack, preview=preview))


@every_stack
def test_a_preview_shows_the_same_resources_as_the_update(stack):
    assert shipped(stack, preview=True).recording.urns == shipped(stack).recording.urns


@every_stack
def test_every_stack_has_the_name_of_its_file(stack):
    assert read_settings(changed(stack=stack)).name == stack


@every_stack
def test_every_stack_file_is_short_enough_to_copy(stack):
    assert len((ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text().splitlines()) <= 30


def test_the_program_is_at_most_thirty_lines():
    assert len((ROOT / "__main__.py").read_text().splitlines()) <= 30


@every_stack
def test_every_stack_matches_its_inventory(stack):
    found = differences(read(stack), inventory(stack))
    assert not found, "\n".join([f"tests/inventories/{stack}.yaml and the stack differ:", *found, ADVICE])


def test_every_inventory_belongs_to_a_stack_file():
    assert sorted(file.stem for file in DIRECTORY.iterdir()) == NAMES, "make inventories"


def test_a_difference_names_the_change_its_effect_and_the_command():
    kept = {"counts": {"a": 1}, "protected": {"a::x": {"name": "x"}, "a::y": {}}, "others": {}}
    made = {"counts": {"a": 1}, "protected": {"a::x": {"name": "z"}}, "others": {"a::y": {}}}
    assert differences(kept, made) == [
        "protected: a::y is gone",
        'protected: a::x: was {"name": "x"}, is {"name": "z"}',
        "others: a::y is new",
    ]
    assert differences({}, made)[0] == "counts: a is new", "a stack without an inventory fails"
    assert "a user's data" in ADVICE
    assert ADVICE.endswith("make inventories")
