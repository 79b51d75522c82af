"""The user's own Prometheus operator, as the collector of a cluster."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi_kubernetes as kubernetes
from pulumi import Input, Output, ResourceOptions
from typing_extensions import override

from components.kubernetes.collector import KubernetesCollector
from components.kubernetes.grafana import dashboard
from components.kubernetes.pods import PART_OF, labels, restricted
from components.monitoring.rules import PipeSeries, Rule

NAMESPACE = "data-pipes-monitoring"
"""Namespace of the rules and of the dashboard. No pipe can have this name."""

SERVICE = "data-pipes-streaming"
"""Name of the rules of the streaming service. No pipe can have this name."""

SCRAPE_INTERVAL = "30s"
"""The windows of the rules are at least four scrapes."""


def alert(rule: Rule, stack: str, runbook: str) -> dict[str, Any]:
    """Return a rule in the format of Prometheus (Prometheus, Alerting rules; read 2026-11-30)."""
    alarm = rule.alarm
    own = {"pipe": rule.subject} if rule.series else {}
    return {
        "alert": alarm.name,
        "expr": rule.expression,
        **({"for": f"{rule.minutes}m"} if rule.minutes else {}),
        "labels": {"alarm": alarm.name, "severity": alarm.severity, "stack": stack, **own},
        "annotations": {
            "summary": alarm.title(rule.subject),
            "description": alarm.description(rule.subject, runbook),
            "runbook_url": f"{runbook}#{alarm.name}",
        },
    }


class OperatorCollector(KubernetesCollector):
    """A Prometheus that the Prometheus operator runs in the cluster.

    Its operator must be installed before: its kinds are not part of the stack. Its Alertmanager sends the notifications.
    """

    def __init__(self, name: str, provider: kubernetes.Provider) -> None:
        """Create the collector of a cluster. `name` is the stack's."""
        self.name = name
        self.provider = provider
        self.matchers: Mapping[str, Input[str]] = {}
        # Where the user's Prometheus runs is unknown, and metrics contain no records and no secrets.
        everywhere = kubernetes.networking.v1.NetworkPolicyPeerArgs(
            namespace_selector=kubernetes.meta.v1.LabelSelectorArgs()
        )
        self.peers = [everywhere]

    @override
    def scrape(
        self,
        name: str,
        *,
        namespace: Input[str],
        labels: Mapping[str, str],
        port: str,
        opts: ResourceOptions,
    ) -> None:
        """Create a PodMonitor in the namespace of the pods."""
        kubernetes.apiextensions.CustomResource(
            f"{name}-metrics",
            api_version="monitoring.coreos.com/v1",
            kind="PodMonitor",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=name, namespace=namespace, labels=PART_OF),
            spec={
                "selector": {"matchLabels": labels},
                "podMetricsEndpoints": [{"port": port, "path": "/metrics", "interval": SCRAPE_INTERVAL}],
            },
            opts=opts,
        )

    @override
    def watch(
        self, name: str, rules: Sequence[Rule], *, runbook: str, targets: Sequence[Input[str]], opts: ResourceOptions
    ) -> None:
        """Create a PrometheusRule for each pipe and for the streaming service, and a dashboard. The targets are not used."""
        _ = targets
        child = ResourceOptions.merge(opts, ResourceOptions(provider=self.provider))
        namespace = kubernetes.core.v1.Namespace(
            f"{name}-monitoring",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=NAMESPACE, labels=restricted(labels(NAMESPACE))),
            opts=child,
        ).metadata.name
        pipes = {rule.subject: rule.series for rule in rules if rule.series}
        for pipe in pipes:
            own = [rule for rule in rules if rule.series and rule.subject == pipe]
            self._rules(f"{name}-{pipe}-alarms", pipe, own, namespace=namespace, runbook=runbook, opts=child)
        if own := [rule for rule in rules if not rule.series]:
            self._rules(f"{name}-alarms", SERVICE, own, namespace=namespace, runbook=runbook, opts=child)

        def drawn(series: Mapping[str, PipeSeries]) -> dict[str, str]:
            return {f"{self.name}.json": dashboard(self.name, series)}

        kubernetes.core.v1.ConfigMap(
            f"{name}-dashboard",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(
                name="dashboard", namespace=namespace, labels={**labels(NAMESPACE), "grafana_dashboard": "1"}
            ),
            data=Output.all(**pipes).apply(drawn),
            opts=child,
        )

    def _rules(
        self,
        resource_name: str,
        name: str,
        rules: Sequence[Rule],
        *,
        namespace: Output[str],
        runbook: str,
        opts: ResourceOptions,
    ) -> None:
        """Create a PrometheusRule. A disabled rule is left out, so a pause changes the object in place."""
        alerts = [alert(rule, self.name, runbook) for rule in rules if rule.enabled]
        kubernetes.apiextensions.CustomResource(
            resource_name,
            api_version="monitoring.coreos.com/v1",
            kind="PrometheusRule",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=name, namespace=namespace, labels=labels(name)),
            spec={"groups": [{"name": name, "rules": alerts}] if alerts else []},
            opts=opts,
        )
