"""Loops that read a topic and handle each record, one process each: the consumer, plain clients and other libraries.

`python -m benchmarks.loops LOOP SERVERS TOPIC RECORDS MILLISECONDS` prints JSON. It imports nothing else from this repository except
in the consumer's loop, so that it runs in a virtual environment with other libraries. Every handler gets value and key, and the offset if the
library has it.
"""

# ruff: noqa: PLC0415  each process imports only the library of its loop

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any
from uuid import uuid4

BATCH = 500


class Handler:
    """Handles a number of records. Then it prints the costs and ends the process."""

    def __init__(self, records: int, milliseconds: float) -> None:
        self._left = records
        self._pause = milliseconds / 1000
        self._records = records
        self._begun = (0.0, 0.0)

    def __call__(self, *_record: object) -> None:
        """Handle a record."""
        if not self._begun[0]:
            self._begun = time.perf_counter(), time.process_time()
        if self._pause:
            time.sleep(self._pause)
        self._left -= 1
        if not self._left:
            self._finish()

    def batch(self, records: Sequence[object]) -> None:
        """Handle a batch without reading its records."""
        if not self._begun[0]:
            self._begun = time.perf_counter(), time.process_time()
        self._left -= len(records)
        if self._left <= 0:
            self._finish()

    def _finish(self) -> None:
        seconds, cpu = time.perf_counter() - self._begun[0], time.process_time() - self._begun[1]
        handled = self._records - self._left
        figures = {"per_second": handled / seconds, "cpu": 1e6 * cpu / handled}
        os.write(1, f"{json.dumps(figures)}\n".encode())  # not print: faust-streaming redirects it
        os._exit(0)


def product(servers: str, topic: str, handle: Handler) -> None:
    """The consumer: retries, status, offsets stored after handling, metrics, and a stop at any record."""

    def handle_one(record: Any) -> None:
        handle(record.value, record.key, record.position)

    _product(servers, topic, handle=handle_one)


def product_batch(servers: str, topic: str, handle: Handler, *, reads: bool = False) -> None:
    """The consumer with a batch handler that reads nothing, or value, key and offset of each record."""

    def handle_batch(records: Sequence[Any]) -> None:
        if reads:
            for record in records:
                _ = record.value, record.key, record.position
        handle.batch(records)

    _product(servers, topic, handle_batch=handle_batch)


def _product(servers: str, topic: str, *, handle: Any = None, handle_batch: Any = None) -> None:
    from consumer import batches
    from consumer.delivery import Delivery
    from consumer.kafka.source import source
    from consumer.status import Status
    from consumer.variables import Variables

    variables = Variables({"STREAM_TOPIC": topic, "STREAM_GROUP": str(uuid4()), "KAFKA_BOOTSTRAP_SERVERS": servers})
    limits = batches.read(handle_batch, variables)
    source(variables).run(
        Delivery(handle=handle or limits.handle_one, batches=limits, tries=1, dead_letters=None, status=Status())
    )


def poll(servers: str, topic: str, handle: Handler) -> None:
    """Loop of confluent-kafka's documentation: one record per poll, offsets stored before handling."""
    consumer = _confluent(servers, topic)
    while True:
        message = consumer.poll(1.0)
        if message is not None and not message.error():
            handle(message.value(), message.key(), message.offset())


def consume(servers: str, topic: str, handle: Handler) -> None:
    """Loop over batches of confluent-kafka."""
    consumer = _confluent(servers, topic)
    while True:
        for message in consumer.consume(BATCH, 1.0):
            if not message.error():
                handle(message.value(), message.key(), message.offset())


def bare_batch(servers: str, topic: str, handle: Handler, *, size: int = BATCH, reads: bool = False) -> None:
    """Loop that hands over the batches of confluent-kafka. It does not even look for errors among the messages."""
    consumer = _confluent(servers, topic)
    while True:
        messages = consumer.consume(size, 1.0)
        if reads:
            for message in messages:
                _ = message.value(), message.key(), message.offset()
        if messages:
            handle.batch(messages)


def quixstreams(servers: str, topic: str, handle: Handler) -> None:
    """Streaming data frame of Quix Streams."""
    library: Any = import_module("quixstreams")
    app = library.Application(
        broker_address=servers, consumer_group=str(uuid4()), auto_offset_reset="earliest", loglevel=None
    )
    frame = app.dataframe(app.topic(topic, value_deserializer="bytes", key_deserializer="bytes"))

    def update(value: bytes, key: bytes, _time: int, _headers: object) -> None:
        handle(value, key)

    frame.update(update, metadata=True)
    app.run()


def aiokafka(servers: str, topic: str, handle: Handler) -> None:
    """Loop of aiokafka's documentation."""

    async def read() -> None:
        library: Any = import_module("aiokafka")
        group = str(uuid4())
        consumer = library.AIOKafkaConsumer(
            topic, bootstrap_servers=servers, group_id=group, auto_offset_reset="earliest"
        )
        await consumer.start()
        async for message in consumer:
            handle(message.value, message.key, message.offset)

    asyncio.run(read())


def aiokafka_batch(servers: str, topic: str, handle: Handler) -> None:
    """Loop over the batches of aiokafka, which reads nothing."""

    async def read() -> None:
        library: Any = import_module("aiokafka")
        consumer = library.AIOKafkaConsumer(
            topic, bootstrap_servers=servers, group_id=str(uuid4()), auto_offset_reset="earliest"
        )
        await consumer.start()
        while True:
            for messages in (await consumer.getmany(timeout_ms=1000, max_records=BATCH)).values():
                handle.batch(messages)

    asyncio.run(read())


def faust(servers: str, topic: str, handle: Handler) -> None:
    """Agent of faust-streaming."""
    library: Any = import_module("faust")
    app = library.App(
        str(uuid4()), broker=f"kafka://{servers}", web_enabled=False, topic_disable_leader=True, datadir=".bench/faust"
    )
    source = app.topic(topic, value_type=bytes, value_serializer="raw", key_serializer="raw")

    async def read(stream: Any) -> None:
        async for event in stream.events():
            handle(event.value, event.key, event.message.offset)

    app.agent(source)(read)
    library.Worker(app, loglevel="error").execute_from_commandline()


def _confluent(servers: str, topic: str) -> Any:
    library: Any = import_module("confluent_kafka")
    consumer = library.Consumer(
        {"bootstrap.servers": servers, "group.id": str(uuid4()), "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic])
    return consumer


LOOPS: dict[str, Callable[[str, str, Handler], None]] = {
    loop.__name__: loop
    for loop in (product, product_batch, poll, consume, bare_batch, quixstreams, aiokafka, aiokafka_batch, faust)
} | {
    "product_batch_reads": partial(product_batch, reads=True),
    "bare_batch_reads": partial(bare_batch, reads=True),
    "bare_batch_100": partial(bare_batch, size=100),
    "bare_batch_5000": partial(bare_batch, size=5000),
}

if __name__ == "__main__":
    name, address, of_topic, number, pause = sys.argv[1:]
    LOOPS[name](address, of_topic, Handler(int(number), float(pause)))
