"""The real Prometheus scrapes targets, evaluates rules and reports alerts."""

import pytest

from consumer.status import Status
from consumer.web import serve
from workbench.prove.replicas import wait_until
from workbench.servers.ports import free_ports
from workbench.servers.prometheus_server import Alert, PrometheusServer, PrometheusServerError, Sample

MILLISECONDS = 200


def rules(expression: str, wait: str = "0s") -> dict[str, object]:
    return {"groups": [{"name": "test", "rules": [{"alert": "x", "expr": expression, "for": wait}]}]}


def test_metrics_of_the_consumer_are_scraped_with_the_labels_of_their_target():
    status = Status()
    status.set_partitions(["0", "1"])
    with serve(status, 0) as port:
        targets = {f"127.0.0.1:{port}": {"pod": "orders-0"}}
        rule = rules("sum by (pod) (consumer_partitions) > 1")
        with PrometheusServer(print, targets=targets, rules=rule, milliseconds=MILLISECONDS) as prometheus:
            wait_until(lambda: bool(prometheus.alerts()), "the alert fires")
            assert prometheus.alerts() == [Alert(name="x", state="firing", labels={"pod": "orders-0"})]
            expected = [Sample(labels={"pod": "orders-0"}, value=2)]
            assert prometheus.query("sum by (pod) (consumer_partitions)") == expected
            status.set_partitions(["0"])
            wait_until(lambda: not prometheus.alerts(), "the alert is resolved")


def test_an_alert_that_waits_is_pending():
    [port] = free_ports(1)
    rule = rules('up{pod="orders-0"} == 0', "1h")
    targets = {f"127.0.0.1:{port}": {"pod": "orders-0"}}
    with PrometheusServer(print, targets=targets, rules=rule, milliseconds=MILLISECONDS) as prometheus:
        wait_until(lambda: bool(prometheus.alerts()), "the alert is pending")
        [alert] = prometheus.alerts()
        assert alert.state == "pending"


def test_a_wrong_rule_or_query_is_reported_with_the_reason():
    server = PrometheusServer(print, targets={}, rules=rules("sum("), milliseconds=MILLISECONDS)
    with pytest.raises(PrometheusServerError, match="unclosed left parenthesis"), server:
        pass
    with (
        PrometheusServer(print, targets={}, rules={}, milliseconds=MILLISECONDS) as prometheus,
        pytest.raises(PrometheusServerError, match="unclosed left parenthesis"),
    ):
        prometheus.query("sum(")
