"""Tests of the dashboard of a stack on AWS."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from components.aws.monitoring.dashboard import dashboard
from components.aws.monitoring.metrics import CloudWatchMetric, Combined, Measurement
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


def test_the_service_is_drawn_first_and_then_a_pipe_from_its_equation_to_its_dead_letters():
    assert list(charts(shipped("aws-msk-ecs"))) == [
        "aws-msk-ecs: Idle CPU of the busiest broker in percent",
        "aws-msk-ecs: Disk of the fullest broker in percent",
        "aws-msk-ecs: Packets delayed by the limit of the network",
        "aws-msk-ecs: Partitions with missing copies",
        "aws-msk-ecs: Partitions with too few copies to write",
        "aws-msk-ecs: Partitions without a leader",
        "orders: Equation: running tasks, desired tasks, and the number of partitions",
        "orders: Written bytes per second",
        "orders: Read bytes per second",
        "orders: Time to catch up or unread records, as a share of the limit",
        "orders: Estimated time to catch up in seconds",
        "orders: Unread records",
        "orders: Dead letters in bytes per second",
    ]


def test_the_equation_has_a_line_for_the_number_of_partitions():
    plan = planned({"data-pipes:pipes": {"orders": {"parallelism": 6}}}, stack="aws-kinesis-ecs")
    equation = next(each for title, each in charts(plan).items() if "Equation" in title)
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


def section(name: str, charts: int, metrics: int = 1) -> tuple[str, list[Signal[Measurement]]]:
    metric = CloudWatchMetric(namespace="AWS/Kinesis", name="IncomingRecords", dimensions={}, statistic="Sum")
    measured: Measurement = Combined(function="SUM", metrics=[metric] * metrics) if metrics > 1 else metric
    return name, [Signal[Measurement](name=str(each), title=f"chart {each}", metric=measured) for each in range(charts)]


@pytest.mark.parametrize(
    ("charts", "metrics", "drawn"),
    [
        (5, 1, 99),  # 500 charts
        (5, 9, 49),  # 2,500 metrics and expressions
    ],
)
def test_the_service_is_drawn_first_and_pipes_without_room_are_named(charts: int, metrics: int, drawn: int):
    sections = [section("service", charts, metrics), *(section(f"pipe{n}", charts, metrics) for n in range(120))]
    found = dashboard("eu-west-1", sections)
    subjects = list(dict.fromkeys(chart["properties"]["title"].partition(":")[0] for chart in found.charts))
    assert subjects == ["service", *(f"pipe{number}" for number in range(drawn))]
    assert found.left_out == [f"pipe{number}" for number in range(drawn, 120)]


def test_a_dashboard_with_room_for_all_pipes_is_complete_and_says_nothing():
    assert dashboard("eu-west-1", [section(f"pipe{number}", 5) for number in range(100)]).left_out == []
    assert not [each for each in shipped("aws-msk-ecs").recording.messages if "dashboard" in each.text]


def test_a_stack_whose_pipes_have_no_room_on_the_dashboard_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("components.aws.monitoring.dashboard.MOST_CHARTS", 6)
    messages = [each.text for each in planned(stack="aws-msk-eks").recording.messages if "dashboard" in each.text]
    assert messages == [
        "the dashboard has no room for the charts of orders (CloudWatch accepts 500 charts and 2500 metrics on a dashboard). Their alarms "
        "exist."
    ]


def test_a_pipe_with_a_hundred_streams_has_charts_with_both_directions_and_few_lines():
    plan = planned({"data-pipes:pipes": {"cameras": {"parallelism": 100}}}, stack="aws-video-ecs")
    found = charts(plan)
    bytes_drawn = found["cameras: Bytes per minute (10 of 20 lines)"]
    shown = [line[0] for line in bytes_drawn["metrics"] if "expression" in line[0]]
    assert {each["label"] for each in shown} == {"PutMedia.IncomingBytes", "GetMedia.OutgoingBytes"}
    assert len(shown) == 10
    assert len(found["cameras: Age of the last read fragment in milliseconds"]["metrics"]) == 10 * 11
    [drawn] = plan.recording.of_type(DASHBOARD)
    assert kind(DASHBOARD).refusal(None, drawn.inputs) is None
