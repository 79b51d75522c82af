"""Azure's managed Prometheus: it scrapes the pods of an AKS cluster and evaluates the rules over their metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_azure_native as azure
import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, Input, Output, ResourceOptions
from typing_extensions import override

from components.azure.monitoring.alert import SEVERITIES, duration
from components.azure.network.base import Network
from components.kubernetes.collector import KubernetesCollector
from components.kubernetes.pods import PART_OF
from components.monitoring.rules import Rule

STREAM = "Microsoft-PrometheusMetrics"
"""Stream of Prometheus metrics in a data collection rule."""

DESTINATION = "workspace"
"""Name of the workspace inside the data collection rule."""

LIMITS = {"labelLimit": 63, "labelNameLengthLimit": 511, "labelValueLengthLimit": 1023}
"""Limits of Azure Monitor for labels. Each pod monitor must repeat them (Azure/prometheus-collector, Operator-CRD.md, read 2026-11-30)."""


@dataclass(frozen=True, kw_only=True)
class AksCollectorArgs:
    """Inputs of the collector."""

    cluster: azure.containerservice.ManagedCluster
    network: Network


class AksCollector(ComponentResource, KubernetesCollector):
    """Azure Monitor workspace of the stack, and the collector's permission to write to it.

    The collector is the cluster's add-on for metrics. It sends the metrics to a public endpoint, through the outbound route of the nodes,
    and signs in with its identity. Queries of the workspace need a role on it.
    """

    matchers: Mapping[str, Input[str]] = {}
    """Only this cluster writes to the workspace."""
    workspace_id: Output[str]

    def __init__(self, name: str, args: AksCollectorArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:azure:AksCollector", name, None, opts)
        self.args = args
        self.peers = [
            kubernetes.networking.v1.NetworkPolicyPeerArgs(
                namespace_selector=kubernetes.meta.v1.LabelSelectorArgs(
                    match_labels={"kubernetes.io/metadata.name": "kube-system"}
                )
            )
        ]
        metrics, child = f"{name}-metrics", ResourceOptions(parent=self)
        group, location = args.network.resource_group, args.network.account.location
        tags = args.network.account.tags
        self.workspace_id = azure.monitor.AzureMonitorWorkspace(
            metrics,
            azure_monitor_workspace_name=metrics,
            resource_group_name=group,
            location=location,
            tags=tags,
            opts=child,
        ).id
        endpoint = azure.monitor.DataCollectionEndpoint(
            metrics,
            data_collection_endpoint_name=metrics,
            resource_group_name=group,
            location=location,
            kind="Linux",
            tags=tags,
            opts=child,
        )
        rule = azure.monitor.DataCollectionRule(
            metrics,
            data_collection_rule_name=metrics,
            resource_group_name=group,
            location=location,
            kind="Linux",
            data_collection_endpoint_id=endpoint.id,
            data_sources=azure.monitor.DataCollectionRuleDataSourcesArgs(
                prometheus_forwarder=[
                    azure.monitor.PrometheusForwarderDataSourceArgs(name="prometheus", streams=[STREAM])
                ]
            ),
            destinations=azure.monitor.DataCollectionRuleDestinationsArgs(
                monitoring_accounts=[
                    azure.monitor.MonitoringAccountDestinationArgs(
                        account_resource_id=self.workspace_id, name=DESTINATION
                    )
                ]
            ),
            data_flows=[azure.monitor.DataFlowArgs(streams=[STREAM], destinations=[DESTINATION])],
            tags=tags,
            opts=child,
        )
        azure.monitor.DataCollectionRuleAssociation(
            metrics,
            association_name=metrics,
            resource_uri=args.cluster.id,
            data_collection_rule_id=rule.id,
            opts=child,
        )
        self.register_outputs({"workspaceId": self.workspace_id})

    @override
    def scrape(
        self, name: str, *, namespace: Input[str], labels: Mapping[str, str], port: str, opts: ResourceOptions
    ) -> None:
        """Create a pod monitor of Azure's add-on. The add-on ignores those of the Prometheus operator.

        The add-on installs this kind of object a short time after the cluster is created or changed. The nodes take longer to start, and
        pulumi-kubernetes tries six times in 63 seconds (provider/pkg/await/await.go, read 2026-11-30).
        """
        kubernetes.apiextensions.CustomResource(
            f"{name}-metrics",
            api_version="azmonitoring.coreos.com/v1",
            kind="PodMonitor",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=name, namespace=namespace, labels=PART_OF),
            spec={
                **LIMITS,
                "selector": {"matchLabels": labels},
                "podMetricsEndpoints": [{"port": port, "path": "/metrics", "interval": "30s"}],
            },
            opts=opts,
        )

    @override
    def watch(
        self, name: str, rules: Sequence[Rule], *, runbook: str, targets: Sequence[Input[str]], opts: ResourceOptions
    ) -> None:
        """Create a group of rules for each pipe and one for the streaming service. Azure evaluates them each minute."""
        groups: dict[str, list[Rule]] = {}
        for rule in rules:
            group = f"{name}-alarms" if rule.series is None else f"{name}-{rule.subject}-alarms"
            groups.setdefault(group, []).append(rule)
        network = self.args.network
        for group, own in groups.items():
            azure.alertsmanagement.PrometheusRuleGroup(
                group,
                rule_group_name=group,
                resource_group_name=network.resource_group,
                location=network.account.location,
                scopes=[self.workspace_id],
                cluster_name=self.args.cluster.name,
                interval=duration(1),
                enabled=True,
                rules=[_alert(rule, runbook, targets) for rule in own],
                tags=network.account.tags,
                opts=opts,
            )


def _alert(rule: Rule, runbook: str, targets: Sequence[Input[str]]) -> azure.alertsmanagement.PrometheusRuleArgs:
    """Return the alarm. It ends by itself, 5 minutes after its expression is no longer true."""
    return azure.alertsmanagement.PrometheusRuleArgs(
        alert=f"{rule.subject}-{rule.alarm.name}",
        expression=rule.expression,
        for_=duration(rule.minutes) if rule.minutes else None,
        enabled=rule.enabled,
        severity=SEVERITIES[rule.alarm.severity],
        annotations={"description": rule.alarm.description(rule.subject, runbook)},
        resolve_configuration=azure.alertsmanagement.PrometheusRuleResolveConfigurationArgs(
            auto_resolved=True, time_to_resolve=duration(5)
        ),
        actions=[azure.alertsmanagement.PrometheusRuleGroupActionArgs(action_group_id=target) for target in targets],
    )
