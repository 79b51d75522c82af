"""Large records: rate and peak memory of the consumer with 900 kB records and 1 ms of handling, against a plain poll() loop.

`python -m benchmarks.large_records [--records N] [--rounds N]` starts its own broker. Each reader has its own process. The readers alternate,
so that other load on the machine affects all of them.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event
from typing import Annotated
from uuid import uuid4

import typer
from confluent_kafka import Consumer, Producer

from benchmarks.measure import ROOT, write
from benchmarks.plot import bars
from consumer.delivery import Delivery
from consumer.kafka.source import source
from consumer.record import Record
from consumer.status import Status
from consumer.variables import Variables
from workbench.prove.topic import Topic
from workbench.servers.kafka_broker import KafkaCluster

TOPIC, VALUE_BYTES, HANDLING_SECONDS = "images", 900_000, 0.001
MOST_MEMORY, LEAST_RATE = 1.3, 1.0
"""Limits of the consumer's ratios to the plain loop."""

BACKOFF = "fetch.queue.backoff.ms"
PLAIN, CONSUMER = "plain poll()", "the consumer"
VARIANTS: Mapping[str, tuple[str, int | None]] = {
    PLAIN: ("plain", None),
    f"{PLAIN}, {BACKOFF}=10": ("plain", 10),
    f"{CONSUMER}, {BACKOFF}=1000": ("product", 1000),
    CONSUMER: ("product", None),
}
"""Reader and value of fetch.queue.backoff.ms. None is the default: 1000 of librdkafka, and the consumer's own."""

Figures = list[float]
"""Records per second, peak memory in MiB, and milliseconds of CPU time per record."""


class Handler:
    """Takes a fixed time for each record. Sets `done` after the last one."""

    def __init__(self, records: int, done: Callable[[], None]) -> None:
        self.left, self.done, self.begun, self.seconds = records, done, 0.0, 0.0

    def handle(self, _record: object) -> None:
        """Handle one record."""
        self.begun = self.begun or time.perf_counter()
        time.sleep(HANDLING_SECONDS)
        self.left -= 1
        if self.left == 0:
            self.seconds = time.perf_counter() - self.begun
            self.done()


def plain(servers: str, records: int, backoff: int | None) -> float:
    """Loop of confluent-kafka's documentation: one record per poll."""
    properties: dict[str, str | int] = {
        "bootstrap.servers": servers,
        "group.id": str(uuid4()),
        "auto.offset.reset": "earliest",
    }
    consumer = Consumer(properties | ({BACKOFF: backoff} if backoff else {}))
    consumer.subscribe([TOPIC])
    stopping = Event()
    handler = Handler(records, stopping.set)
    while not stopping.is_set():
        message = consumer.poll(1.0)
        if message is None:
            continue
        if error := message.error():
            raise SystemExit(error.str())
        handler.handle(message)
    consumer.close()
    return handler.seconds


def product(servers: str, records: int, backoff: int | None) -> float:
    """The consumer."""
    variables = {"STREAM_TOPIC": TOPIC, "STREAM_GROUP": str(uuid4()), "KAFKA_BOOTSTRAP_SERVERS": servers}
    variables |= {"KAFKA_" + BACKOFF.upper().replace(".", "_"): str(backoff)} if backoff else {}
    stopping = Event()
    handler = Handler(records, stopping.set)

    def handle(record: Record) -> None:
        handler.handle(record)

    source(Variables(variables)).run(
        Delivery(handle=handle, tries=1, dead_letters=None, status=Status(), stopping=stopping)
    )
    return handler.seconds


def reader(name: str, servers: str, records: int, backoff: int | None) -> None:
    """Read in this process, and print the result as JSON."""
    seconds = {"plain": plain, "product": product}[name](servers, records, backoff)
    (peak,) = (
        line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")
    )
    sys.stdout.write(json.dumps([records / seconds, int(peak) / 1024, 1000 * sum(os.times()[:2]) / records]))


def main(
    records: Annotated[int, typer.Option(help="Number of records in the topic.", min=100)] = 600,
    rounds: Annotated[int, typer.Option(help="Number of rounds.", min=1)] = 3,
) -> None:
    """Measure, and exit with status 1 if the consumer is slower or needs more memory than it may."""
    found: dict[str, list[Figures]] = {name: [] for name in VARIANTS}
    with KafkaCluster(_say) as cluster:
        _fill(cluster.bootstrap_servers, records)
        for _ in range(rounds):
            for variant, (name, backoff) in VARIANTS.items():
                found[variant].append(_read(name, cluster.bootstrap_servers, records, backoff))
    medians = {
        variant: [statistics.median(values) for values in zip(*each, strict=True)] for variant, each in found.items()
    }
    results = {
        variant: {
            "records_per_second": round(rate),
            "rate_ratio": round(rate / medians[PLAIN][0], 2),
            "memory_mib": round(memory),
            "memory_ratio": round(memory / medians[PLAIN][1], 2),
            "cpu_ms_per_record": round(cpu, 2),
        }
        for variant, (rate, memory, cpu) in medians.items()
    }
    write("large_records", results)
    ratios = {
        figure: {variant: each[f"{figure}_ratio"] for variant, each in results.items()} for figure in ("rate", "memory")
    }
    bars("large_records", ratios, label="relative to the plain loop")
    if results[CONSUMER]["rate_ratio"] < LEAST_RATE or results[CONSUMER]["memory_ratio"] > MOST_MEMORY:
        sys.exit(
            f"the consumer must have at least {LEAST_RATE} times the rate of the plain loop and at most {MOST_MEMORY} times its memory"
        )


def _read(name: str, servers: str, records: int, backoff: int | None) -> Figures:
    arguments = f"{name!r}, {servers!r}, {records}, {backoff}"
    command = [sys.executable, "-c", f"from benchmarks.large_records import reader; reader({arguments})"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)  # noqa: S603  this program


def _fill(servers: str, records: int) -> None:
    Topic({"bootstrap.servers": servers}, TOPIC, 1, {})
    producer = Producer({"bootstrap.servers": servers})
    value = os.urandom(VALUE_BYTES)
    for _ in range(records):
        producer.produce(TOPIC, value, partition=0)
        while len(producer) > 20:
            producer.poll(0.1)
    producer.flush()


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    typer.run(main)
