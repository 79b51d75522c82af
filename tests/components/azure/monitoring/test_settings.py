"""Tests of wrong settings of the alarms on Azure."""

from typing import Any

import pytest

from components.settings import SettingsError
from tests.stacks import rule, settings

STACK = "azure-eventhubs-aks"
FILE = f"stacks/Pulumi.{STACK}.yaml"
EXAMPLE = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ops/providers/Microsoft.Insights/"
    "actionGroups/oncall"
)


def refused(monitoring: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings({"data-pipes:monitoring": monitoring}, stack=STACK)
    return [rule(line).removeprefix(f"{FILE}: ") for line in str(caught.value).splitlines()]


@pytest.mark.parametrize(
    ("monitoring", "message"),
    [
        (
            {"emails": ["oncall at example.com"]},
            "monitoring.emails[0]: must be an e-mail address, such as oncall@example.com, got 'oncall at example.com'.",
        ),
        (
            {"actionGroupIds": ["arn:aws:sns:eu-west-1:123456789012:oncall"]},
            f"monitoring.actionGroupIds[0]: must be the ID of an action group, such as {EXAMPLE}, got "
            "'arn:aws:sns:eu-west-1:123456789012:oncall'.",
        ),
        (
            {"actionGroupIds": [f"{EXAMPLE}{number}" for number in range(5)]},
            "monitoring.actionGroupIds: must have at most 4 entries, got 5.",
        ),
        (
            {"actionGroupIds": [EXAMPLE, EXAMPLE.replace("/oncall", "/OnCall"), f"{EXAMPLE}2"]},
            f"monitoring.actionGroupIds: must not contain duplicates, got {EXAMPLE.replace('/oncall', '/OnCall')}, {EXAMPLE} (Azure ignores "
            "the case of IDs). Remove the duplicates.",
        ),
        (
            {"enabled": False, "emails": ["oncall@example.com"]},
            "monitoring: must have no other keys while enabled is false, got emails (there is no alarm). Remove them, or set enabled to true.",
        ),
    ],
)
def test_a_wrong_setting_is_refused_with_its_key_the_rule_and_the_value(monitoring: Any, message: str):
    assert refused(monitoring) == [message]


def test_four_action_groups_are_accepted_together_with_addresses():
    groups = [f"{EXAMPLE}{number}" for number in range(4)]
    found = settings({"data-pipes:monitoring": {"actionGroupIds": groups, "emails": ["oncall@example.com"]}}, STACK)
    assert list(found.monitoring.targets) == groups


def test_a_stack_without_a_collector_is_warned_that_nothing_measures_unread_records():
    [warning] = settings({"data-pipes:monitoring": {"collector": "none"}}, stack=STACK).warnings
    assert warning == (
        "monitoring.collector: none leaves the stack without alarms on unread records (event-hubs does not report them to the cloud's "
        "monitoring). Set it to managed or operator."
    )


def test_the_default_collector_is_azure_s_managed_prometheus():
    assert settings(stack=STACK).monitoring.collector == "managed"
