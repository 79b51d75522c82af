"""Alarms and the dashboard of a stack in Cloud Monitoring."""

from pulumi import ComponentResource, ResourceOptions

from components.arguments import MonitoringArgs
from components.gcp.monitoring.settings import GcpMonitoringSettings
from components.gcp.network.network import Network


class Monitoring(ComponentResource):
    """Alarms on all signals of a stack, their notifications, and one dashboard."""

    def __init__(
        self, name: str, args: MonitoringArgs[GcpMonitoringSettings, Network], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("data-pipes:gcp:Monitoring", name, None, opts)
        child = ResourceOptions(parent=self)
        if args.collector:
            rules = [rule for pipe, each in args.pipes.items() for rule in each.rules(pipe, args.collector)]
            args.collector.watch(
                name, [*rules, *args.rules], runbook=args.settings.runbook, targets=args.settings.targets, opts=child
            )
        self.register_outputs({})
