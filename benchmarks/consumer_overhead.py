"""Overhead of the consumer: records per second with an empty handler, compared with plain confluent-kafka in the same run.

`python -m benchmarks.consumer_overhead [--json FILE]` starts its own broker. The loops alternate, so that other load on
the machine affects all of them. Each reads the same topic from its start.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from itertools import repeat
from pathlib import Path
from threading import Event
from typing import Annotated
from uuid import uuid4

import typer
from confluent_kafka import Consumer, Producer

from consumer.delivery import Delivery
from consumer.kafka.source import source
from consumer.record import Record
from consumer.status import Status
from consumer.variables import Variables
from workbench.prove.topic import Topic
from workbench.servers.kafka_broker import KafkaCluster

TOPIC, PARTITIONS, VALUE = "orders", 6, b"x" * 200
BATCH = 500
WITHIN = 0.9
"""Minimum ratio of the consumer's rate to the plain loop's rate."""

Loop = Callable[[str, int], float]
"""Reads that many records from the brokers at an address. Returns the seconds from the first to the last."""


def poll_loop(servers: str, records: int) -> float:
    """Loop of confluent-kafka's documentation: one record per poll, offsets stored by the client."""
    consumer = _bare(servers)
    read, begun = 0, 0.0
    while read < records:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if error := message.error():
            raise SystemExit(error.str())
        begun = begun or time.perf_counter()
        read += 1
    seconds = time.perf_counter() - begun
    consumer.close()
    return seconds


def batch_loop(servers: str, records: int) -> float:
    """Fastest possible loop: as many records as possible per call, without looking at them."""
    consumer = _bare(servers)
    read, begun = 0, 0.0
    while read < records:
        for message in consumer.consume(BATCH, 1.0):
            if error := message.error():
                raise SystemExit(error.str())
            begun = begun or time.perf_counter()
            read += 1
    seconds = time.perf_counter() - begun
    consumer.close()
    return seconds


def consumer_loop(servers: str, records: int) -> float:
    """The consumer: retries, status, offsets stored after handling, metrics, and a stop at any record."""
    variables = Variables({"STREAM_TOPIC": TOPIC, "STREAM_GROUP": str(uuid4()), "KAFKA_BOOTSTRAP_SERVERS": servers})
    stopping, times = Event(), list[float]()
    between = repeat(None, records - 2)

    def handle(_record: Record) -> None:
        """Record the times of the first and the last record."""
        if times and next(between, stopping) is None:
            return
        times.append(time.perf_counter())
        if len(times) == 2:
            stopping.set()

    source(variables).run(Delivery(handle=handle, tries=1, dead_letters=None, status=Status(), stopping=stopping))
    return times[1] - times[0]


LOOPS: Mapping[str, Loop] = {
    "plain poll()": poll_loop,
    f"plain consume({BATCH})": batch_loop,
    "the consumer": consumer_loop,
}


def main(
    records: Annotated[int, typer.Option(help="Number of records in the topic.", min=1000)] = 300_000,
    rounds: Annotated[int, typer.Option(help="Number of rounds per loop.", min=1)] = 7,
    json_file: Annotated[Path | None, typer.Option("--json", help="File for the results.")] = None,
) -> None:
    """Measure, and exit with status 1 if the overhead is too high."""
    seconds: dict[str, list[float]] = {name: [] for name in LOOPS}
    with KafkaCluster(_say) as cluster:
        _fill(cluster.bootstrap_servers, records)
        for number in range(rounds):
            for name, loop in LOOPS.items():
                seconds[name].append(loop(cluster.bootstrap_servers, records))
            _say(f"round {number + 1} of {rounds} finished")
    rates = {name: [records / each for each in measured] for name, measured in seconds.items()}
    medians = {name: statistics.median(measured) for name, measured in rates.items()}
    ratios = {name: medians["the consumer"] / medians[name] for name in LOOPS}
    sys.stdout.write(f"{records} records of {len(VALUE)} bytes in {PARTITIONS} partitions, median of {rounds} rounds\n")
    sys.stdout.write(f"{'':<20} {'records/s':>12} {'lowest':>12} {'highest':>12} {'consumer ratio':>14}\n")
    for name, measured in rates.items():
        figures = f"{medians[name]:>12,.0f} {min(measured):>12,.0f} {max(measured):>12,.0f}"
        sys.stdout.write(f"{name:<20} {figures} {ratios[name]:>14.2f}\n")
    if json_file:
        results = {"records": records, "rounds": rounds, "records_per_second": rates, "ratios": ratios}
        json_file.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    if ratios["plain poll()"] < WITHIN:
        raise SystemExit(f"the consumer's rate must be at least {WITHIN} of the plain loop's rate")


def _bare(servers: str) -> Consumer:
    """Return a consumer like in confluent-kafka's documentation, with the consumer's assignor."""
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": str(uuid4()),
            "auto.offset.reset": "earliest",
            "partition.assignment.strategy": "cooperative-sticky",
        }
    )
    consumer.subscribe([TOPIC])
    return consumer


def _fill(servers: str, records: int) -> None:
    Topic({"bootstrap.servers": servers}, TOPIC, PARTITIONS, {})
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 50, "queue.buffering.max.messages": records})
    for number in range(records):
        producer.produce(TOPIC, VALUE, str(number), number % PARTITIONS)
    producer.flush()


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    typer.run(main)
