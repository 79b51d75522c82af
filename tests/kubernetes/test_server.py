"""Tests of the API server: start, cleanup and end."""

import http.client
import socket
import ssl
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from tests.kubernetes.manifests import MANAGER, object_of
from workbench.servers.kubernetes_api import KubernetesApi, KubernetesRefusalError
from workbench.servers.kubernetes_binaries import wanted_version
from workbench.servers.kubernetes_server import KubernetesServer

POD = {"containers": [{"name": "only", "image": "example.com/image"}]}


def test_the_server_has_the_pinned_version(api: KubernetesApi):
    assert api.call("GET", "/version")["gitVersion"] == f"v{wanted_version()}"


def test_clean_keeps_the_server_s_own_objects_and_custom_kinds(server: KubernetesServer, api: KubernetesApi):
    server.clean()
    before = {path for path, _ in api.everything() if "/events/" not in path}
    held = {"finalizers": ["example.com/nobody-takes-this-off"]}
    made = [
        object_of("v1", "Namespace", "made", ""),
        object_of("v1", "ConfigMap", "made", "made"),
        {**object_of("v1", "Service", "made", "made"), "spec": {"ports": [{"port": 80}]}},
        {**object_of("v1", "Pod", "made", "made"), "spec": POD},
        {**object_of("v1", "ConfigMap", "made", "default")},
        object_of("rbac.authorization.k8s.io/v1", "ClusterRole", "made", ""),
        {**object_of("kafka.strimzi.io/v1", "KafkaTopic", "made", "made"), "spec": {}},
    ]
    for each in made:
        api.apply({**each, "metadata": {**each["metadata"], **held}}, manager=MANAGER)
    assert len({path for path, _ in api.everything()} - before) >= len(made)
    server.clean()
    # The server itself writes events about addresses of services, sometimes after the service is gone.
    assert {path for path, _ in api.everything() if "/events/" not in path} == before
    api.apply(made[0], manager=MANAGER)
    with pytest.raises(KubernetesRefusalError, match="not found"):
        api.read(made[1])


def test_unknown_fields_and_unknown_kinds_are_refused(api: KubernetesApi):
    with pytest.raises(KubernetesRefusalError, match="field not declared in schema"):
        api.apply({**object_of("v1", "ConfigMap", "a", "default"), "dta": {}}, manager=MANAGER)
    with pytest.raises(KubernetesRefusalError, match="the server has no kind Cup in v1"):
        api.apply(object_of("v1", "Cup", "a", "default"), manager=MANAGER)
    with pytest.raises(KubernetesRefusalError, match=r"the server has no kind Cup in example\.com/v1"):
        api.apply(object_of("example.com/v1", "Cup", "a", "default"), manager=MANAGER)


def test_an_exception_leaves_no_processes_port_or_files():
    server = KubernetesServer(print)

    def use_and_fail() -> None:
        with server:
            running.update(server._running)
            assert [process.poll() for process in running.values()] == [None, None]
            raise ZeroDivisionError

    running = {}
    with pytest.raises(ZeroDivisionError):
        use_and_fail()
    assert len(running) == 2
    assert all(process.poll() is not None for process in running.values())
    assert not server.kubeconfig.parent.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server._port))


def test_requests_without_the_token_are_refused(server: KubernetesServer):
    trust = ssl.create_default_context(cafile=server._certificate)
    for headers in ({}, {"Authorization": "Bearer guessed"}):
        with closing(http.client.HTTPSConnection("127.0.0.1", server._port, context=trust)) as connection:
            connection.request("GET", "/api/v1/namespaces", headers=headers)
            assert connection.getresponse().status in {401, 403}


def test_the_server_starts_in_a_directory_with_a_path_too_long_for_a_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with KubernetesServer(print) as server, server.api() as api:
        assert server.kubeconfig.is_relative_to(deep)
        assert "gitVersion" in api.call("GET", "/version")
