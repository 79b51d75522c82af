"""Tests of the metrics of Kafka in containers, and of the rules over them."""

import re
from typing import Any

import pytest

from components.kubernetes.strimzi.rules import POD_LABELS, disk_full, offline_partitions, under_replicated
from components.monitoring.rules import Series
from tests.components.kubernetes.operator_collector import with_operator
from tests.stacks import planned
from workbench.plan import Plan

STACK = "aws-kafka-eks"
KAFKA = "kubernetes:kafka.strimzi.io/v1:Kafka"
MONITOR = "kubernetes:monitoring.coreos.com/v1:PodMonitor"
RULE = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"
SERIES = Series(matchers={"namespace": "data-pipes-kafka", "cluster": "one"})


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> Plan:
    return with_operator(monkeypatch, stack=STACK)


def rules(plan: Plan) -> dict[str, Any]:
    (found,) = [each for each in plan.recording.of_type(RULE) if each.input("metadata.name") == "data-pipes-streaming"]
    return {rule["alert"]: rule for group in found.input("spec.groups") for rule in group["rules"]}


def test_every_rule_selects_only_the_series_of_the_cluster():
    for expression in (under_replicated(SERIES), offline_partitions(SERIES), disk_full(SERIES, 100)):
        assert expression.count('{cluster="one",namespace="data-pipes-kafka"}') == 1


def test_the_disk_of_a_broker_is_full_at_80_percent():
    assert disk_full(SERIES, 100).endswith(f"> {80 * 1024**3}")


def test_the_rules_follow_the_disk_size(monkeypatch: pytest.MonkeyPatch):
    plan = with_operator(monkeypatch, {"data-pipes:streaming": {"diskSize": 500}}, stack=STACK)
    assert rules(plan)["disk-full"]["expr"].endswith(f"> {400 * 1024**3}")


def test_a_rule_of_the_brokers_names_the_stack_and_no_pipe(plan: Plan):
    found = rules(plan)
    assert {name: rule["labels"]["severity"] for name, rule in found.items()} == {
        "under-replicated": "warning",
        "offline-partitions": "critical",
        "disk-full": "critical",
    }
    for name, rule in found.items():
        assert rule["annotations"]["summary"] == f"{STACK}: {name}"
        assert "pipe" not in rule["labels"]


def test_every_metric_of_a_rule_is_exported(plan: Plan):
    config = plan.recording.one(KAFKA).input("spec.kafka.metricsConfig")
    assert config["type"] == "strimziMetricsReporter"
    for rule in rules(plan).values():
        (metric,) = re.findall(r"kafka_\w+", rule["expr"])
        assert any(re.fullmatch(pattern, metric) for pattern in config["values"]["allowList"])


def test_all_nodes_of_the_cluster_are_scraped_in_their_namespace(plan: Plan):
    (monitor,) = [
        each for each in plan.recording.of_type(MONITOR) if each.input("metadata.namespace") == "data-pipes-kafka"
    ]
    assert monitor.input("spec.selector.matchLabels") == POD_LABELS
    assert POD_LABELS["strimzi.io/cluster"] == plan.recording.one(KAFKA).input("metadata.name")
    assert monitor.input("spec.podMetricsEndpoints[0].port") == "tcp-prometheus"


def test_without_a_collector_kafka_exports_nothing():
    plan = planned({"data-pipes:monitoring": {"collector": "none"}}, stack=STACK)
    assert "metricsConfig" not in plan.recording.one(KAFKA).input("spec.kafka")
