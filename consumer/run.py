"""Main loop of the consumer: reads the environment, serves probes and metrics, and reads until it is stopped."""

import importlib
import logging
import signal
import sys
from collections.abc import Callable, Mapping
from threading import Event, Thread
from types import FrameType

from consumer import batches
from consumer.delivery import Delivery
from consumer.errors import ConsumerError, WrongEnvironmentError
from consumer.record import BatchHandler, Handler
from consumer.source import Source
from consumer.status import Status
from consumer.variables import Variables
from consumer.web import PORT, serve

TRIES = 5
"""Default of STREAM_MAX_DELIVERY_ATTEMPTS."""

SOURCES = {
    "kafka": "consumer.kafka.source",
    "kinesis": "consumer.kinesis.source",
    "kinesis-video": "consumer.kinesis_video.source",
    "pubsub": "consumer.pubsub.source",
}
"""Module for each value of STREAM_SERVICE. Only the module in use is imported, with its dependencies."""


def run(
    environment: Mapping[str, str],
    handle: Handler | None = None,
    handle_batch: BatchHandler | None = None,
    *,
    port: int = PORT,
) -> int:
    """Read the topic that the environment names until SIGTERM or SIGINT. Write the reason to stderr if it ends earlier.

    The handler is either `handle`, which gets single records, or `handle_batch`.

    Exit status 0: stopped by a signal. 1: cannot continue. 2: the environment is invalid.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    stopping = Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        # Set in another thread: the main thread may hold the event's lock and would deadlock.
        Thread(target=stopping.set).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        variables = Variables(environment)
        source = _source(variables)
        tries = variables.number("STREAM_MAX_DELIVERY_ATTEMPTS", TRIES)
        limits = batches.read(handle_batch, variables)
        variables.check()
        delivery = Delivery(
            handle=handle or limits.handle_one,
            batches=limits,
            tries=tries,
            dead_letters=source.dead_letters,
            status=Status(),
            stopping=stopping,
        )
        with serve(delivery.status, port):
            source.run(delivery)
    except WrongEnvironmentError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except ConsumerError as error:
        sys.stderr.write(f"consumer: {error}\n")
        return 1
    return 0


def _source(variables: Variables) -> Source:
    """Return the source for the service that the environment names."""
    service = variables.required("STREAM_SERVICE")
    if service and service not in SOURCES:
        variables.errors.append(f"STREAM_SERVICE: must be one of {', '.join(SOURCES)}, got {service!r}.")
    variables.check()
    make: Callable[[Variables], Source] = importlib.import_module(SOURCES[service]).source
    return make(variables)
