"""Tests of the simulated Cloud Monitoring: which policies and dashboards it refuses, and which differences the provider sees."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from workbench.cloud import behaviour, kinds
from workbench.cloud.gcp.metrics import METRICS

POLICY, DASHBOARD = "gcp:monitoring/alertPolicy:AlertPolicy", "gcp:monitoring/dashboard:Dashboard"
CHANNEL, CLUSTER = "gcp:monitoring/notificationChannel:NotificationChannel", "gcp:container/cluster:Cluster"
AGE = "pubsub.googleapis.com/subscription/oldest_unacked_message_age"
FILTER = (
    f'metric.type = "{AGE}" AND resource.type = "pubsub_subscription" AND resource.labels.subscription_id = "orders"'
)
AGGREGATION = {"alignmentPeriod": "60s", "perSeriesAligner": "ALIGN_MAX", "crossSeriesReducer": "REDUCE_MAX"}


def refusal(type_token: str, inputs: Mapping[str, Any]) -> str:
    return behaviour.refusal(kinds.kind(type_token), None, dict(inputs)) or ""


def policy(*, aggregation: Mapping[str, Any] | None = None, count: int = 1, **threshold: Any) -> dict[str, Any]:
    condition = {
        "displayName": "Age",
        "conditionThreshold": {
            "filter": FILTER,
            "comparison": "COMPARISON_GT",
            "duration": "60s",
            "evaluationMissingData": "EVALUATION_MISSING_DATA_INACTIVE",
            "aggregations": [{**AGGREGATION, **(aggregation or {})}],
            **threshold,
        },
    }
    return {"displayName": "orders: old-records", "combiner": "OR", "conditions": [condition] * count}


def promql(**changes: Any) -> dict[str, Any]:
    query = {
        "query": "vector(1)",
        "duration": "0s",
        "evaluationInterval": "60s",
        "alertRule": "old_records",
        "disableMetricValidation": True,
        **changes,
    }
    return {
        "displayName": "x",
        "conditions": [{"displayName": "x", "conditionPrometheusQueryLanguage": query}],
    }


def tile(*, x: int = 0, y: int = 0, width: int = 4, filter_: str = FILTER) -> dict[str, Any]:
    line = {"timeSeriesQuery": {"timeSeriesFilter": {"filter": filter_, "aggregation": AGGREGATION}}}
    place = {name: value for name, value in (("xPos", x), ("yPos", y)) if value}
    return {**place, "width": width, "height": 4, "widget": {"title": "Age", "xyChart": {"dataSets": [line]}}}


def board(*tiles: Mapping[str, Any], columns: int = 12, title: str = "orders") -> dict[str, Any]:
    document = {"displayName": title, "mosaicLayout": {"columns": columns, "tiles": tiles}}
    return {"dashboardJson": json.dumps(document)}


def test_valid_policies_channels_and_dashboards_are_accepted():
    assert refusal(POLICY, policy()) == ""
    assert refusal(POLICY, promql()) == ""
    assert refusal(CHANNEL, {"type": "email", "labels": {"email_address": "oncall@example.com"}}) == ""
    assert refusal(DASHBOARD, board(tile(), tile(x=4), tile(y=4))) == ""


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        (policy(duration="90s"), "multiple of 60 s"),
        (policy(duration="0s"), "evaluationMissingData requires"),
        (policy(comparison="COMPARISON_GE"), "COMPARISON_LT and COMPARISON_GT"),
        (policy(filter=FILTER.replace("oldest", "youngest")), "Cannot find metric"),
        (policy(filter=FILTER.replace("pubsub_subscription", "pubsub_topic")), "not for pubsub_topic"),
        (policy(filter=FILTER.replace("subscription_id", "topic_id")), "Unrecognized resource label topic_id"),
        (policy(filter=FILTER.replace(" AND ", " & ")), "could not be parsed"),
        (policy(filter=FILTER + "x" * 2048), "the most is 2048"),
        (policy(aggregation={"perSeriesAligner": "ALIGN_RATE"}), "the metric kind is GAUGE"),
        (policy(aggregation={"crossSeriesReducer": "REDUCE_ALL"}), "crossSeriesReducer"),
        (policy(aggregation={"alignmentPeriod": "30s"}), "at least 60 s"),
        (policy(count=7), "1 to 6 conditions"),
        ({**policy(), "displayName": "x" * 513}, "too long"),
        ({**policy(), "severity": "FATAL"}, "severity"),
        ({**policy(), "notificationChannels": ["arn:aws:sns:eu-west-1:1:x/y"]}, "notification_channels"),
        (
            {**policy(), "notificationChannels": [f"projects/x/notificationChannels/{n}" for n in range(17)]},
            "most is 16",
        ),
        (promql(evaluationInterval="45s"), "multiple of 30 s"),
        (promql(alertRule="old-records"), "alert_rule"),
        (promql(disableMetricValidation=None), "no pod has sent them yet"),
    ],
)
def test_invalid_policies_are_refused(inputs: Mapping[str, Any], reason: str):
    assert reason in refusal(POLICY, inputs)


def test_an_email_channel_without_an_address_is_refused():
    assert "email_address" in refusal(CHANNEL, {"type": "email", "labels": {}})


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        (board(tile(), title=""), "displayName"),
        (board(tile(), columns=49), "1 to 48 columns"),
        (board(tile(x=9)), "inside the columns"),
        (board(tile(), tile(x=3)), "overlaps another tile"),
        (board(*(tile(y=4 * row) for row in range(101))), "at most 100 widgets"),
        (board(tile(filter_=FILTER.replace("oldest", "youngest"))), "Cannot find metric"),
        (board({**tile(), "widget": {"xyChart": {"dataSets": []}}}), "1 to 50 data sets"),
    ],
)
def test_invalid_dashboards_are_refused(inputs: Mapping[str, Any], reason: str):
    assert reason in refusal(DASHBOARD, inputs)


def seen(type_token: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, bool]]:
    found = behaviour.differences(kinds.kind(type_token), dict(old), dict(new), {})
    return [(each.path, each.replaces) for each in found]


def test_the_provider_sees_another_chart_and_updates_in_place():
    assert seen(DASHBOARD, board(tile()), board(tile(x=4))) == [("dashboardJson", False)]


def test_the_provider_does_not_see_what_the_api_adds():
    added = json.loads(board(tile())["dashboardJson"]) | {"etag": "abc", "name": "projects/1/dashboards/2"}
    assert seen(DASHBOARD, {"dashboardJson": json.dumps(added)}, board(tile())) == []


def test_a_dashboard_with_a_zero_differs_from_the_one_that_the_api_returns():
    model = kinds.kind(DASHBOARD)
    assert model.stored(board(tile())) == {}
    with_zero = board({**tile(), "xPos": 0})
    assert seen(DASHBOARD, model.stored(with_zero), with_zero) == [("dashboardJson", False)]


def test_a_pause_updates_a_policy_in_place():
    assert seen(POLICY, {**policy(), "enabled": True}, {**policy(), "enabled": False}) == [("enabled", False)]


def test_managed_prometheus_is_an_update_in_place_of_a_cluster():
    before = {"monitoringConfig": {"enableComponents": ["SYSTEM_COMPONENTS"]}}
    after = {"monitoringConfig": {**before["monitoringConfig"], "managedPrometheus": {"enabled": True}}}
    assert seen(CLUSTER, before, after) == [("monitoringConfig.managedPrometheus", False)]
    assert seen(CLUSTER, after, before) == []


def test_every_metric_has_a_source_with_the_day_of_reading():
    assert all("read 2026-" in metric.source for metric in METRICS.values())
