"""The consumer, with single records and batches, against plain confluent-kafka loops, Quix Streams, aiokafka and faust-streaming.

`python -m benchmarks.consumer_libraries [--rounds N]` starts its own broker. benchmarks/requirements.txt has the libraries. They are
installed into .bench/venv. Each loop reads the same topic with one partition from its start, in a separate process.
"""

import json
import statistics
import subprocess
import sys
import venv
from pathlib import Path
from typing import Annotated, Any

import typer
from confluent_kafka import Producer

from benchmarks.measure import ROOT, write
from benchmarks.plot import bars
from workbench.prove.topic import Topic
from workbench.servers.kafka_broker import KafkaCluster

TOPIC, VALUE = "orders", b"x" * 200
HANDLING = ((0, 90_000, 6), (1, 2_000, 1))
"""Milliseconds of handling, number of records, and runs of the short loops (OWN) per round."""
WRITTEN = 95_000
"""Records in the topic. More than 100,000 would not fit into librdkafka's queue at once. More than are handled, so that the last batch
is complete."""
OWN = ("product", "poll", "consume")
BARE_BATCHES = ("bare_batch", "bare_batch_100", "bare_batch_5000")
"""Loops that hand over batches of 500, 100 and 5,000 messages and do nothing else."""
BATCHES = ("product_batch", *BARE_BATCHES, "product_batch_reads", "bare_batch_reads")
"""Loops over batches. They and aiokafka_batch run without handling time only: a pause for each record is the same in a batch."""
LIBRARIES = {
    "quixstreams": "quixstreams",
    "aiokafka": "aiokafka",
    "aiokafka_batch": "aiokafka",
    "faust": "faust-streaming",
}
"""Loop -> package."""
LEAST, LEAST_BATCH = 0.9, 0.8
"""Smallest ratio of the consumer's rate to that of the loop with poll(), and of its batches to those of the best bare loop, without
handling time."""
PATIENCE = 180

Measured = dict[str, dict[str, list[float]]]
"""Loop -> figure -> value of each round."""


def main(rounds: Annotated[int, typer.Option(help="Number of rounds.", min=1)] = 2) -> None:
    """Measure, and exit with status 1 if the consumer is too slow."""
    pythons: dict[str, str | Path] = dict.fromkeys((*OWN, *BATCHES), sys.executable)
    absent = _install(ROOT / ".bench" / "venv")
    pythons |= {loop: ROOT / ".bench" / "venv" / "bin" / "python" for loop in LIBRARIES if loop not in absent}
    results: dict[str, Any] = {}
    with KafkaCluster(print) as cluster:
        _fill(cluster.bootstrap_servers)
        for milliseconds, records, repeats in HANDLING:
            loops = [loop for loop in pythons if not milliseconds or loop not in (*BATCHES, "aiokafka_batch")]
            measured: Measured = {loop: {"per_second": [], "cpu": []} for loop in loops}
            for number in range(rounds * repeats):
                for loop in loops:
                    if loop in LIBRARIES and number % repeats:
                        continue
                    figures = _run(pythons[loop], loop, cluster.bootstrap_servers, records, milliseconds)
                    for figure, value in figures.items():
                        measured[loop][figure].append(value)
            results[f"{milliseconds} ms"] = _figures(measured)
    write("consumer_libraries", {**results, "not_installed": absent})
    rates = {
        handling: {loop: each["rate_ratio"] for loop, each in loops.items()} for handling, loops in results.items()
    }
    bars("consumer_libraries", rates, label="records per second, relative to poll()")
    ratio = rates["0 ms"]["product"]
    if ratio < LEAST:
        sys.exit(f"the consumer's rate must be at least {LEAST} x that of poll(), got {ratio}")
    best = max(BARE_BATCHES, key=lambda loop: rates["0 ms"][loop])
    ratio = rates["0 ms"]["product_batch"] / rates["0 ms"][best]
    if ratio < LEAST_BATCH:
        sys.exit(f"the rate of the consumer's batches must be at least {LEAST_BATCH} x that of {best}, got {ratio:.2f}")


def _install(directory: Path) -> dict[str, str]:
    """Install the libraries into a virtual environment. Return those that cannot be installed, with pip's error."""
    if not directory.exists():
        venv.create(directory, with_pip=True)
    pip = (str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    pinned = (ROOT / "benchmarks" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    lines = [line.partition("#")[0].strip() for line in pinned]
    absent: dict[str, str] = {}
    for loop, package in LIBRARIES.items():
        wanted = [line for line in lines if line.startswith((f"{package}==", "confluent-kafka=="))]
        done = subprocess.run([*pip, *wanted], capture_output=True, text=True, check=False)  # noqa: S603  pinned packages
        if done.returncode != 0:
            absent[loop] = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
    return absent


def _run(python: str | Path, loop: str, servers: str, records: int, milliseconds: int) -> dict[str, float]:
    done = subprocess.run(  # noqa: S603  this repository's programs
        [str(python), "-m", "benchmarks.loops", loop, servers, TOPIC, str(records), str(milliseconds)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"{loop}: status {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def _figures(measured: Measured) -> dict[str, dict[str, float]]:
    def median(loop: str, figure: str) -> float:
        return statistics.median(measured[loop][figure])

    return {
        loop: {
            "records_per_second": round(median(loop, "per_second")),
            "rate_ratio": round(median(loop, "per_second") / median("poll", "per_second"), 3),
            "cpu_microseconds_per_record": round(median(loop, "cpu"), 2),
            "cpu_ratio": round(median(loop, "cpu") / median("poll", "cpu"), 2),
        }
        for loop in measured
    }


def _fill(servers: str) -> None:
    Topic({"bootstrap.servers": servers}, TOPIC, 1, {})
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 50, "queue.buffering.max.messages": WRITTEN})
    for number in range(WRITTEN):
        producer.produce(TOPIC, VALUE, str(number))
    producer.flush()


if __name__ == "__main__":
    typer.run(main)
