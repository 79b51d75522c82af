"""Brokers program: queries Ambari, writes the ConfigMap, and reports errors."""

import base64
import socket
import time
from http import HTTPStatus

import pytest

from tests.topic.ambari import AUTHORITY, BROKERS, CONFIG_MAP, Servers, serving
from tests.topic.clock import Clock
from topic import brokers as program

THREE = ["wn0-kafka.x.internal.cloudapp.net", "wn1-kafka.x.internal.cloudapp.net", "wn2-kafka.x.internal.cloudapp.net"]
STRING = ",".join(f"{host}:9092" for host in THREE)
AMBARI = BROKERS.partition("?")[0]
PASSWORD, TOKEN = "hunter2-hunter2", "token-of-the-pod"


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(program, "time", clock)
    return clock


@pytest.fixture
def servers():
    servers = Servers(hosts=THREE[::-1])
    with serving(servers):
        yield servers


@pytest.fixture
def pod(tmp_path):
    """Service account of the pod."""
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "namespace").write_text("data-pipes-topics")
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.crt"))
    return tmp_path


@pytest.fixture
def run(servers, pod, clock, capsys, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(pod / "ca.crt"))
    environment = {
        "AMBARI_URL": f"https://localhost:{servers.port}",
        "AMBARI_ADDRESS": "127.0.0.1",
        "AMBARI_CLUSTER": "kafka",
        "AMBARI_USERNAME": "admin",
        "AMBARI_PASSWORD": PASSWORD,
        "BROKERS": "3",
        "CONFIG_MAP": "data-pipes-brokers",
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": str(servers.port),
    }

    def run(**changes):
        """Return the exit status, stdout and stderr. Fail if they contain a secret."""
        status = program.main({**environment, **changes}, pod)
        out, err = capsys.readouterr()
        assert PASSWORD not in out + err
        assert TOKEN not in out + err
        return status, out, err

    return run


def test_brokers_are_written_sorted_with_their_port(servers, run):
    assert run() == (0, f"brokers: ConfigMap updated ({STRING})\n", "")
    assert servers.data == {"bootstrapServers": STRING}
    assert servers.requests == [("GET", AMBARI), ("GET", CONFIG_MAP), ("PATCH", CONFIG_MAP)]


def test_each_server_gets_only_its_own_credentials_and_changes_are_merge_patches(servers, run):
    run()
    basic = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
    assert servers.headers[f"GET {AMBARI}"]["Authorization"] == f"Basic {basic}"
    assert servers.headers[f"GET {CONFIG_MAP}"]["Authorization"] == f"Bearer {TOKEN}"
    assert servers.headers[f"PATCH {CONFIG_MAP}"]["Authorization"] == f"Bearer {TOKEN}"
    assert servers.headers[f"PATCH {CONFIG_MAP}"]["Content-Type"] == "application/merge-patch+json"


def test_a_second_run_changes_nothing(servers, run):
    run()
    servers.requests.clear()
    assert run() == (0, f"brokers: up to date ({STRING})\n", "")
    assert servers.requests == [("GET", AMBARI), ("GET", CONFIG_MAP)]


def test_brokers_beyond_the_minimum_are_written_too(servers, run):
    servers.data = {"bootstrapServers": STRING}
    servers.hosts = [*THREE, "wn3-kafka.x.internal.cloudapp.net"]
    assert run()[0] == 0
    assert servers.data == {"bootstrapServers": f"{STRING},wn3-kafka.x.internal.cloudapp.net:9092"}


def test_missing_brokers_are_retried(servers, run, clock, monkeypatch):
    servers.hosts = THREE[:1]

    def sleep(seconds):
        clock.pauses.append(seconds)
        if len(clock.pauses) == 3:
            servers.hosts = THREE

    monkeypatch.setattr(clock, "sleep", sleep)
    assert run()[0] == 0
    assert clock.pauses == [0.5, 1, 2]
    assert servers.data == {"bootstrapServers": STRING}


def test_too_few_brokers_at_the_deadline_are_an_invalid_environment_and_the_error_has_the_command(servers, run, clock):
    status, out, err = run(BROKERS="5")
    assert (status, out) == (2, "")
    assert err == (
        "BROKERS: Ambari lists 3 of 5 brokers. Add workers with az hdinsight resize --workernode-count 5, then run this again.\n"
    )
    assert servers.data is None
    assert 230 < sum(clock.pauses) <= 240


@pytest.mark.parametrize("path", [AMBARI, CONFIG_MAP])
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_transient_status_is_retried(servers, run, clock, path, status):
    servers.answers[path] = [(status, "busy"), (status, "busy")]
    assert run() == (0, f"brokers: ConfigMap updated ({STRING})\n", "")
    assert clock.pauses == [0.5, 1]


