"""Tests of the alarm on one metric of Azure."""

from typing import cast

import pytest
from pulumi import ResourceOptions

from components.azure.monitoring.alert import MetricAlarmArgs, metric_alarm
from components.azure.monitoring.metric import AzureMetric
from components.azure.network.base import Network
from components.monitoring.alarms import THROTTLED
from components.monitoring.signals import Signal, Trigger


def test_a_trigger_on_missing_values_is_an_error_of_the_program_because_azure_ignores_them():
    metric = AzureMetric(
        resource_id="/x", namespace="Microsoft.EventHub/namespaces", name="ThrottledRequests", aggregation="Total"
    )
    trigger = Trigger(alarm=THROTTLED, threshold=0, minutes=15, missing="alarm")
    args = MetricAlarmArgs(
        signal=Signal(name="throttled", title="Throttled requests", metric=metric, trigger=trigger),
        trigger=trigger,
        subject="orders",
        enabled=True,
        runbook="docs/operations.md",
        targets=[],
        network=cast("Network", None),
    )
    with pytest.raises(ValueError, match="throttled: missing must be ok, got alarm"):
        metric_alarm("orders-throttled", args, ResourceOptions())
