"""Alarms and the dashboard of a stack in Azure Monitor."""

from collections.abc import Iterator, Sequence
from uuid import NAMESPACE_OID, uuid5

import pulumi_azure_native as azure
from pulumi import ComponentResource, Input, ResourceOptions

from components.arguments import MonitoringArgs
from components.azure.monitoring.alert import MetricAlarmArgs, metric_alarm
from components.azure.monitoring.prometheus import AksCollector
from components.azure.monitoring.settings import AzureMonitoringSettings
from components.azure.monitoring.workbook import Item, heading, metric_chart, promql_chart, workbook
from components.azure.network.base import Network
from components.monitoring.rules import PANELS

SHORT_NAME = 12
"""Maximum length of the short name of an action group. It is from memory, not from a page."""


class Monitoring(ComponentResource):
    """Alarms on all signals of a stack, their notifications, and one workbook as the dashboard."""

    def __init__(
        self, name: str, args: MonitoringArgs[AzureMonitoringSettings, Network], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:azure:Monitoring", name, None, opts)
        self.name = name
        self.args = args
        self.child = ResourceOptions(parent=self)
        self._alarms([*self._own_target(), *args.settings.targets])
        self._workbook()
        self.register_outputs({})

    def _own_target(self) -> Sequence[Input[str]]:
        """Create an action group for the e-mail addresses. Azure has no confirmation: it sends to them at once."""
        args = self.args
        if not args.settings.emails:
            return []
        group = azure.monitor.ActionGroup(
            f"{self.name}-notifications",
            action_group_name=f"{self.name}-notifications",
            group_short_name=self.name[:SHORT_NAME].rstrip("-"),
            resource_group_name=args.network.resource_group,
            location="Global",
            enabled=True,
            email_receivers=[
                azure.monitor.MicrosoftCommonEmailReceiverArgs(
                    name=f"email-{number}", email_address=address, use_common_alert_schema=True
                )
                for number, address in enumerate(args.settings.emails, start=1)
            ],
            tags=args.tags,
            opts=self.child,
        )
        return [group.id]

    def _alarms(self, targets: Sequence[Input[str]]) -> None:
        args, runbook = self.args, self.args.settings.runbook
        measured = [
            (f"{self.name}-{pipe}-{signal.name}", pipe, signal, trigger, watched.enabled)
            for pipe, watched in args.pipes.items()
            for signal, trigger in watched.triggers
        ]
        measured += [
            (f"{self.name}-{signal.name}", self.name, signal, signal.trigger, True)
            for signal in args.signals
            if signal.trigger
        ]
        for name, subject, signal, trigger, enabled in measured:
            alarm = MetricAlarmArgs(
                signal=signal,
                trigger=trigger,
                subject=subject,
                enabled=enabled,
                runbook=runbook,
                targets=targets,
                network=args.network,
            )
            metric_alarm(name, alarm, self.child)
        if args.collector:
            rules = [rule for pipe, each in args.pipes.items() for rule in each.rules(pipe, args.collector)]
            args.collector.watch(self.name, [*rules, *args.rules], runbook=runbook, targets=targets, opts=self.child)

    def _workbook(self) -> None:
        """Create the dashboard, if there is a chart. Its name must be a UUID; the suffix of the stack makes it unique."""
        network, items = self.args.network, [*self._pipes(), *self._service()]
        if not items:
            return
        azure.applicationinsights.Workbook(
            f"{self.name}-dashboard",
            resource_name_=network.suffix.apply(lambda suffix: str(uuid5(NAMESPACE_OID, f"{self.name}-{suffix}"))),
            resource_group_name=network.resource_group,
            location=network.account.location,
            kind="shared",
            category="workbook",
            source_id="Azure Monitor",
            display_name=f"{self.name}: pipes",
            serialized_data=workbook(items),
            tags=self.args.tags,
            opts=self.child,
        )

    def _pipes(self) -> Iterator[Item]:
        """Yield the charts of each pipe. Without an Azure Monitor workspace there are only those of Azure's metrics."""
        collector = self.args.collector
        for pipe, watched in self.args.pipes.items():
            scraped = isinstance(collector, AksCollector)
            if scraped or watched.signals:
                yield heading(pipe, f"Pipe {pipe}")
            if scraped:
                series = watched.series(pipe, collector)
                for number, panel in enumerate(PANELS, start=1):
                    yield promql_chart(f"{pipe}-{number}", panel, series, collector.workspace_id)
            for signal in watched.signals:
                yield metric_chart(f"{pipe}-{signal.name}", signal)

    def _service(self) -> Iterator[Item]:
        if self.args.signals:
            yield heading("service", "Streaming service")
        for signal in self.args.signals:
            yield metric_chart(f"service-{signal.name}", signal)
