"""Alarms of stacks on any Kubernetes cluster: rules of the cluster's Prometheus operator."""

from collections.abc import Iterator, Sequence

from pulumi import ComponentResource, ResourceOptions
from typing_extensions import override

from components.arguments import MonitoringArgs
from components.kubernetes.existing.network import Network as ClusterNetwork
from components.monitoring.settings import MonitoringSettings
from components.section import ConfigError
from components.settings_bases import AccountSettings


class KubernetesMonitoringSettings(MonitoringSettings, frozen=True):
    """Alarms and the dashboard of a stack on any Kubernetes cluster. The Alertmanager of the cluster notifies."""

    @property
    @override
    def targets(self) -> Sequence[str]:
        """Return no targets."""
        return ()

    @override
    def config_errors(self, account: AccountSettings | None) -> Iterator[ConfigError]:
        """Yield an error for e-mail addresses, because no cloud sends the e-mails."""
        _ = account
        if self.emails:
            text = "has no effect on this platform (the Alertmanager of the cluster notifies). Remove it, and add the addresses there."
            yield ConfigError(path=("emails",), text=text)


class Monitoring(ComponentResource):
    """Alarms and the dashboard, if the cluster's Prometheus operator collects the metrics."""

    def __init__(
        self,
        name: str,
        args: MonitoringArgs[KubernetesMonitoringSettings, ClusterNetwork],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:kubernetes:Monitoring", name, None, opts)
        if args.collector:
            rules = [rule for pipe, each in args.pipes.items() for rule in each.rules(pipe, args.collector)]
            args.collector.watch(
                name,
                [*rules, *args.rules],
                runbook=args.settings.runbook,
                targets=[],
                opts=ResourceOptions(parent=self),
            )
        self.register_outputs({})
