"""Managed Service for Prometheus on GKE: scrapes pods and evaluates PromQL."""

from collections.abc import Mapping, Sequence

import pulumi_gcp as gcp
import pulumi_kubernetes as kubernetes
from pulumi import Input, ResourceOptions
from typing_extensions import override

from components.gcp.monitoring.policy import AlertPolicyArgs, alert_policy
from components.kubernetes.collector import KubernetesCollector
from components.kubernetes.pods import PART_OF
from components.monitoring.rules import Rule

NAMESPACES = ("gmp-system", "gke-gmp-system")
"""Namespaces of the collectors: of Standard clusters, and of Autopilot clusters (prometheus-engine, issues 276 and 300, read 2026-11-30).
Google's pages name only the first, so both are admitted: a wrong one would stop the scrapes without an error. No pipe can have such a name.

Each collector scrapes the pods of its own node. They do not use the node's network, so a network policy can select them
(prometheus-engine, charts/operator/templates/collector.yaml, read 2026-11-30)."""

INTERVAL = "30s"
"""Time between two scrapes. The rules need at least four in their windows."""

EVALUATION = "60s"
"""Time between two evaluations of a rule, a multiple of 30 seconds (Cloud Monitoring API v3, PrometheusQueryLanguageCondition; read
2026-11-30)."""


class GkeCollector(KubernetesCollector):
    """Google's managed collection. All clusters of a project write to one set of series, so the matchers name the cluster."""

    peers = tuple(
        kubernetes.networking.v1.NetworkPolicyPeerArgs(
            namespace_selector=kubernetes.meta.v1.LabelSelectorArgs(
                match_labels={"kubernetes.io/metadata.name": namespace}
            )
        )
        for namespace in NAMESPACES
    )

    def __init__(self, cluster: Input[str], *, location: Input[str], labels: Mapping[str, str]) -> None:
        """`location` is the region or zone of the cluster. `labels` are those of the stack."""
        self.matchers = {"cluster": cluster, "location": location}
        self.labels = labels

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
        """Scrape /metrics of the pods with these labels, by a PodMonitoring in their namespace.

        GKE adds this kind when the collection is enabled. No page says whether it exists when the update of the cluster returns. If it does
        not, pulumi-kubernetes waits up to 31 seconds for it (provider/pkg/await/await.go, read 2026-11-30).
        """
        kubernetes.apiextensions.CustomResource(
            f"{name}-metrics",
            api_version="monitoring.googleapis.com/v1",
            kind="PodMonitoring",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=name, namespace=namespace, labels=PART_OF),
            spec={"selector": {"matchLabels": labels}, "endpoints": [{"port": port, "interval": INTERVAL}]},
            opts=opts,
        )

    @override
    def watch(
        self, name: str, rules: Sequence[Rule], *, runbook: str, targets: Sequence[Input[str]], opts: ResourceOptions
    ) -> None:
        """Create an alert policy from each rule."""
        for rule in rules:
            prefix = name if rule.series is None else f"{name}-{rule.subject}"
            alert_policy(
                AlertPolicyArgs(
                    alarm=rule.alarm,
                    subject=rule.subject,
                    prefix=prefix,
                    condition=_condition(prefix, rule),
                    enabled=rule.enabled,
                    runbook=runbook,
                    targets=targets,
                    labels=self.labels,
                ),
                f"{prefix}-{rule.alarm.name}",
                opts,
            )


def _condition(group: str, rule: Rule) -> gcp.monitoring.AlertPolicyConditionArgs:
    return gcp.monitoring.AlertPolicyConditionArgs(
        display_name=rule.alarm.meaning,
        condition_prometheus_query_language=gcp.monitoring.AlertPolicyConditionConditionPrometheusQueryLanguageArgs(
            query=rule.expression,
            duration=f"{rule.minutes * 60}s",
            evaluation_interval=EVALUATION,
            # The metric exists only after a first scrape. Until then the API would refuse the policy.
            disable_metric_validation=True,
            rule_group=group,
            # The name of a rule has the characters of a Prometheus label.
            alert_rule=rule.alarm.name.replace("-", "_"),
        ),
    )
