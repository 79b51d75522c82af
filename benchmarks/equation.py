"""N = partitions = replicas: records per second for N of 1 to 12, with 0, 1, 5 and 20 ms of handling.

`python -m benchmarks.equation [--rounds N]` starts its own broker and one process per replica, as `make prove` does.
"""

import os
import secrets
import signal
import statistics
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.measure import write
from benchmarks.plot import bars
from workbench.prove.prove import NUMBERS, PROTOCOL
from workbench.prove.replicas import Replicas, wait_until
from workbench.prove.topic import Topic, Writer
from workbench.servers.kafka_broker import KafkaCluster

HANDLING = (0, 1, 5, 20)
"""Milliseconds."""
SECONDS = 2.0
"""Seconds of work in each partition."""
MOST_RECORDS = 20_000
"""Largest number of records in a partition."""


def main(rounds: Annotated[int, typer.Option(help="Number of rounds.", min=1)] = 1) -> None:
    """Measure."""
    rates: dict[tuple[int, int], list[float]] = {}
    with KafkaCluster(print) as cluster:
        for _ in range(rounds):
            for number in NUMBERS:
                for milliseconds in HANDLING:
                    rate = _rate(cluster.bootstrap_servers, number, milliseconds / 1000)
                    rates.setdefault((milliseconds, number), []).append(rate)
    medians = {key: statistics.median(found) for key, found in rates.items()}
    times = {key: rate / medians[key[0], 1] for key, rate in medians.items()}
    results = {
        f"{milliseconds} ms": {
            f"N = {number}": {
                "records_per_second": round(medians[milliseconds, number], 1),
                "times_one_replica": round(times[milliseconds, number], 3),
            }
            for number in NUMBERS
        }
        for milliseconds in HANDLING
    }
    write("equation", {"processors": os.cpu_count(), **results})
    groups = {f"N = {n}": {f"{each} ms": times[each, n] for each in HANDLING} for n in NUMBERS}
    bars("equation", groups, label="records per second, times N = 1")


def _rate(servers: str, number: int, seconds: float) -> float:
    """Return the records per second of N replicas while all N partitions have unread records."""
    records = min(MOST_RECORDS, round(SECONDS / seconds) if seconds else MOST_RECORDS)
    name = f"orders-{secrets.token_hex(4)}"
    connection = {"bootstrap.servers": servers}
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": servers,
        "KAFKA_GROUP_PROTOCOL": PROTOCOL,
        "STREAM_SERVICE": "kafka",
        "STREAM_TOPIC": name,
        "STREAM_GROUP": name,
    }
    topic = Topic(connection, name, number, {})
    with (
        tempfile.TemporaryDirectory() as directory,
        Replicas("orders", environment, Path(directory), seconds=seconds) as replicas,
    ):
        replicas.start(*range(number))
        topic.wait_for_owners(*[1] * number)
        # Stopped, so that the replicas do not read while the topic is filled
        _signal(replicas, signal.SIGSTOP)
        Writer(connection, name).fill(number, records)
        _signal(replicas, signal.SIGCONT)
        wait_until(lambda: len(replicas.handled()) >= number * records, f"{number} replicas handle all records", 300)
        replicas.stop(*range(number))
        times = [[each.at for each in replicas.handled() if each.partition == n] for n in range(number)]
    topic.delete()
    begin, end = max(map(min, times)), min(map(max, times))
    return sum(begin < at <= end for each in times for at in each) / (end - begin)


def _signal(replicas: Replicas, number: signal.Signals) -> None:
    for replica in replicas.running.values():
        os.kill(replica.process.pid, number)


if __name__ == "__main__":
    typer.run(main)
