"""Tests of what the simulated Prometheus refuses in a rules file."""

import pytest
import yaml

from workbench.cloud.kinds import kind

RULES = kind("aws:amp/ruleGroupNamespace:RuleGroupNamespace")


def refusal(*rules_of_groups: int, names: list[str] | None = None) -> str:
    groups = [
        {"name": names[number] if names else f"g{number}", "rules": [{"alert": "a", "expr": "vector(1)"}] * rules}
        for number, rules in enumerate(rules_of_groups)
    ]
    return RULES.refusal(None, {"data": yaml.safe_dump({"groups": groups})}) or ""


@pytest.mark.parametrize(
    ("rules_of_groups", "reason"),
    [
        ([20], ""),
        ([20] * 100, ""),
        ([20, 21], "the group g1 has 21 rules, at most 20"),
        ([1] * 101, "a workspace has at most 100 rule groups, got 101"),
    ],
)
def test_more_rules_than_the_quotas_are_refused(rules_of_groups: list[int], reason: str):
    found = refusal(*rules_of_groups)
    assert reason in found
    assert bool(reason) == bool(found)


def test_two_groups_with_one_name_are_refused():
    assert "the names of the groups must be different" in refusal(1, 1, names=["orders", "orders"])


def test_rules_that_are_unknown_in_a_preview_are_not_refused():
    assert RULES.refusal(None, {}) is None
