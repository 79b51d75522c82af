"""Alarms of a planned stack, by name."""

from collections.abc import Mapping
from typing import Any

from workbench.plan import PIPELINE, Plan

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
TOPIC = "aws:sns/topic:Topic"


def alarms(plan: Plan) -> Mapping[str, Mapping[str, Any]]:
    """Return the inputs of the alarms by their names, without the name of the stack."""
    stack = plan.recording.one(PIPELINE).name
    return {each.name.removeprefix(f"{stack}-"): each.inputs for each in plan.recording.of_type(ALARM)}
