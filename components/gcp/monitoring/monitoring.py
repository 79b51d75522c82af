"""Alarms and the dashboards of a stack in Cloud Monitoring."""

from collections.abc import Sequence

import pulumi_gcp as gcp
from pulumi import ComponentResource, Input, ResourceOptions

from components.arguments import MonitoringArgs
from components.gcp.monitoring.dashboard import dashboards
from components.gcp.monitoring.metric import CloudMonitoringMetric
from components.gcp.monitoring.policy import AlertPolicyArgs, alert_policy, threshold
from components.gcp.monitoring.prometheus import GkeCollector
from components.gcp.monitoring.settings import GcpMonitoringSettings
from components.gcp.network.network import Network
from components.monitoring.signals import Signal, Trigger


class Monitoring(ComponentResource):
    """Alarms on all signals of a stack, their notifications, and its dashboards."""

    def __init__(
        self, name: str, args: MonitoringArgs[GcpMonitoringSettings, Network], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:gcp:Monitoring", name, None, opts)
        self.name = name
        self.args = args
        self.child = ResourceOptions(parent=self, depends_on=[args.network.apis["monitoring"]])
        self.targets: Sequence[Input[str]] = [*args.settings.targets, *self._channels()]
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
        # The series of an operator are in the user's own Prometheus.
        drawn = args.collector if isinstance(args.collector, GkeCollector) else None
        for number, board in enumerate(dashboards(name, args.pipes, args.signals, drawn), start=1):
            own = f"{name}-dashboard" if number == 1 else f"{name}-dashboard-{number}"
            gcp.monitoring.Dashboard(own, dashboard_json=board, opts=self.child)
        self.register_outputs({})

    def _channels(self) -> list[Input[str]]:
        """Create a notification channel for each e-mail address and return their names."""
        return [
            gcp.monitoring.NotificationChannel(
                f"{self.name}-{email}",
                display_name=f"{self.name}: {email}",
                type="email",
                labels={"email_address": email},
                user_labels=self.args.tags,
                opts=self.child,
            ).name
            for email in self.args.settings.emails
        ]

    def _alarm(
        self,
        prefix: str,
        subject: str,
        signal: Signal[CloudMonitoringMetric],
        trigger: Trigger,
        *,
        enabled: bool = True,
    ) -> None:
        """Create the alarm of a signal. `prefix` is the start of its names and of its title."""
        alert_policy(
            AlertPolicyArgs(
                alarm=trigger.alarm,
                subject=subject,
                prefix=prefix,
                condition=threshold(signal, trigger),
                enabled=enabled,
                runbook=self.args.settings.runbook,
                targets=self.targets,
                labels=self.args.tags,
            ),
            f"{prefix}-{signal.name}",
            self.child,
        )
