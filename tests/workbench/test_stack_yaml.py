"""Tests of values that `plan` accepts or refuses in a stack file. tests/engine/test_stack_yaml.py compares `plan` with the Pulumi CLI."""

import json
from pathlib import Path

import pytest

from tests.yaml_values import ORDINARY, TIMES, Read, reader
from workbench.stack_file import StackFileError


@pytest.fixture
def plan(tmp_path: Path) -> Read:
    return reader(tmp_path / "Pulumi.test.yaml")


@pytest.mark.parametrize("value", ORDINARY + TIMES + ["yes", "No", "0", "3", "-5", "0.25", "604800000", "true"])
def test_ordinary_values_are_accepted(plan: Read, value: str):
    assert plan(f"config: {{x:k: {json.dumps(value, ensure_ascii=False)}}}") == {"x:k": value}
    assert plan(f"config:\n  x:k: {value}\n") == {"x:k": value}


@pytest.mark.parametrize(
    "value",
    ["012345678901", "0777", "1_000", "010", "0x1F", "0o17", "0b11", "1e3", ".5", "+1", ".inf", ".nan", "2026-01-31"],
)
def test_values_that_pulumi_would_change_are_refused_with_the_fix(plan: Read, value: str):
    for entry in (f"x:k: {value}", f"x:k: {{a: [{value}]}}", f"x:k: {{{value}: a}}", f"x:k: !!int {value}"):
        with pytest.raises(StackFileError) as refused:
            plan(f"config:\n  {entry}\n")
        assert str(refused.value).endswith("Write it in quotes.")
        assert ": line 2: " in str(refused.value)


REFUSED = {
    "several documents": "config: {x:a: 1}\n---\nconfig: {x:a: 2}\n",
    "a key twice": "config: {x:a: 1, x:a: 2}\n",
    "a key twice by an anchor": "config: {&k x:a: 1, *k : 2}\n",
    "a key twice in an object": "config: {x:a: {b: 1, 'b': 2}}\n",
    "two merges": "config: {x:a: {<<: {b: 1}, <<: {c: 2}}}\n",
    "a key with and without the project": "config: {a: 1, data-pipes:a: 2}\n",
    "a key with two colons": "config: {x:config:a: 1}\n",
    "keys that are no text": "config: {x:a: {1: b}}\n",
    "half of a surrogate pair": 'config: {x:a: "\\ud800"}\n',
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_a_file_that_two_readers_read_differently_is_refused(plan: Read, text: str):
    with pytest.raises(StackFileError) as refused:
        plan(text)
    assert "\n" not in str(refused.value)
