"""Answers probes and shows metrics."""

from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from consumer.metrics import StatusCollector
from consumer.status import Status

PORT = 8080
"""Where probes and metrics are asked for, as components/consumer.py tells the platforms."""


@contextmanager
def served(status: Status, port: int) -> Generator[int]:
    """Serve /live, /ready and /metrics while the consumer runs; gives the port, which 0 leaves to the system."""
    registry = CollectorRegistry()
    registry.register(StatusCollector(status))

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            match self.path:
                case "/live":
                    self._tell(good=status.live)
                case "/ready":
                    self._tell(good=status.live and status.ready)
                case "/metrics":
                    self._send(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(registry))
                case _:
                    self._send(HTTPStatus.NOT_FOUND, "text/plain", b"/live, /ready and /metrics are here\n")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's names
            """Probes come every few seconds; nobody reads a line for each."""

        def _tell(self, *, good: bool) -> None:
            answer = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
            self._send(answer, "text/plain", b"yes\n" if good else b"no\n")

        def _send(self, answer: HTTPStatus, content_type: str, body: bytes) -> None:
            self.send_response(answer)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("", port), Answers) as server:
        thread = Thread(target=server.serve_forever, name="web", daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
