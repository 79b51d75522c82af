"""Amazon Managed Service for Prometheus, as the collector of an EKS cluster."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import yaml
from pulumi import ComponentResource, Input, Output, ResourceOptions
from typing_extensions import override

from components.aws.eks.cluster import cluster_security_group
from components.aws.monitoring.collector import SnsCollector
from components.aws.network.network import Network
from components.kubernetes.collector import KubernetesCollector
from components.kubernetes.pods import PART_OF
from components.kubernetes.prometheus_operator import SCRAPE_INTERVAL, SERVICE, alert
from components.monitoring.rules import Rule

RECEIVER = "targets"
"""Name of the receiver that publishes to the notification targets."""

SUBJECT = "{{ .CommonLabels.stack }}{{ with .CommonLabels.pipe }}-{{ . }}{{ end }}: {{ .CommonLabels.alarm }}"
"""Subject of a notification, such as `production-orders: old-records`."""


@dataclass(frozen=True, kw_only=True)
class ManagedPrometheusArgs:
    """Arguments of ManagedPrometheus."""

    cluster: aws.eks.Cluster
    network: Network


class ManagedPrometheus(ComponentResource, KubernetesCollector, SnsCollector):
    """Workspace of a stack, and a scraper that AWS runs: no pod of the cluster collects metrics.

    The scraper has network interfaces in the private subnets, with the cluster's security group. AWS gives it access to the cluster
    when it is created (Amazon Managed Service for Prometheus, Set up managed collectors for Amazon EKS).
    """

    def __init__(self, name: str, args: ManagedPrometheusArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:ManagedPrometheus", name, None, opts)
        self.name = name
        self.args = args
        self.jobs: dict[str, Mapping[str, Any]] = {}
        self.matchers = dict[str, Input[str]]()  # the workspace has only this cluster
        self.peers = [
            kubernetes.networking.v1.NetworkPolicyPeerArgs(ip_block=kubernetes.networking.v1.IPBlockArgs(cidr=cidr))
            for cidr in args.network.private_cidrs
        ]
        self.workspace = aws.amp.Workspace(
            f"{name}-prometheus", alias=name, tags={"Name": name}, opts=ResourceOptions(parent=self)
        )
        self.register_outputs({"workspaceId": self.workspace.id})

    @override
    def scrape(
        self, name: str, *, namespace: Input[str], labels: Mapping[str, str], port: str, opts: ResourceOptions
    ) -> None:
        """Add a job for these pods. All pipes share one, so that a new pipe does not change the scraper."""
        _ = name, namespace, opts
        selector = PART_OF if PART_OF.items() <= labels.items() else labels
        job = scrape_job(selector, port)
        self.jobs[job["job_name"]] = job

    @override
    def watch(
        self, name: str, rules: Sequence[Rule], *, runbook: str, targets: Sequence[Input[str]], opts: ResourceOptions
    ) -> None:
        """Make the scraper, the rules and, if there are targets, the alert manager."""
        scraper = aws.amp.Scraper(
            f"{name}-prometheus",
            alias=name,
            source=aws.amp.ScraperSourceArgs(
                eks=aws.amp.ScraperSourceEksArgs(
                    cluster_arn=self.args.cluster.arn,
                    subnet_ids=self.args.network.private_subnet_ids,
                    security_group_ids=[cluster_security_group(self.args.cluster)],
                )
            ),
            destination=aws.amp.ScraperDestinationArgs(
                amp=aws.amp.ScraperDestinationAmpArgs(workspace_arn=self.workspace.arn)
            ),
            scrape_configuration=scrape_configuration(list(self.jobs.values())),
            tags={"Name": name},
            opts=opts,
        )
        if rules:
            subjects = [rule.subject if rule.series else SERVICE for rule in rules]
            alerts = Output.all(*(alerting_rule(rule, name, runbook) for rule in rules))
            aws.amp.RuleGroupNamespace(
                f"{name}-rules",
                name=name,
                workspace_id=self.workspace.id,
                # A scraper takes about 20 minutes. Rules that exist before it would report that all consumers are missing.
                data=Output.all(scraper.arn, alerts).apply(lambda known: groups(subjects, known[1])),
                tags={"Name": name},
                opts=opts,
            )
        if targets:
            region = self.args.network.account.region
            aws.amp.AlertManagerDefinition(
                f"{name}-alert-manager",
                workspace_id=self.workspace.id,
                definition=Output.all(*targets).apply(lambda topics: alert_manager(topics, region)),
                opts=opts,
            )


def scrape_job(selector: Mapping[str, str], port: str) -> dict[str, Any]:
    """Return the job for the pods with these labels and a container port of this name (Prometheus, Configuration)."""
    label = ",".join(f"{name}={value}" for name, value in selector.items())
    copied = {"__meta_kubernetes_namespace": "namespace", "__meta_kubernetes_pod_name": "pod"}
    return {
        "job_name": "-".join([*selector.values(), port]),
        "kubernetes_sd_configs": [{"role": "pod", "selectors": [{"role": "pod", "label": label}]}],
        "relabel_configs": [
            {"source_labels": ["__meta_kubernetes_pod_container_port_name"], "regex": port, "action": "keep"},
            *({"source_labels": [source], "target_label": target} for source, target in copied.items()),
        ],
    }


def scrape_configuration(jobs: Sequence[Mapping[str, Any]]) -> str:
    """Return the configuration of a scraper."""
    return _yaml({"global": {"scrape_interval": SCRAPE_INTERVAL}, "scrape_configs": list(jobs)})


def alerting_rule(rule: Rule, stack: str, runbook: str) -> Mapping[str, Any]:
    """Return an alerting rule. That of a paused pipe stays, but cannot fire."""
    expression = Output.from_input(rule.expression)
    off = expression.apply(lambda known: f"({known}) and vector(0) > 0")
    return {**alert(rule, stack, runbook), "expr": expression if rule.enabled else off}


def groups(subjects: Sequence[str], alerts: Sequence[Mapping[str, Any]]) -> str:
    """Return the rules file of a workspace: a group for each pipe, and one for the streaming service.

    A group has at most 20 rules, and a workspace at most 100 groups (AWS Service Quotas, Amazon Managed Service for Prometheus; read in
    a public copy of the quotas, not on AWS's page).
    """
    by_subject = defaultdict[str, list[Mapping[str, Any]]](list)
    for subject, rule in zip(subjects, alerts, strict=True):
        by_subject[subject].append(rule)
    return _yaml({"groups": [{"name": subject, "rules": rules} for subject, rules in by_subject.items()]})


def alert_manager(topics: Sequence[str], region: str) -> str:
    """Return the definition of an alert manager that publishes to SNS topics (Amazon Managed Service for Prometheus, Alert manager).

    It accepts only SNS as a receiver. A notification is about one alarm of one pipe, or of the streaming service.
    """
    text = "{{ .Status }}: {{ .Annotations.description }}{{ with .Labels.pod }} Pod: {{ . }}.{{ end }}"
    receivers = [
        {
            "topic_arn": topic,
            "sigv4": {"region": region},
            "subject": SUBJECT,
            "message": f"{SUBJECT}\n{{{{ range .Alerts }}}}{text}\n{{{{ end }}}}",
        }
        for topic in topics
    ]
    config = {
        "route": {"receiver": RECEIVER, "group_by": ["alertname", "pipe"]},
        "receivers": [{"name": RECEIVER, "sns_configs": receivers}],
    }
    return _yaml({"alertmanager_config": _yaml(config)})


def _yaml(value: object) -> str:
    return yaml.safe_dump(value, sort_keys=False, width=1000)
