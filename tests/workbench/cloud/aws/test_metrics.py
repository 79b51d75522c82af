"""Tests of what the simulated CloudWatch refuses in alarms and dashboards."""

import json
from typing import Any

import pytest

from workbench.cloud.kinds import kind

ALARM, DASHBOARD = kind("aws:cloudwatch/metricAlarm:MetricAlarm"), kind("aws:cloudwatch/dashboard:Dashboard")
AGE = {
    "namespace": "AWS/Kinesis",
    "metricName": "GetRecords.IteratorAgeMilliseconds",
    "dimensions": {"StreamName": "orders"},
    "period": 60,
    "evaluationPeriods": 5,
}
DISK = """SELECT MAX("KafkaDataLogsDiskUsed") FROM "AWS/Kafka" WHERE "Cluster Name" = 'pipes'"""


def queried(expression: str, **more: Any) -> dict[str, Any]:
    query = {"id": "value", "expression": expression, "period": 60, "returnData": True}
    return {"evaluationPeriods": 5, "metricQueries": [query], **more}


def added(count: int, **more: Any) -> dict[str, Any]:
    """Return an alarm on the sum of some metrics."""
    metric = {**AGE, "stat": "Sum"}
    ids = [f"m{number}" for number in range(count)]
    value = {"id": "value", "expression": f"SUM([{', '.join(ids)}])", "returnData": True}
    return {
        "evaluationPeriods": 5,
        "metricQueries": [{**value, **more}, *({"id": each, "metric": metric} for each in ids)],
    }


SHARE = "MAX([FILL(m0, REPEAT) / 900, FILL(m1, REPEAT) / 30000])"


@pytest.mark.parametrize(
    "alarm",
    [AGE, queried(DISK), added(10), added(2, expression=SHARE), {**AGE, "period": 300, "evaluationPeriods": 288}],
)
def test_an_alarm_on_known_metrics_is_accepted(alarm: dict[str, Any]):
    assert ALARM.refusal(None, alarm) is None


@pytest.mark.parametrize(
    ("alarm", "reason"),
    [
        ({**AGE, "metricName": "IteratorAge"}, "is not in workbench/cloud/aws/metrics.py"),
        ({**AGE, "namespace": "AWS/Kafka"}, "is not in workbench/cloud/aws/metrics.py"),
        ({**AGE, "dimensions": {}}, "has no series with the dimensions"),
        ({**AGE, "dimensions": {"StreamName": "orders", "ShardId": "1"}}, "has no series with the dimensions"),
        (queried(DISK.replace("Cluster Name", "ClusterName")), "has no series with the dimensions ClusterName"),
        (queried(DISK.replace("DiskUsed", "Disk")), "is not in workbench/cloud/aws/metrics.py"),
        (queried("SEARCH('{AWS/Kafka}', 'Sum')"), "the expression is not known to the simulation"),
        (added(1, expression=SHARE), "the expression refers to unknown ids: m1"),
        (added(1, expression="MAX([m0, 1])"), "the expression is not known to the simulation"),
        (added(1, expression="MAX([m0 / 0])"), "the expression is not known to the simulation"),
        (queried("SUM([m0])"), "the expression refers to unknown ids: m0"),
        ({**AGE, "period": 45}, "Period must be 10, 20, 30 or a multiple of 60, got 45"),
        (
            {**AGE, "period": 300, "evaluationPeriods": 289},
            "the evaluation must be at most 86400 seconds, got 300 x 289",
        ),
        (queried(DISK, evaluationPeriods=181), "the evaluation must be at most 10800 seconds, got 60 x 181"),
        ({**AGE, "datapointsToAlarm": 6}, "DatapointsToAlarm must be at most EvaluationPeriods"),
        ({**AGE, "warmUpConfiguration": {"warmUpPeriodDurationInMinutes": 3000}}, "must be 1 to 2880"),
        ({**AGE, "alarmDescription": "x" * 1025}, "AlarmDescription must have at most 1024 characters"),
        ({**AGE, "okActions": ["arn"] * 6}, "okActions must have at most 5 entries, got 6"),
        (added(11), "an expression must have at most 10 metrics"),
        (added(2, returnData=False), "exactly one of the metrics must have ReturnData true"),
    ],
)
def test_an_alarm_that_cannot_fire_or_be_made_is_refused(alarm: dict[str, Any], reason: str):
    assert reason in (ALARM.refusal(None, alarm) or "")


def dashboard(*lines: Any, **changes: Any) -> dict[str, Any]:
    properties = {"title": "x", "region": "eu-west-1", "metrics": lines}
    return {"dashboardBody": json.dumps({"widgets": [{"x": 0, "width": 6, "properties": {**properties, **changes}}]})}


LINE = ["AWS/Kinesis", "IncomingRecords", "StreamName", "orders", {"id": "a"}]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (dashboard(LINE), None),
        (dashboard([{"id": "a", "expression": DISK}]), None),
        (dashboard(["AWS/Kinesis", "IncomingRecord", "StreamName", "orders", {"id": "a"}]), "is not in workbench"),
        (dashboard(["AWS/Kinesis", "IncomingRecords", {"id": "a"}]), "has no series with the dimensions"),
        (dashboard(LINE, LINE), "the ids of the widget x must be different"),
        (dashboard(LINE, region=None), "the widget x must have a region"),
        (
            dashboard([{"id": "a", "expression": DISK}], [{"id": "b", "expression": DISK}]),
            "must have at most one Metrics Insights query",
        ),
        (dashboard(*([*LINE[:-1], {"id": f"a{number}"}] for number in range(500))), None),
        (
            dashboard(*([*LINE[:-1], {"id": f"a{number}"}] for number in range(501))),
            "must have at most 500 metrics in a widget, got 501",
        ),
    ],
)
def test_a_chart_of_unknown_metrics_or_with_two_queries_is_refused(body: dict[str, Any], reason: str | None):
    found = DASHBOARD.refusal(None, body)
    assert found is None if reason is None else reason in (found or "")


@pytest.mark.parametrize(
    ("widgets", "lines", "reason"),
    [
        (500, 5, None),
        (501, 1, "at most 500 widgets, got 501"),
        (5, 500, None),
        (6, 417, "at most 2500 metrics, got 2502"),
    ],
)
def test_a_dashboard_with_too_many_widgets_or_metrics_is_refused(widgets: int, lines: int, reason: str | None):
    [widget] = json.loads(dashboard(*([*LINE[:-1], {"id": f"a{number}"}] for number in range(lines)))["dashboardBody"])[
        "widgets"
    ]
    found = DASHBOARD.refusal(None, {"dashboardBody": json.dumps({"widgets": [widget] * widgets})})
    assert found is None if reason is None else reason in (found or "")
