"""Alarms of Azure Monitor: the translation of severities and times, and the alarm on one metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import Input, ResourceOptions

from components.azure.monitoring.metric import AzureMetric
from components.azure.network.base import Network
from components.monitoring.alarms import Severity
from components.monitoring.signals import Signal, Trigger

SEVERITIES: Mapping[Severity, int] = {"critical": 0, "warning": 2}
"""Azure's severities are 0 critical, 1 error, 2 warning, 3 informational, 4 verbose (Azure Monitor, What are alerts)."""

WINDOWS: Mapping[int, str] = {5: "PT5M", 15: "PT15M", 30: "PT30M", 60: "PT1H"}
"""Minutes -> window of a metric alarm. Azure has no other windows between 5 and 60 minutes (Azure Monitor, Metric Alerts API)."""

OPERATORS = {"above": "GreaterThan", "below": "LessThan"}


@dataclass(frozen=True, kw_only=True)
class MetricAlarmArgs:
    """Inputs of an alarm on a metric."""

    signal: Signal[AzureMetric]
    trigger: Trigger
    subject: str
    """Name of the pipe, or of the stack for alarms of its streaming service."""
    enabled: bool
    runbook: str
    targets: Sequence[Input[str]]
    """IDs of the action groups."""
    network: Network


def duration(minutes: int) -> str:
    """Return minutes in the notation of Azure's API (ISO 8601)."""
    return f"PT{minutes}M"


def metric_alarm(name: str, args: MetricAlarmArgs, opts: ResourceOptions) -> azure.monitor.MetricAlert:
    """Create an alarm on a metric. It ends by itself. Without values it neither begins nor ends.

    Raises:
        KeyError: Azure has no window for the minutes of the trigger.
        ValueError: Missing values are an alarm. A metric alarm of Azure cannot do that.
    """
    metric, trigger = args.signal.metric, args.trigger
    if trigger.missing == "alarm":
        raise ValueError(
            f"{args.signal.name}: missing must be ok, got alarm (Azure ignores missing values). Change the trigger."
        )
    return azure.monitor.MetricAlert(
        name,
        rule_name=name,
        resource_group_name=args.network.resource_group,
        location="global",
        description=trigger.alarm.description(args.subject, args.runbook),
        enabled=args.enabled,
        auto_mitigate=True,
        severity=SEVERITIES[trigger.alarm.severity],
        scopes=[metric.resource_id],
        evaluation_frequency="PT5M",
        window_size=WINDOWS[trigger.minutes],
        criteria=azure.monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
            odata_type="Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
            all_of=[
                azure.monitor.MetricCriteriaArgs(
                    criterion_type="StaticThresholdCriterion",
                    name=args.signal.name,
                    metric_namespace=metric.namespace,
                    metric_name=metric.name,
                    dimensions=[
                        azure.monitor.MetricDimensionArgs(name=dimension, operator="Include", values=[value])
                        for dimension, value in metric.dimensions.items()
                    ],
                    operator=OPERATORS[trigger.beyond],
                    threshold=trigger.threshold,
                    time_aggregation=metric.aggregation,
                )
            ],
        ),
        actions=[azure.monitor.MetricAlertActionArgs(action_group_id=target) for target in args.targets],
        tags=args.network.account.tags,
        opts=opts,
    )