@pytest.mark.parametrize(("path", "name"), [(AMBARI, "Ambari"), (CONFIG_MAP, "Kubernetes")])
@pytest.mark.parametrize("refusal", [401, 403, 404])
def test_a_permanent_status_is_reported_without_retry(servers, run, path, name, refusal):
    servers.answers[path] = [(refusal, "{}")]
    status, out, err = run()
    assert (status, out) == (1, "")
    assert err.startswith(f"brokers: {name} returned {refusal} {HTTPStatus(refusal).phrase} for GET {path}")
    assert err.count("\n") == 1
    assert [place for _, place in servers.requests].count(path) == 1


def test_a_transient_status_at_the_deadline_is_reported_with_the_last_attempt(servers, run, clock):
    servers.answers[AMBARI] = [(503, "")] * 100
    status, _, err = run()
    assert status == 1
    assert err == (
        "brokers: not done after 240 seconds. Last attempt: "
        f"Ambari returned 503 Service Unavailable for GET {BROKERS}\n"
    )
    assert clock.pauses[:5] == [0.5, 1, 2, 4, 8]
    assert 230 < sum(clock.pauses) <= 240


def test_an_unreachable_server_is_reported_with_its_address(run, clock):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    status, _, err = run(AMBARI_URL=f"https://localhost:{port}")
    assert status == 1
    assert f"Last attempt: Ambari at 127.0.0.1:{port}: " in err
    assert "refused" in err
    assert err.count("\n") == 1


def test_an_unresponsive_server_times_out(run, monkeypatch):
    monkeypatch.setattr(program, "REQUEST_TIMEOUT", 0.05)
    monkeypatch.setattr(program, "DEADLINE", 1.0)
    started = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        status, _, err = run(AMBARI_URL=f"https://localhost:{silent.getsockname()[1]}")
    assert status == 1
    assert "timed out" in err
    assert time.monotonic() - started < 5


def test_no_password_is_sent_to_a_server_with_an_untrusted_certificate(servers, run, clock, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    status, _, err = run()
    assert status == 1
    assert err.startswith("brokers: Ambari: certificate is not trusted: ")
    assert clock.pauses == []
    assert servers.requests == []


def test_the_certificate_must_match_the_gateway_s_host_name(servers, run):
    status, _, err = run(AMBARI_URL=f"https://kafka-int.azurehdinsight.net:{servers.port}")
    assert status == 1
    assert "Hostname mismatch" in err
    assert servers.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        "[]",
        "{}",
        "null",
        '{"host_components": [{}]}',
        '{"host_components": [{"HostRoles": {"host_name": 3}}]}',
        '{"host_components": [{"HostRoles": {"host_name": "wn0,evil:9092"}}]}',
    ],
)
def test_an_unknown_response_format_is_reported_and_nothing_is_written(servers, run, answer):
    servers.answers[AMBARI] = [(200, answer)]
    assert run() == (1, "", "brokers: Ambari returned the list of brokers in an unknown format\n")
    assert servers.data is None


def test_invalid_json_is_reported(servers, run):
    servers.answers[AMBARI] = [(200, "<html>Sign in</html>")]
    assert run() == (1, "", f"brokers: Ambari returned invalid JSON for GET {BROKERS}\n")


def test_all_invalid_variables_are_reported_together(capsys, tmp_path):
    assert program.main({"BROKERS": "three", "AMBARI_URL": "http://kafka"}, tmp_path / "none") == 2
    errors = capsys.readouterr().err.splitlines()
    assert errors[:-3] == [
        "AMBARI_ADDRESS: is required.",
        "AMBARI_CLUSTER: is required.",
        "AMBARI_USERNAME: is required.",
        "AMBARI_PASSWORD: is required.",
        "CONFIG_MAP: is required.",
        "KUBERNETES_SERVICE_HOST: is required.",
        "KUBERNETES_SERVICE_PORT: is required.",
    ]
    assert errors[-3:-1] == [
        "BROKERS: must be a whole number from 1 to 9999, got 'three'.",
        "AMBARI_URL: must be https:// and a host name, such as https://kafka-int.azurehdinsight.net, got 'http://kafka'.",
    ]
    assert errors[-1].startswith(f"the service account at {tmp_path}/none cannot be read: ")


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "10000", "٣", "3 "])
def test_an_invalid_number_of_brokers_is_refused(run, text):
    status, _, err = run(BROKERS=text)
    assert status == 2
    assert err.startswith("BROKERS: ")


@pytest.mark.parametrize("url", ["https://kafka/api", "https://user@kafka", "https://kafka:x", "https://"])
def test_a_gateway_url_with_more_than_a_host_and_port_is_refused(run, url):
    status, _, err = run(AMBARI_URL=url)
    assert status == 2
    assert err.startswith("AMBARI_URL: ")
