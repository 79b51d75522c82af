"""HTTP server for probes and metrics."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from typing_extensions import override

from consumer.errors import ConsumerError
from consumer.metrics import StatusCollector
from consumer.status import Status

LOGGER = logging.getLogger(__name__)

PORT = 8080
"""Port of probes and metrics. components/consumer.py gives the same port to the platforms."""

REQUEST_SECONDS = 10
"""Maximum seconds that a client may take to send its request."""


STOP_SECONDS = 0.1
"""Maximum seconds that the server needs to stop, and so the interval of its checks. The default of 0.5 s would delay the
next replica, if the platform starts it only after this one has ended."""


class Server(ThreadingHTTPServer):
    """HTTP server that ignores clients that disconnect early."""

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that disconnected before the response."""


@contextmanager
def serve(status: Status, port: int) -> Generator[int]:
    """Serve /live, /ready and /metrics while the consumer runs. Yield the port; 0 selects a free one."""
    registry = CollectorRegistry()
    registry.register(StatusCollector(status))

    class Handler(BaseHTTPRequestHandler):
        timeout = REQUEST_SECONDS

        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/live":
                    self._probe(good=status.live)
                case "/ready":
                    self._probe(good=status.live and status.ready)
                case "/metrics":
                    self._send(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(registry))
                case _:
                    self._send(
                        HTTPStatus.NOT_FOUND, "text/plain", b"Not found. Available paths: /live, /ready, /metrics\n"
                    )

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - argument name of the library
            """Log nothing: probes come every few seconds."""

        def _probe(self, *, good: bool) -> None:
            answer = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
            self._send(answer, "text/plain", b"yes\n" if good else b"no\n")

        def _send(self, answer: HTTPStatus, content_type: str, body: bytes) -> None:
            self.send_response(answer)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    try:
        server = Server(("", port), Handler)
    except OSError as error:
        raise ConsumerError(f"cannot listen on port {port}: {error.strerror}") from None
    with server:
        thread = Thread(target=server.serve_forever, args=[STOP_SECONDS], name="web", daemon=True)
        thread.start()
        LOGGER.info("/live, /ready and /metrics answer on port %d", server.server_port)
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
