"""Fake Ambari and Kubernetes API on loopback, with the requests of the brokers program."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import trustme

AUTHORITY = trustme.CA()
"""CA of the fake servers, created for each test run."""
BROKERS = "/api/v1/clusters/kafka/services/KAFKA/components/KAFKA_BROKER?fields=host_components/HostRoles/host_name"
CONFIG_MAP = "/api/v1/namespaces/data-pipes-topics/configmaps/data-pipes-brokers"


@dataclass
class Servers:
    """State of the fake servers. `answers` are queued responses that replace the normal response for a path."""

    hosts: list[str]
    data: dict[str, str] | None = None
    requests: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    answers: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    port: int = 0

    def answer(self, method: str, path: str, body: str) -> tuple[int, str]:
        place, _, query = path.partition("?")
        if self.answers.get(place):
            return self.answers[place].pop(0)
        if path == BROKERS:
            components = [
                {"href": "x", "HostRoles": {"host_name": host, "cluster_name": "kafka"}} for host in self.hosts
            ]
            return 200, json.dumps({"href": "x", "host_components": components})
        if place != CONFIG_MAP:
            return 404, "{}"
        if method == "PATCH":
            assert query == "fieldManager=data-pipes-brokers"
            self.data = {**(self.data or {}), **json.loads(body)["data"]}
        return 200, json.dumps({"kind": "ConfigMap", **({} if self.data is None else {"data": self.data})})


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect because they do not trust the certificate."""


@contextmanager
def serving(servers: Servers) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            servers.requests.append((self.command, path))
            servers.headers[f"{self.command} {path}"] = dict(self.headers.items())
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            status, text = servers.answer(self.command, self.path, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def do_PATCH(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base's name
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    server = _Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    servers.port = server.server_port
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
