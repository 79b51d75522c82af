"""Soak: real consumers on three real brokers for minutes, under random faults. Counts lost, repeated and reordered records."""

from __future__ import annotations

import random
import secrets
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from workbench.prove.prove import Report
from workbench.prove.replica import POISON
from workbench.prove.replicas import PATIENCE, ProveError, Replicas, wait_until
from workbench.prove.soak_faults import FOLLOWED, Faults
from workbench.prove.soak_result import Memory, Soak
from workbench.prove.stack import PlannedTopic
from workbench.prove.tally import tally
from workbench.prove.topic import Topic, Writer
from workbench.servers.kafka_broker import MISSED_SOON, KafkaCluster

BROKERS = 3
PARTITIONS = 3
"""Number of partitions and consumers at the start."""
WRITTEN_PER_SECOND = 200
HANDLING_SECONDS = 0.002
ATTEMPTS = 2
"""Attempts at a record before its dead letter. The default of 5 takes longer."""
WARM = 0.2
"""Part of the time after which memory is measured first: one minute of five."""
MEASURED_SECONDS = 5.0
"""Seconds whose largest memory counts, at both times."""
SETTINGS = {**MISSED_SOON, "broker.heartbeat.interval.ms": "500", "broker.session.timeout.ms": "3000"}
"""Shorter timeouts of the brokers, so that more faults fit in a minute."""
PROTOCOLS: Mapping[bool, Mapping[str, str]] = {
    True: {"KAFKA_GROUP_PROTOCOL": "consumer"},
    False: {
        "KAFKA_SESSION_TIMEOUT_MS": "6000",
        "KAFKA_HEARTBEAT_INTERVAL_MS": "500",
        "KAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS": "1000",  # interval of detecting new partitions
    },
}
"""Variables of the consumers with and without the newer group protocol, with timeouts as short as those of the brokers."""


def soak(planned: PlannedTopic, report: Report, *, seconds: float, seed: int | None = None) -> Soak:
    """Start brokers, run the soak on them and return the result.

    `seed` sets the order of the faults, their victims and pauses; None chooses one. Raises JarError or BrokerError if a broker
    does not start, and ProveError if a wait times out or a consumer ends without a fault.
    """
    report.now("starting three brokers")
    with KafkaCluster(report.done, brokers=BROKERS, settings=SETTINGS) as cluster:
        return soak_on(cluster, planned, report, seconds=seconds, seed=seed)


def soak_on(
    cluster: KafkaCluster, planned: PlannedTopic, report: Report, *, seconds: float, seed: int | None = None
) -> Soak:
    """Run the soak on running brokers and return the result. Every broker runs again afterwards. Raises as `soak`."""
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    report.done(f"seed {seed}")
    name = f"{planned.pipe}.soak-{secrets.token_hex(4)}"
    servers = {"bootstrap.servers": cluster.bootstrap_servers}
    letters = f"{name}.dead-letters"
    Topic(servers, letters, 1, {})
    topic = Topic(servers, name, PARTITIONS, planned.config)
    environment = {
        **PROTOCOLS[planned.newer],
        "KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrap_servers,
        "STREAM_SERVICE": "kafka",
        "STREAM_TOPIC": name,
        "STREAM_GROUP": name,
        "STREAM_DEAD_LETTERS": letters,
        "STREAM_MAX_DELIVERY_ATTEMPTS": str(ATTEMPTS),
    }
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="data-pipes-soak-")))
        replicas = stack.enter_context(Replicas(planned.pipe, environment, directory, seconds=HANDLING_SECONDS))
        writer = Writer(servers, name)
        faults = Faults(
            cluster=cluster,
            topic=topic,
            replicas=replicas,
            writer=writer,
            random=random.Random(seed),  # noqa: S311 - faults, not secrets
            report=report.done,
        )
        stack.callback(faults.thaw)
        replicas.start(*range(PARTITIONS))
        topic.wait_for_owners(*([1] * PARTITIONS))
        watch = _MemoryWatch(replicas.running[FOLLOWED].process.pid, time.monotonic())
        with writer.writing(PARTITIONS, WRITTEN_PER_SECOND):
            end = time.monotonic() + seconds
            while (now := time.monotonic()) < end:
                watch.sample(now)
                faults.step(now)
                report.now(f"{end - now:.0f} s left, {len(writer.written)} records written")
                time.sleep(0.1)
            faults.repair_all()
        report.now("handling the remaining records")
        with suppress(ProveError):  # the result has the records that are missing
            wait_until(lambda: len(_unhandled(writer, replicas)) <= writer.poison, "every good record is handled")
            wait_until(lambda: len(_dead_letters(cluster, letters)) >= writer.poison, "the others are dead letters")
        owners = topic.wait_for_owners(*([1] * writer.partitions))
        watch.sample(time.monotonic(), last=True)
        statuses = replicas.stop(*replicas.running)
        dead = _dead_letters(cluster, letters)
        return Soak(
            seed=seed,
            seconds=seconds,
            newer=planned.newer,
            partitions=(PARTITIONS, writer.partitions),
            owners=owners,
            faults=dict(faults.done),
            dead_letters=len(dead),
            wrongly_dead=tuple(
                f"{partition}@{offset}" for (partition, offset), value in dead.items() if value != POISON
            ),
            tally=tally(set(writer.written) - dead.keys(), replicas.handled()),
            memory=watch.memory(seconds),
            statuses=(*faults.statuses, *statuses),
        )


def _unhandled(writer: Writer, replicas: Replicas) -> set[tuple[int, int]]:
    return set(writer.written) - {(each.partition, each.offset) for each in replicas.handled()}


def _dead_letters(cluster: KafkaCluster, topic: str) -> dict[tuple[int, int], bytes | None]:
    """Return partition, offset and value of each record in the dead letters."""
    reading = Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": topic, "log_level": 0})
    found: dict[tuple[int, int], bytes | None] = {}
    try:
        place = TopicPartition(topic, 0, 0)
        _, end = reading.get_watermark_offsets(place, timeout=PATIENCE)
        reading.assign([place])
        while reading.position([place])[0].offset < end:
            for message in reading.consume(100, 1.0):
                if message.error() is None:
                    headers = {
                        key: value.decode() for key, value in message.headers() or () if isinstance(value, bytes)
                    }
                    place_of = int(headers["dead-letter-partition"]), int(headers["dead-letter-position"])
                    found[place_of] = message.value()
    finally:
        reading.close()
    return found


@dataclass
class _MemoryWatch:
    """Resident memory of one process over time."""

    pid: int
    begun: float

    def __post_init__(self) -> None:
        self._samples: list[tuple[float, int]] = []

    def sample(self, now: float, *, last: bool = False) -> None:
        """Measure, at most once a second."""
        if last or not self._samples or now - self.begun - self._samples[-1][0] >= 1:
            self._samples.append((now - self.begun, resident(self.pid)))

    def memory(self, seconds: float) -> Memory:
        """Return the largest memory in the seconds after the warm-up, and at the end."""
        warm, end = WARM * seconds, self._samples[-1][0]
        after = [size for at, size in self._samples if at >= warm]
        early = [size for at, size in self._samples if warm <= at <= warm + MEASURED_SECONDS] or after[:1]
        late = [size for at, size in self._samples if at >= end - MEASURED_SECONDS]
        return Memory(early_at=warm, early=max(early), late=max(late), largest=max(size for _, size in self._samples))


def resident(pid: int) -> int:
    """Return the resident memory of a process in bytes."""
    done = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)  # noqa: S603, S607 - fixed arguments; ps is where the system has it
    return 1024 * int(done.stdout)
