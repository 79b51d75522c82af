"""Tests of what every shipped stack measures, on whatever cloud its alarms are."""

import pytest

from components.monitoring.alarms import ALARMS
from tests.stacks import NAMES, REMOVED, planned, settings, shipped
from workbench.plan import Plan

NO_LAG = {"aws-confluent-ecs"}
"""Stacks whose service reports nothing to the cloud, on a platform without a collector. A warning says so."""

NO_COLLECTOR = {name for name in NAMES if settings(stack=name).monitoring.collector == "none" and "-ecs" not in name}
"""Stacks in which nothing counts the consumers (docs/monitoring.md)."""


def alarms(plan: Plan) -> set[str]:
    """Return the alarms that the texts of a stack's monitoring link in the runbook."""
    texts = [str(each.inputs) for each in plan.recording.resources if ":Monitoring$" in each.urn]
    return {name for name in ALARMS if any(f"docs/operations.md#{name}" in text for text in texts)}


@pytest.mark.parametrize("stack", NAMES)
def test_old_records_and_missing_consumers_are_alarms(stack: str):
    found = alarms(shipped(stack))
    assert ("old-records" in found or "many-unread-records" in found) is (stack not in NO_LAG)
    assert ("missing-consumers" in found) is (stack not in NO_COLLECTOR)


@pytest.mark.parametrize("stack", NAMES)
def test_a_stack_without_monitoring_has_no_alarm(stack: str):
    plan = planned({"data-pipes:monitoring": {"enabled": False, "collector": REMOVED}}, stack=stack)
    assert plan.problems == ()
    assert alarms(plan) == set()


def test_few_stacks_have_gaps():
    assert {"aws-existing", "aws-msk-eks", "aws-msk-serverless-eks", "aws-kinesis-eks"} == NO_COLLECTOR
