"""Alarms and the dashboard of a stack in CloudWatch."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import TypeVar

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions, log

from components.arguments import MonitoringArgs
from components.aws.monitoring.collector import SnsCollector
from components.aws.monitoring.dashboard import MOST_CHARTS, MOST_METRICS, dashboard
from components.aws.monitoring.metrics import Measurement
from components.aws.monitoring.notifications import Notifications, NotificationsArgs
from components.aws.monitoring.settings import AwsMonitoringSettings
from components.aws.network.network import Network
from components.monitoring.pipe import WatchedPipe
from components.monitoring.signals import Signal, Trigger

ValueT = TypeVar("ValueT")

OPERATORS = {"above": "GreaterThanThreshold", "below": "LessThanThreshold"}
MISSING = {"ok": "notBreaching", "alarm": "breaching"}
UNREACHABLE = {"above": 1e18, "below": -1.0}
"""Thresholds that no metric reaches: no metric is negative."""


class Monitoring(ComponentResource):
    """Alarms on all signals of a stack, their notifications, and one dashboard.

    The alarms of a pipe are created after its consumers, so that none fires while the consumers start. Those of a paused pipe exist but
    cannot fire. Without a signal there is no dashboard.
    """

    def __init__(
        self, name: str, args: MonitoringArgs[AwsMonitoringSettings, Network], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:aws:Monitoring", name, None, opts)
        self.name = name
        self.args = args
        self.child = ResourceOptions(parent=self)
        self.targets = self._targets()

        for pipe, each in args.pipes.items():
            for signal, trigger in each.triggers:
                self._alarm(f"{name}-{pipe}", pipe, signal, trigger, each)
        for signal in args.signals:
            if signal.trigger:
                self._alarm(name, name, signal, signal.trigger)
        if args.collector:
            rules = [
                replace(rule, expression=after(each.replicas, rule.expression))
                for pipe, each in args.pipes.items()
                for rule in each.rules(pipe, args.collector)
            ]
            args.collector.watch(
                name, [*rules, *args.rules], runbook=args.settings.runbook, targets=self.targets, opts=self.child
            )
        self._dashboard()
        self.register_outputs({})

    def _targets(self) -> Sequence[Input[str]]:
        """Return the topics of the stack file and, if it has e-mail addresses, the stack's own topic.

        If neither CloudWatch nor a managed Prometheus has alarms, nobody could publish to the stack's own topic.
        """
        settings, collector = self.args.settings, self.args.collector
        signals = [*self.args.signals, *(signal for pipe in self.args.pipes.values() for signal in pipe.signals)]
        cloudwatch = any(signal.trigger for signal in signals)
        if not settings.emails or not (cloudwatch or isinstance(collector, SnsCollector)):
            return settings.targets
        own = Notifications(
            self.name,
            NotificationsArgs(
                account=self.args.network.account,
                emails=settings.emails,
                cloudwatch=cloudwatch,
                workspace_arn=collector.workspace.arn if isinstance(collector, SnsCollector) else None,
            ),
            self.child,
        )
        return [*settings.targets, own.topic_arn]

    def _alarm(
        self,
        prefix: str,
        subject: str,
        signal: Signal[Measurement],
        trigger: Trigger,
        pipe: WatchedPipe | None = None,
    ) -> None:
        """Make the alarm of a signal. It fires if every value of the last minutes is beyond the threshold.

        CloudWatch notifies only when the state changes. If a pause muted the alarm, one that was on before the pause would stay silent
        after it. So the alarm of a paused pipe is on, but its limit cannot be reached.
        """
        paused = pipe is not None and not pipe.enabled
        threshold = UNREACHABLE[trigger.beyond] if paused else trigger.threshold
        periods = max(1, ceil(trigger.minutes * 60 / signal.metric.seconds))
        aws.cloudwatch.MetricAlarm(
            f"{prefix}-{signal.name}",
            name=f"{prefix}-{signal.name}",
            alarm_description=trigger.alarm.description(subject, self.args.settings.runbook),
            **signal.metric.alarm_inputs(),
            comparison_operator=OPERATORS[trigger.beyond],
            threshold=after(pipe.replicas, threshold) if pipe else threshold,
            evaluation_periods=periods,
            datapoints_to_alarm=periods,
            treat_missing_data=MISSING["ok" if paused else trigger.missing],
            # New consumers send their first values after a minute or two (CloudWatch, Alarm warm-up periods; read 2026-11-30).
            warm_up_configuration=aws.cloudwatch.MetricAlarmWarmUpConfigurationArgs(
                warm_up_period_duration_in_minutes=trigger.minutes
            )
            if trigger.missing == "alarm"
            else None,
            alarm_actions=self.targets or None,
            ok_actions=self.targets or None,
            tags={"Name": f"{prefix}-{signal.name}"},
            opts=self.child,
        )

    def _dashboard(self) -> None:
        # The service first: if a stack has too many pipes for a dashboard, it is not the service that is left out.
        pipes = [(pipe, each.signals) for pipe, each in self.args.pipes.items()]
        sections = [section for section in ((self.name, self.args.signals), *pipes) if section[1]]
        if sections:
            drawn = dashboard(self.args.network.account.region, sections)
            if drawn.left_out:
                log.warn(
                    f"the dashboard has no room for the charts of {', '.join(drawn.left_out)} (CloudWatch accepts {MOST_CHARTS} charts and "
                    f"{MOST_METRICS} metrics on a dashboard). Their alarms exist.",
                    self,
                )
            aws.cloudwatch.Dashboard(
                f"{self.name}-dashboard",
                dashboard_name=self.name,
                dashboard_body=drawn.body,
                opts=self.child,
            )


def after(replicas: Output[int], value: Input[ValueT]) -> Output[ValueT]:
    """Return the value once the replicas run: a resource that uses it is created after the consumers."""
    return Output.all(replicas, value).apply(lambda known: known[1])
