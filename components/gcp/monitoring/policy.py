"""Alert policies of Cloud Monitoring: one for each alarm of a pipe or of a service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_gcp as gcp
from pulumi import Input, ResourceOptions

from components.gcp.monitoring.metric import CloudMonitoringMetric
from components.monitoring.alarms import Alarm, Severity
from components.monitoring.signals import Signal, Trigger

AUTO_CLOSE = "86400s"
"""An incident without data closes after a day. Without this it stays open for 7 days (Cloud Monitoring, Incidents; not re-read)."""

SEVERITIES: Mapping[Severity, str] = {"critical": "CRITICAL", "warning": "WARNING"}

COMPARISONS = {"above": "COMPARISON_GT", "below": "COMPARISON_LT"}
"""The API accepts only these two (Cloud Monitoring API v3, MetricThreshold; read 2026-11-30)."""

MISSING = {"ok": "EVALUATION_MISSING_DATA_INACTIVE", "alarm": "EVALUATION_MISSING_DATA_ACTIVE"}


@dataclass(frozen=True, kw_only=True)
class AlertPolicyArgs:
    """Arguments of an alert policy."""

    alarm: Alarm
    subject: str
    """Name of the pipe, or of the stack for alarms of its service."""
    prefix: str
    """Start of the title: the name of the stack, then that of the pipe if there is one."""
    condition: gcp.monitoring.AlertPolicyConditionArgs
    enabled: bool
    runbook: str
    targets: Sequence[Input[str]]
    """Names of the notification channels. Empty if nobody is notified."""
    labels: Mapping[str, str]


def alert_policy(args: AlertPolicyArgs, name: str, opts: ResourceOptions) -> gcp.monitoring.AlertPolicy:
    """Create an alert policy. Its display name contains the stack, because a project lists the policies of all stacks together."""
    title = args.alarm.title(args.prefix)
    return gcp.monitoring.AlertPolicy(
        name,
        display_name=title,
        combiner="OR",
        conditions=[args.condition],
        enabled=args.enabled,
        severity=SEVERITIES[args.alarm.severity],
        notification_channels=list(args.targets),
        alert_strategy=gcp.monitoring.AlertPolicyAlertStrategyArgs(auto_close=AUTO_CLOSE),
        documentation=gcp.monitoring.AlertPolicyDocumentationArgs(
            subject=title,
            content=args.alarm.description(args.subject, args.runbook),
            mime_type="text/markdown",
        ),
        user_labels=args.labels,
        opts=opts,
    )


def threshold(signal: Signal[CloudMonitoringMetric], trigger: Trigger) -> gcp.monitoring.AlertPolicyConditionArgs:
    """Return the condition that a metric is beyond its threshold for whole minutes."""
    metric = signal.metric
    return gcp.monitoring.AlertPolicyConditionArgs(
        display_name=signal.title,
        condition_threshold=gcp.monitoring.AlertPolicyConditionConditionThresholdArgs(
            filter=metric.filter,
            comparison=COMPARISONS[trigger.beyond],
            threshold_value=trigger.threshold,
            duration=f"{trigger.minutes * 60}s",
            # The API accepts this field only with a duration of at least a minute.
            evaluation_missing_data=MISSING[trigger.missing] if trigger.minutes else None,
            aggregations=[
                gcp.monitoring.AlertPolicyConditionConditionThresholdAggregationArgs(
                    alignment_period=f"{metric.period}s",
                    per_series_aligner=metric.aligner,
                    cross_series_reducer=metric.reducer,
                )
            ],
        ),
    )
