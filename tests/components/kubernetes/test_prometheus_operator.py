"""Tests of the alarms and the dashboard for the user's own Prometheus operator."""

import json
from typing import Any

import pytest

from components.monitoring.alarms import OLD_RECORDS
from components.monitoring.rules import PANELS, RULES
from tests.components.kubernetes.operator_collector import with_operator
from tests.stacks import shipped
from workbench.plan import Plan

MONITOR = "kubernetes:monitoring.coreos.com/v1:PodMonitor"
RULE = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
CONSUMER = {"image": "registry.example.com/consumer:1", "cpu": "100m", "memory": "128Mi"}
TWO = {"data-pipes:pipes": {"payments": {"parallelism": 2, "consumer": CONSUMER}}}


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> Plan:
    return with_operator(monkeypatch, TWO)


def objects(plan: Plan, kind: str) -> dict[str, Any]:
    """Return the inputs of the objects of a kind by namespace/name."""
    found = [each.inputs for each in plan.recording.of_type(kind)]
    return {f"{each['metadata']['namespace']}/{each['metadata']['name']}": each for each in found}


def alerts(plan: Plan, pipe: str) -> dict[str, Any]:
    groups = objects(plan, RULE)[f"data-pipes-monitoring/{pipe}"]["spec"]["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def dashboard(plan: Plan) -> Any:
    (found,) = [
        each for each in plan.recording.of_type("kubernetes:core/v1:ConfigMap") if each.name == "aws-msk-eks-dashboard"
    ]
    assert found.inputs["metadata"]["labels"]["grafana_dashboard"] == "1"
    return json.loads(found.inputs["data"]["aws-msk-eks.json"])


def test_the_plan_has_no_problems(plan: Plan):
    assert plan.problems == ()


def test_each_pipe_has_a_pod_monitor_that_selects_its_pods_and_their_port(plan: Plan):
    monitors = objects(plan, MONITOR)
    assert monitors.keys() == {"orders/aws-msk-eks-orders", "payments/aws-msk-eks-payments"}
    for deployment in plan.recording.of_type("kubernetes:apps/v1:Deployment"):
        pipe, template = deployment.input("metadata.namespace"), deployment.input("spec.template")
        spec = monitors[f"{pipe}/aws-msk-eks-{pipe}"]["spec"]
        assert spec["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
        (endpoint,) = spec["podMetricsEndpoints"]
        assert endpoint["port"] in {port["name"] for port in template["spec"]["containers"][0]["ports"]}
        assert endpoint["interval"] == "30s"


def test_each_pipe_has_every_rule_over_its_own_series(plan: Plan):
    for pipe, partitions in {"orders": 3, "payments": 2}.items():
        found = alerts(plan, pipe)
        assert list(found) == [rule.alarm.name for rule in RULES]
        assert all(f'namespace="{pipe}"' in rule["expr"] for rule in found.values())
        assert f" < {partitions} unless" in found["missing-consumers"]["expr"]


def test_an_alert_tells_its_pipe_its_severity_and_what_to_do(plan: Plan):
    alert = alerts(plan, "payments")["old-records"]
    assert alert["for"] == "5m"
    assert alert["labels"] == {
        "alarm": "old-records",
        "pipe": "payments",
        "severity": "critical",
        "stack": "aws-msk-eks",
    }
    assert alert["annotations"]["summary"] == "payments: old-records"
    assert OLD_RECORDS.meaning in alert["annotations"]["description"]
    assert alert["annotations"]["runbook_url"] == "docs/operations.md#old-records"


def test_an_alert_without_minutes_fires_at_the_first_evaluation(plan: Plan):
    assert "for" not in alerts(plan, "orders")["dead-letters"]


def test_the_runbook_of_the_stack_is_in_each_alert(monkeypatch: pytest.MonkeyPatch):
    address = "https://example.com/runbook"
    changes = {"data-pipes:monitoring": {"collector": "operator", "runbook": address}}
    for name, alert in alerts(with_operator(monkeypatch, changes), "orders").items():
        assert alert["annotations"]["runbook_url"] == f"{address}#{name}"
        assert f"{address}#{name}" in alert["annotations"]["description"]


def test_a_paused_pipe_keeps_its_object_without_rules(monkeypatch: pytest.MonkeyPatch):
    running = with_operator(monkeypatch)
    paused = with_operator(monkeypatch, {"data-pipes:pipes": {"orders": {"consumer": {"paused": True}}}})
    assert {each.urn for each in paused.recording.resources} == {each.urn for each in running.recording.resources}
    assert alerts(paused, "orders") == {}
    assert dashboard(paused) == dashboard(running)


def test_the_dashboard_has_a_row_for_each_pipe_with_every_chart(plan: Plan):
    titles = [panel["title"] for panel in dashboard(plan)["panels"]]
    charts = [panel.title for panel in PANELS]
    assert titles == ["orders", *charts, "payments", *charts]


def test_the_charts_of_a_row_draw_only_its_pipe(plan: Plan):
    pipe, seen = "", set[str]()
    for panel in dashboard(plan)["panels"]:
        if panel["type"] == "row":
            pipe = panel["title"]
            continue
        for target in panel["targets"]:
            if "namespace=" in target["expr"]:
                assert f'namespace="{pipe}"' in target["expr"]
                seen.add(pipe)
    assert seen == {"orders", "payments"}


def test_no_two_panels_overlap(plan: Plan):
    cells = [
        (x, y)
        for panel in dashboard(plan)["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    ids = [panel["id"] for panel in dashboard(plan)["panels"]]
    assert len(ids) == len(set(ids))


def test_the_consumers_admit_pods_of_the_cluster_only_to_the_metrics_port(plan: Plan):
    for policy in objects(plan, POLICY).values():
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
        assert policy["spec"]["ingress"] == [
            {"from": [{"namespaceSelector": {}}], "ports": [{"port": 8080, "protocol": "TCP"}]}
        ]


def test_without_a_collector_the_consumers_admit_nothing():
    policies = objects(shipped(), POLICY)
    assert policies.keys() == {"orders/orders"}
    assert all("ingress" not in policy["spec"] for policy in policies.values())


def test_without_a_collector_there_is_no_object_of_the_operator():
    types = {each.type for each in shipped().recording.resources}
    assert not {each for each in types if "monitoring.coreos.com" in each}
