"""Simulated Kinesis Video Streams: moto has no GetMedia."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from tests.dataplane.matroska import HEADER, element, tags

DEADLINE = 120.0
"""Seconds after which an idle connection ends."""


@dataclass
class Video:
    """Video stream, and the data stream of its dead letters."""

    fragments: dict[str, bytes]
    at_once: int
    """Number of fragments per connection. The connection then ends in the middle of the next one."""
    refusal: str = ""
    """Error code for all requests."""
    unavailable: int = 0
    """Number of requests to answer with 503 first, without an AWS error."""
    unknown_refused: bool = False
    """Whether a start after an unknown fragment is rejected at once. If not, the error is inside the stream."""
    starts: list[dict[str, str]] = field(default_factory=list)
    letters: list[dict[str, Any]] = field(default_factory=list)
    ended: Event = field(default_factory=Event)
    url: str = ""

    def answer(self, path: str, request: dict[str, Any]) -> dict[str, Any]:
        match path:
            case "/getDataEndpoint":
                return {"DataEndpoint": self.url}
            case _:
                self.letters.append(request)
                return {"ShardId": "shardId-000000000000", "SequenceNumber": "1"}

    def unknown(self, start: dict[str, str]) -> bool:
        """Return whether the start position is an unknown fragment."""
        return "AfterFragmentNumber" in start and start["AfterFragmentNumber"] not in self.fragments

    def media(self, start: dict[str, str]) -> list[bytes]:
        """Return the chunks of one connection."""
        self.starts.append(start)
        if self.unknown(start):
            return [element(HEADER, b"") + tags(ERROR_CODE="FRAGMENT_NOT_FOUND", ERROR_ID="4000")]
        numbers = list(self.fragments)
        first = numbers.index(start["AfterFragmentNumber"]) + 1 if "AfterFragmentNumber" in start else 0
        whole, cut = numbers[first : first + self.at_once], numbers[first + self.at_once :][:1]
        return [self.fragments[number] for number in whole] + [self.fragments[number][:-20] for number in cut]


@contextmanager
def served(video: Video) -> Iterator[Video]:
    """Serve a video stream on a free port."""

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if video.unavailable:
                video.unavailable -= 1
                self.answer(503, {}, {})
            elif video.refusal:
                self.answer(403, {"message": "no"}, {"x-amzn-ErrorType": video.refusal})
            elif self.path == "/getMedia" and video.unknown_refused and video.unknown(request["StartSelector"]):
                video.starts.append(request["StartSelector"])
                self.answer(400, {"message": "no"}, {"x-amzn-ErrorType": "InvalidArgumentException"})
            elif self.path == "/getMedia":
                self.media(video.media(request["StartSelector"]))
            else:
                self.answer(200, video.answer(self.path, request), {})

        def answer(self, status: int, content: dict[str, Any], headers: dict[str, str]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def media(self, sent: list[bytes]) -> None:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for chunk in sent:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            if not sent:
                video.ended.wait(DEADLINE)  # no new fragment: keep the connection open
            self.wfile.write(b"0\r\n\r\n")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - argument name of the library
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        video.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield video
        finally:
            video.ended.set()
            server.shutdown()
            thread.join()
