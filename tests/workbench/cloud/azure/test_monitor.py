"""Tests of the simulated Azure Monitor: it refuses what Azure refuses. They need no engine."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from workbench.cloud import kinds

ALERT, WORKBOOK = "azure-native:monitor:MetricAlert", "azure-native:applicationinsights:Workbook"
GROUP, TARGET = "azure-native:alertsmanagement:PrometheusRuleGroup", "azure-native:monitor:ActionGroup"
CRITERION = {
    "metricNamespace": "Microsoft.EventHub/namespaces",
    "metricName": "IncomingMessages",
    "timeAggregation": "Total",
    "dimensions": [{"name": "EntityName", "operator": "Include", "values": ["orders"]}],
}


def answer(type_token: str, inputs: Mapping[str, Any]) -> str | None:
    """Return the refusal of a creation, or None."""
    return kinds.kind(type_token).refusal(None, inputs)


def alert(*, window: str = "PT15M", location: str = "global", **criterion: Any) -> dict[str, Any]:
    return {
        "location": location,
        "windowSize": window,
        "evaluationFrequency": "PT5M",
        "severity": 2,
        "criteria": {"allOf": [{**CRITERION, **criterion}]},
    }


def actions(*groups: str) -> dict[str, Any]:
    return {"actions": [{"actionGroupId": each} for each in groups]}


def workbook(metric: str, aggregation: int = 1, *filters: str) -> dict[str, Any]:
    content = {
        "metrics": [{"metric": metric, "aggregation": aggregation}],
        "filters": [{"key": each} for each in filters],
    }
    return {"serializedData": json.dumps({"items": [{"type": 10, "content": content}]})}


@pytest.mark.parametrize(
    ("inputs", "refused"),
    [
        (alert(), None),
        (alert(window="PT10M"), "The window PT10M"),
        (alert(location="westeurope"), "must be global"),
        (alert(metricName="ConsumerLag"), "Couldn't find a metric named ConsumerLag"),
        (alert(metricNamespace="Microsoft.HDInsight/clusters"), "Metric namespace: Microsoft.HDInsight/clusters"),
        (alert(timeAggregation="Average"), "does not support the aggregation Average"),
        (alert(dimensions=[{"name": "Topic"}]), "has no dimension Topic"),
    ],
)
def test_an_alarm_needs_a_metric_a_dimension_and_a_window_that_azure_has(
    inputs: Mapping[str, Any], refused: str | None
):
    found = answer(ALERT, inputs)
    assert found is None if refused is None else refused in str(found)


@pytest.mark.parametrize(
    ("inputs", "refused"),
    [
        (workbook("microsoft.eventhub/namespaces--Size", 4, "EntityName"), None),
        (workbook("microsoft.eventhub/namespaces--Lag"), "Couldn't find a metric named Lag"),
        (workbook("microsoft.eventhub/namespaces--Size", 1), "does not support the aggregation Total"),
        (workbook("microsoft.eventhub/namespaces--Size", 4, "Topic"), "has no dimension Topic"),
        ({"serializedData": "{"}, "not valid JSON"),
        ({"resourceName": "dashboard"}, "must be a UUID"),
    ],
)
def test_a_workbook_needs_a_uuid_and_charts_of_metrics_that_azure_has(inputs: Mapping[str, Any], refused: str | None):
    found = answer(WORKBOOK, inputs)
    assert found is None if refused is None else refused in str(found)


@pytest.mark.parametrize(
    ("type_token", "inputs", "refused"),
    [
        (GROUP, {"rules": [{}] * 20, "interval": "PT15M"}, None),
        (GROUP, {"rules": [{}] * 21}, "at most 20 rules"),
        (GROUP, {"rules": [actions(*"abcde")]}, None),
        (GROUP, {"rules": [{}, actions(*"abcdef")]}, "at most 5 action groups"),
        (ALERT, {**alert(), **actions(*"abcdef")}, "at most 5 action groups"),
        (ALERT, {**alert(), **actions("/groups/oncall", "/groups/OnCall")}, "must be unique"),
        (GROUP, {"interval": "PT16M"}, "between 1 and 15 minutes"),
        (GROUP, {"ruleGroupName": "orders: rules"}, "invalid characters"),
        (TARGET, {"groupShortName": "x" * 12, "emailReceivers": [{"name": "a"}, {"name": "b"}]}, None),
        (TARGET, {"groupShortName": "x" * 13}, "1 to 12 characters"),
        (TARGET, {"emailReceivers": [{"name": "a"}, {"name": "a"}]}, "must be unique"),
    ],
)
def test_groups_have_the_limits_of_azure(type_token: str, inputs: Mapping[str, Any], refused: str | None):
    found = answer(type_token, inputs)
    assert found is None if refused is None else refused in str(found)
