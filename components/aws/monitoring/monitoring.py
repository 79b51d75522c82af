"""Alarms and the dashboard of a stack in CloudWatch."""

from collections.abc import Sequence
from math import ceil

import pulumi_aws as aws
from pulumi import ComponentResource, Input, ResourceOptions

from components.arguments import MonitoringArgs
from components.aws.eks.prometheus import ManagedPrometheus
from components.aws.monitoring.dashboard import body
from components.aws.monitoring.metrics import Measurement
from components.aws.monitoring.notifications import Notifications, NotificationsArgs
from components.aws.monitoring.settings import AwsMonitoringSettings
from components.aws.network.network import Network
from components.monitoring.signals import Signal, Trigger

OPERATORS = {"above": "GreaterThanThreshold", "below": "LessThanThreshold"}
MISSING = {"ok": "notBreaching", "alarm": "breaching"}


class Monitoring(ComponentResource):
    """Alarms on all signals of a stack, their notifications, and one dashboard.

    The alarms of a paused pipe exist but notify nobody. Without a signal there is no dashboard.
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
                self._alarm(f"{name}-{pipe}", pipe, signal, trigger, enabled=each.enabled)
        for signal in args.signals:
            if signal.trigger:
                self._alarm(name, name, signal, signal.trigger)
        if args.collector:
            rules = [rule for pipe, each in args.pipes.items() for rule in each.rules(pipe, args.collector)]
            args.collector.watch(
                name, [*rules, *args.rules], runbook=args.settings.runbook, targets=self.targets, opts=self.child
            )
        self._dashboard()
        self.register_outputs({})

    def _targets(self) -> Sequence[Input[str]]:
        """Return the topics of the stack file and, if it has e-mail addresses, the stack's own topic."""
        settings, collector = self.args.settings, self.args.collector
        if not settings.emails:
            return settings.targets
        own = Notifications(
            self.name,
            NotificationsArgs(
                account=self.args.network.account,
                emails=settings.emails,
                workspace_arn=collector.workspace.arn if isinstance(collector, ManagedPrometheus) else None,
            ),
            self.child,
        )
        return [*settings.targets, own.topic_arn]

    def _alarm(
        self, prefix: str, subject: str, signal: Signal[Measurement], trigger: Trigger, *, enabled: bool = True
    ) -> None:
        """Make the alarm of a signal. It fires if every value of the last minutes is beyond the threshold."""
        periods = max(1, ceil(trigger.minutes * 60 / signal.metric.seconds))
        aws.cloudwatch.MetricAlarm(
            f"{prefix}-{signal.name}",
            name=f"{prefix}-{signal.name}",
            alarm_description=trigger.alarm.description(subject, self.args.settings.runbook),
            **signal.metric.alarm_inputs(),
            comparison_operator=OPERATORS[trigger.beyond],
            threshold=trigger.threshold,
            evaluation_periods=periods,
            datapoints_to_alarm=periods,
            treat_missing_data=MISSING[trigger.missing],
            actions_enabled=enabled,
            alarm_actions=self.targets or None,
            ok_actions=self.targets or None,
            tags={"Name": f"{prefix}-{signal.name}"},
            opts=self.child,
        )

    def _dashboard(self) -> None:
        sections = {pipe: each.signals for pipe, each in self.args.pipes.items() if each.signals}
        if self.args.signals:
            sections[self.name] = self.args.signals
        if sections:
            aws.cloudwatch.Dashboard(
                f"{self.name}-dashboard",
                dashboard_name=self.name,
                dashboard_body=body(self.args.network.account.region, sections),
                opts=self.child,
            )
