"""Rolling restart: seconds that partitions stand still while replicas are replaced one after another, against a plain eager loop.

`python -m benchmarks.rolling_restart [--rounds N]` starts its own broker, with Kafka's default timeouts. The platform's order: stop a replica
with SIGTERM, start the new one, wait until it is ready, and then until the next probe. All variants do this in the same way, with the same pauses.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from benchmarks.measure import write
from benchmarks.plot import bars
from workbench.prove.replicas import PROGRAM, Replicas, wait_until
from workbench.prove.tally import Handled, tally
from workbench.prove.topic import Topic, Writer
from workbench.servers.kafka_broker import KafkaCluster

NUMBER, PER_SECOND, HANDLING_SECONDS = 6, 600, 0.002
"""Partitions and replicas, messages per second, and seconds to handle one."""

GAP_SECONDS = 0.25
"""Shortest pause of a partition that counts. Without restarts, a message comes every 0.01 s. Other load on the machine
causes pauses too, mostly shorter ones."""

PROBE_SECONDS = 5.0
"""Longest time between a replica's readiness and the next restart: the period of the readiness probe."""

MOST_STALLED = 1.0
"""Largest ratio of the stalled seconds to the plain loop's. The goal is 0.7, but librdkafka joins a group at most once a
second in the classic protocol, and a partition that moves twice waits for two joins."""

PLAIN, PLAIN_500 = "plain loop, eager (range)", "plain loop, eager (range), heartbeat.interval.ms=500"
CLASSIC, NEWER = "the consumer, classic", "the consumer, KIP-848"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A program and its environment variables."""

    program: str = PROGRAM
    variables: Mapping[str, str]


VARIANTS: Mapping[str, Variant] = {
    PLAIN: Variant(program="benchmarks.plain_replica", variables={}),
    PLAIN_500: Variant(program="benchmarks.plain_replica", variables={"KAFKA_HEARTBEAT_INTERVAL_MS": "500"}),
    CLASSIC: Variant(variables={}),
    NEWER: Variant(variables={"KAFKA_GROUP_PROTOCOL": "consumer"}),
}


@dataclass(frozen=True, kw_only=True)
class Restart:
    """Result of one rolling restart."""

    stalled: float
    """Partition-seconds: the sum of all pauses of all partitions."""
    worst: float
    """Longest pause, in seconds."""
    took: float
    lost: int
    again: int
    out_of_order: int


def main(
    rounds: Annotated[int, typer.Option(help="Number of rounds.", min=1)] = 2,
    only: Annotated[
        list[str] | None, typer.Option(help="Variants in addition to the plain loop, by default all.")
    ] = None,
) -> None:
    """Measure, and exit with status 1 if the consumer's partitions stand still for too long."""
    if unknown := sorted(set(only or ()) - VARIANTS.keys()):
        raise typer.BadParameter(f"must be of {', '.join(VARIANTS)}, got {unknown[0]}.", param_hint="--only")
    found: dict[str, list[Restart]] = {name: [] for name in VARIANTS if name == PLAIN or name in (only or VARIANTS)}
    with KafkaCluster(_say) as cluster:
        for number in range(rounds):
            pauses = [random.Random(f"{number}-{n}").uniform(0, PROBE_SECONDS) for n in range(NUMBER)]  # noqa: S311
            for name, restarts in found.items():
                restarts.append(_restart(cluster.bootstrap_servers, VARIANTS[name], pauses))
                sys.stderr.write(f"{name}: {restarts[-1]}\n")
    medians = {name: statistics.median(each.stalled for each in restarts) for name, restarts in found.items()}
    write(
        "rolling_restart",
        {
            name: {
                "stalled_partition_seconds": [round(each.stalled, 1) for each in restarts],
                "stalled_ratio": round(medians[name] / medians[PLAIN], 2),
                "worst_pause_seconds": round(statistics.median(each.worst for each in restarts), 2),
                "took_seconds": round(statistics.median(each.took for each in restarts), 1),
                "lost": sum(each.lost for each in restarts),
                "again": sum(each.again for each in restarts),
                "out_of_order": sum(each.out_of_order for each in restarts),
            }
            for name, restarts in found.items()
        },
    )
    stalled = {name: {"stalled": median / medians[PLAIN]} for name, median in medians.items()}
    bars(
        "rolling_restart",
        stalled,
        label="partition-seconds without a reader, relative to the plain loop",
        target=MOST_STALLED,
    )
    for name, median in medians.items():
        if median > MOST_STALLED * medians[PLAIN]:
            sys.exit(
                f"{name}: partitions must stand still for at most {MOST_STALLED} times as long as with the plain loop"
            )


def _restart(servers: str, variant: Variant, pauses: Sequence[float]) -> Restart:
    """Replace all replicas of a new pipe."""
    name = f"orders-{uuid4()}"
    topic, writer = (
        Topic({"bootstrap.servers": servers}, name, NUMBER, {}),
        Writer({"bootstrap.servers": servers}, name),
    )
    environment = {
        "STREAM_SERVICE": "kafka",
        "STREAM_TOPIC": name,
        "STREAM_GROUP": name,
        "KAFKA_BOOTSTRAP_SERVERS": servers,
        **variant.variables,
    }

    with (
        tempfile.TemporaryDirectory() as directory,
        Replicas("orders", environment, Path(directory), seconds=HANDLING_SECONDS, program=variant.program) as replicas,
    ):
        for number in range(NUMBER):
            replicas.start(number)
        topic.wait_for_owners(*[1] * NUMBER)
        with writer.writing(NUMBER, PER_SECOND):
            wait_until(lambda: len(replicas.handled()) > 2 * PER_SECOND, "all replicas handle messages")
            begun = time.monotonic()
            for number, pause in enumerate(pauses):
                time.sleep(pause)
                if replicas.stop(number) != [0]:
                    raise SystemExit(f"{name}: replica {number} did not stop with status 0")
                replicas.start(number)
            restarted = time.monotonic()
            topic.wait_for_owners(*[1] * NUMBER)
            time.sleep(PROBE_SECONDS)
            end = time.monotonic()
        wait_until(lambda: not tally(writer.written, replicas.handled()).lost, "every message is handled")
        handled = replicas.handled()
    counted = tally(writer.written, handled)
    stalls = [each for each in _pauses(handled, begun, end) if each > GAP_SECONDS]
    return Restart(
        stalled=sum(stalls),
        worst=max(stalls, default=0.0),
        took=restarted - begun - sum(pauses),
        lost=len(counted.lost),
        again=counted.again,
        out_of_order=len(counted.out_of_order),
    )


def _pauses(handled: Iterable[Handled], begun: float, end: float) -> Iterable[float]:
    """Return the times between two messages of the same partition."""
    in_time = sorted((each for each in handled if begun < each.at < end), key=lambda each: (each.partition, each.at))
    for _, each_of in groupby(in_time, key=lambda each: each.partition):
        for before, after in pairwise([begun, *(each.at for each in each_of), end]):
            yield after - before


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    typer.run(main)
