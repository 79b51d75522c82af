"""Probes and metrics of a consumer."""

import socket
import struct
from http.client import HTTPConnection

import pytest
from prometheus_client.parser import text_string_to_metric_families

from consumer.errors import ConsumerError
from consumer.status import LIVE_SECONDS, Status
from consumer.web import serve

NOW = 1_800_000_000.0


@pytest.fixture
def status():
    return Status(wall_clock=lambda: NOW)


@pytest.fixture
def port(status):
    with serve(status, 0) as port:
        yield port


@pytest.fixture
def ask(port):
    """Return a function that requests a path and returns status and text."""

    def ask(path):
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    return ask


def metrics(text):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_before_joining_a_consumer_is_live_but_not_ready(ask):
    assert ask("/live") == (200, "yes\n")
    assert ask("/ready") == (503, "no\n")


def test_a_consumer_that_has_joined_is_ready_with_or_without_a_partition(ask, status):
    status.ready = True
    assert ask("/ready")[0] == 200


def test_a_stuck_consumer_is_neither_live_nor_ready(ask, status):
    status.ready = True
    status.polled -= LIVE_SECONDS
    assert ask("/live")[0] == 503
    assert ask("/ready")[0] == 503


def test_metrics_report_counters_partitions_and_lag(ask, status):
    status.handled, status.failed, status.dead, status.lost, status.ready = 7, 3, 1, 2, True
    status.set_partitions(["0", "2"])
    status.lag_records["2"] = 40
    status.oldest["0"] = NOW - 1.5
    code, text = ask("/metrics?format=text")
    assert code == 200
    assert metrics(text) == {
        ("consumer_handled_total",): 7,
        ("consumer_failed_total",): 3,
        ("consumer_dead_letters_total",): 1,
        ("consumer_lost_records_total",): 2,
        ("consumer_ready",): 1,
        ("consumer_partitions",): 2,
        ("consumer_start_time_seconds",): NOW,
        ("consumer_lag_records", "2"): 40,
        ("consumer_lag_seconds", "0"): 1.5,
    }


def test_the_lag_is_measured_for_each_scrape(ask, status):
    def measure():
        status.lag_records = {"0": status.lag_records.get("0", 0) + 1}

    status.update_lag = measure
    assert [metrics(ask("/metrics")[1])["consumer_lag_records", "0"] for _ in range(2)] == [1, 2]


def test_a_consumer_of_a_service_without_partitions_does_not_report_that_it_has_none(ask, status):
    assert ("consumer_partitions",) in metrics(ask("/metrics")[1])
    status.has_partitions = False
    assert ("consumer_partitions",) not in metrics(ask("/metrics")[1])


def test_a_stuck_consumer_does_not_count_as_ready(ask, status):
    status.ready = True
    assert metrics(ask("/metrics")[1])["consumer_ready",] == 1
    status.polled -= LIVE_SECONDS
    assert metrics(ask("/metrics")[1])["consumer_ready",] == 0


def test_an_unknown_path_returns_404_with_the_available_paths(ask):
    assert ask("/") == (404, "Not found. Available paths: /live, /ready, /metrics\n")


def test_a_client_that_sends_no_request_does_not_block_others(ask, port, capfd):
    with socket.create_connection(("127.0.0.1", port)):
        assert ask("/live")[0] == 200
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", port)) as rude:
            reset_on_close = struct.pack("ii", 1, 0)
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset_on_close)
    assert ask("/live")[0] == 200
    assert "Traceback" not in capfd.readouterr().err


def test_a_port_in_use_is_reported_in_one_line(status):
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConsumerError, match=f"^cannot listen on port {port}: "), serve(status, port):
            pytest.fail("the server must not start")
