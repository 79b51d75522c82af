"""Tests of the dashboard of a stack on AWS."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from components.aws.monitoring.dashboard import charts as dashboard_charts
from components.aws.monitoring.metrics import CloudWatchMetric, Measurement
from components.monitoring.signals import Signal
from tests.components.aws.monitoring.support import DASHBOARD, alarms
from tests.stacks import NAMES, planned, shipped
from workbench.cloud.kinds import kind
from workbench.plan import Plan

DRAWN = [name for name in NAMES if name.startswith("aws-") and shipped(name).recording.of_type(DASHBOARD)]


def charts(plan: Plan) -> Mapping[str, Mapping[str, Any]]:
    """Return the charts of the only dashboard by their titles."""
    [dashboard] = plan.recording.of_type(DASHBOARD)
    widgets = json.loads(dashboard.inputs["dashboardBody"])["widgets"]
    return {each["properties"]["title"]: {**each, **each["properties"]} for each in widgets}


def test_stacks_whose_alarms_are_in_prometheus_have_no_dashboard_in_cloudwatch():
    assert {name for name in NAMES if name.startswith("aws-")} - set(DRAWN) == {"aws-confluent-eks", "aws-kafka-eks"}


def test_a_pipe_on_ecs_is_drawn_from_its_equation_to_its_dead_letters_and_then_the_service():
    assert list(charts(shipped("aws-msk-ecs"))) == [
        "orders: Equation: running tasks, desired tasks, and the number of partitions",
        "orders: Written bytes per second",
        "orders: Read bytes per second",
        "orders: Time to catch up or unread records, as a share of the limit",
        "orders: Estimated time to catch up in seconds",
        "orders: Unread records",
        "orders: Dead letters in bytes per second",
        "aws-msk-ecs: Idle CPU of the busiest broker in percent",
        "aws-msk-ecs: Disk of the fullest broker in percent",
        "aws-msk-ecs: Packets delayed by the limit of the network",
        "aws-msk-ecs: Partitions with missing copies",
        "aws-msk-ecs: Partitions with too few copies to write",
        "aws-msk-ecs: Partitions without a leader",
    ]


def test_the_equation_has_a_line_for_the_number_of_partitions():
    plan = planned({"data-pipes:pipes": {"orders": {"parallelism": 6}}}, stack="aws-kinesis-ecs")
    equation = next(iter(charts(plan).values()))
    assert [line[1] for line in equation["metrics"]] == ["RunningTaskCount", "DesiredTaskCount"]
    assert equation["annotations"] == {"horizontal": [{"label": "missing-consumers", "value": 6}]}


@pytest.mark.parametrize("stack", DRAWN)
def test_every_alarm_has_a_line_with_its_limit(stack: str):
    plan = shipped(stack)
    lines = [
        line["value"] for chart in charts(plan).values() for line in chart.get("annotations", {}).get("horizontal", ())
    ]
    assert sorted(lines) == sorted(alarm["threshold"] for alarm in alarms(plan).values())


@pytest.mark.parametrize("stack", DRAWN)
def test_cloudwatch_accepts_the_dashboard_and_no_chart_covers_another(stack: str):
    plan = shipped(stack)
    [dashboard] = plan.recording.of_type(DASHBOARD)
    assert kind(DASHBOARD).refusal(None, dashboard.inputs) is None
    assert dashboard.inputs["dashboardName"] == stack
    found = charts(plan).values()
    assert {each["region"] for each in found} == {"eu-west-1"}
    assert len({(each["x"], each["y"]) for each in found}) == len(found)


def test_pipes_have_separate_rows():
    consumer = {"image": "registry.example.com/consumer:1", "cpu": "100m", "memory": "128Mi"}
    plan = planned(
        {"data-pipes:pipes": {"payments": {"parallelism": 2, "consumer": consumer}}}, stack="aws-kinesis-eks"
    )
    rows = {
        pipe: {each["y"] for title, each in charts(plan).items() if title.startswith(pipe)}
        for pipe in ("orders", "payments")
    }
    assert rows["orders"]
    assert max(rows["orders"]) < min(rows["payments"])


def test_charts_of_further_pipes_are_left_out_when_the_dashboard_is_full():
    metric = CloudWatchMetric(namespace="AWS/Kinesis", name="IncomingRecords", dimensions={}, statistic="Sum")
    signals = [Signal[Measurement](name=title, title=title, metric=metric) for title in "abcde"]
    drawn = dashboard_charts("eu-west-1", {f"pipe{number}": signals for number in range(120)})
    assert len(drawn) == 500
    assert drawn[-1]["properties"]["title"] == "pipe99: e"
