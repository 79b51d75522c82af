"""Proxy that first answers 503 without an AWS error, and then forwards everything to moto's server."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit


@contextmanager
def temporarily_unavailable(url: str, answers: int) -> Iterator[str]:
    """Answer that many requests with 503, then forward all others. Yield the URL."""
    refused: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if len(refused) < answers:
                refused.append(self.path)
                self.answer(503, b"", {})
                return
            connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
            connection.putrequest("POST", self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)  # including Host, which is part of the signature
            connection.endheaders(body)
            answer = connection.getresponse()
            self.answer(answer.status, answer.read(), {"Content-Type": answer.headers["Content-Type"]})
            connection.close()

        def answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - argument name of the library
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
