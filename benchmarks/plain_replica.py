"""Yardstick of `rolling_restart`: a plain poll() loop that does the same work as `workbench.prove.replica`.

`python -m benchmarks.plain_replica FILE SECONDS`, with the same environment. Every KAFKA_ variable is a property. It serves /ready after it has joined
its group, handles a message, stores its offset, and on SIGTERM commits, leaves the group and exits.
"""

import logging
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import FrameType

from confluent_kafka import Consumer, TopicPartition

LOGGER = logging.getLogger(__name__)


def main() -> None:
    """Read until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    path, seconds = sys.argv[1], float(sys.argv[2])
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    ready, stopping = Event(), Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        Thread(target=stopping.set).start()

    def join(_consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        ready.set()

    signal.signal(signal.SIGTERM, stop)

    class Probe(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if ready.is_set() else 503)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - argument name of the library
            """Log nothing."""

    server = ThreadingHTTPServer(("", 0), Probe)
    Thread(target=server.serve_forever, daemon=True).start()
    LOGGER.info("/ready answers: answer on port %d", server.server_port)
    properties = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value
        for name, value in os.environ.items()
        if name.startswith("KAFKA_")
    }
    consumer = Consumer(
        {
            "group.id": os.environ["STREAM_GROUP"],
            "auto.offset.reset": "earliest",
            "enable.auto.offset.store": False,
            "auto.commit.interval.ms": 1000,
            **properties,
        }
    )
    consumer.subscribe([os.environ["STREAM_TOPIC"]], on_assign=join)
    while not stopping.is_set():
        message = consumer.poll(1.0)
        if message is None:
            continue
        if error := message.error():
            LOGGER.warning("%s", error.str())
            continue
        time.sleep(seconds)
        os.write(file, f"{time.monotonic()} {message.partition()} {message.offset()}\n".encode())
        consumer.store_offsets(message)
    consumer.close()


if __name__ == "__main__":
    main()
