"""Tests of the objects of each collector on a real API server."""

import pytest

from tests.components.kubernetes.operator_collector import with_operator
from tests.kubernetes.manifests import MANAGER, object_of, of_kind, of_plan
from tests.stacks import merged
from workbench.servers.kubernetes_api import KubernetesApi, KubernetesRefusalError, Manifest
from workbench.servers.kubernetes_server import KubernetesServer

PODS = {"app.kubernetes.io/name": "orders"}
MONITORS: dict[str, tuple[Manifest, Manifest, str]] = {
    "Azure's pod monitor": (
        {
            **object_of("azmonitoring.coreos.com/v1", "PodMonitor", "orders", "default"),
            "spec": {"selector": {"matchLabels": PODS}, "podMetricsEndpoints": [{"port": "http", "interval": "30s"}]},
        },
        {"spec": {"podMetricsEndpoints": [{"port": "http", "interval": "often"}]}},
        "spec.podMetricsEndpoints.*should match",
    ),
    "Google's pod monitor": (
        {
            **object_of("monitoring.googleapis.com/v1", "PodMonitoring", "orders", "default"),
            "spec": {"selector": {"matchLabels": PODS}, "endpoints": [{"port": "http", "interval": "30s"}]},
        },
        {"spec": {"endpoints": [{"port": "http", "interval": "often"}]}},
        "spec.endpoints.*must be of type duration",
    ),
}


@pytest.fixture(autouse=True)
def _empty(server: KubernetesServer) -> None:
    server.clean()


@pytest.mark.parametrize("stack", ["aws-kafka-eks", "azure-kafka-aks", "gcp-kafka-gke"])
def test_the_server_accepts_the_objects_of_a_stack_with_the_operator(
    stack: str, api: KubernetesApi, monkeypatch: pytest.MonkeyPatch
):
    objects = list(of_plan(with_operator(monkeypatch, stack=stack)))
    assert of_kind(objects, "PodMonitor")
    assert of_kind(objects, "PrometheusRule")
    versions = [api.apply(each, manager=MANAGER)["metadata"]["resourceVersion"] for each in objects]
    again = [api.apply(each, manager=MANAGER)["metadata"]["resourceVersion"] for each in objects]
    assert again == versions


def test_a_rule_of_the_operator_without_an_expression_is_refused(api: KubernetesApi):
    rule = object_of("monitoring.coreos.com/v1", "PrometheusRule", "orders", "default")
    group = {"name": "orders", "rules": [{"alert": "old-records"}]}
    with pytest.raises(KubernetesRefusalError, match=r"rules\[0\]\.expr: Required"):
        api.apply({**rule, "spec": {"groups": [group]}}, manager=MANAGER)


def test_a_paused_pipe_has_a_valid_object_without_rules(api: KubernetesApi):
    rule = object_of("monitoring.coreos.com/v1", "PrometheusRule", "orders", "default")
    api.apply({**rule, "spec": {"groups": []}}, manager=MANAGER)


@pytest.mark.parametrize(("monitor", "change", "message"), MONITORS.values(), ids=MONITORS)
def test_a_managed_collector_s_pod_monitor_is_checked(
    monitor: Manifest, change: Manifest, message: str, api: KubernetesApi
):
    api.apply(monitor, manager=MANAGER)
    with pytest.raises(KubernetesRefusalError, match=message):
        api.apply(merged(monitor, change), manager=MANAGER)
