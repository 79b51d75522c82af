"""Proves the equation in messages: the real consumer, one process per replica, on a real Kafka broker on this machine."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from consumer.kafka.settings import read
from consumer.variables import Variables
from workbench.prove.proof import Growth, Proof, Rate, Sharing
from workbench.prove.replicas import ProveError, Replicas, wait_until
from workbench.prove.stack import PlannedTopic
from workbench.prove.tally import longest_pauses, tally
from workbench.prove.topic import Topic, Writer
from workbench.servers.kafka_broker import MISSED_SOON, KafkaCluster, kafka_version

NUMBERS = (1, 2, 3, 6, 12)
"""Of replicas, and of partitions, for which the rate is measured."""
MOST = max(NUMBERS)
"""As many replicas as this shows."""
HANDLING_SECONDS = 0.005
MEASURED_SECONDS = 5.0
BEFORE_GROWTH, AFTER_GROWTH = 3, 6
WRITTEN_PER_SECOND = 300
"""While the topic grows: half of what the replicas can handle before it."""
PROTOCOL = "consumer"
"""By which the replicas share the partitions: that of KIP-848, which the brokers decide."""
COPIES = frozenset({"min.insync.replicas"})
"""Settings of a topic that ask for more copies of a partition than one broker has."""


class Report(Protocol):
    """Is told how things stand."""

    def done(self, text: str) -> None:
        """Something is done."""
        ...

    def now(self, text: str) -> None:
        """What is being done; the next takes its place."""
        ...


def prove(planned: PlannedTopic, report: Report, environment: Mapping[str, str] = os.environ) -> Proof:
    """Run every part, and tell what came of it.

    Raises JarError, BrokerError or ProveError where there is no broker, or something does not come about at all.
    """
    told = {name: value for name, value in environment.items() if name.startswith("KAFKA_")}
    with ExitStack() as stack:
        if "KAFKA_BOOTSTRAP_SERVERS" in told:
            broker = f"the broker that KAFKA_BOOTSTRAP_SERVERS names, {told['KAFKA_BOOTSTRAP_SERVERS']}, with its own settings"
        else:
            report.now("starting a broker")
            cluster = stack.enter_context(KafkaCluster(report.done, settings=MISSED_SOON))
            told["KAFKA_BOOTSTRAP_SERVERS"] = cluster.bootstrap_servers
            broker = f"a broker of Apache Kafka {kafka_version()}"
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="data-pipes-prove-")))
        run = _Run(planned=planned, told=told, directory=directory, report=report)
        shown = min(planned.partitions, MOST)
        return Proof(
            stack=planned.stack,
            pipe=planned.pipe,
            config=run.config,
            sharings=run.sharings(shown),
            rates=tuple(run.rate(number) for number in sorted({*NUMBERS, shown})),
            growth=run.growth(),
            notes=tuple(_notes(planned, broker, shortened=broker.startswith("a "))),
        )


def _notes(planned: PlannedTopic, broker: str, *, shortened: bool) -> Iterator[str]:
    """What is real, and what is not."""
    yield f"Real: {broker}, the consumer as its image has it, a process for each replica, the group protocol of KIP-848."
    yield f"Not real: no cloud, no network but loopback; handling a message is a pause of {1000 * HANDLING_SECONDS:.0f} ms."
    if not planned.newer:
        yield "The stack's own consumers use the classic group protocol, since its brokers do not have the newer one."
    if shortened:
        settings = ", ".join(f"{name}={value}" for name, value in MISSED_SOON.items() if ".min." not in name)
        yield f"Shortened in the broker, so that nobody need wait: {settings}."
    if planned.partitions > MOST:
        yield f"The stack has {planned.partitions} partitions; {MOST} are shown, as many as this runs at once."
    if left_out := sorted(planned.config.keys() & COPIES):
        yield f"Left out of the topic's settings, since one broker has one copy: {', '.join(left_out)}."


@dataclass(frozen=True, kw_only=True)
class _Run:
    planned: PlannedTopic
    told: Mapping[str, str]
    """What consumers are told of the broker."""
    directory: Path
    report: Report

    @property
    def config(self) -> Mapping[str, str]:
        """The settings of the topics."""
        return {name: value for name, value in self.planned.config.items() if name not in COPIES}

    def sharings(self, partitions: int) -> tuple[Sharing, ...]:
        """Who reads what with a replica too few, with as many as partitions, and with one too many."""
        found: list[Sharing] = []
        with self._pipe(partitions) as (topic, replicas, _):
            for number in range(max(1, partitions - 1), partitions + 2):
                found.append(self._shared(topic, replicas, partitions, range(number)))
                self.report.done(str(found[-1]))
        return tuple(found)

    def rate(self, number: int) -> Rate:
        """How much as many replicas handle as the topic has partitions, while there is more to do in each."""
        with self._pipe(number) as (topic, replicas, writer):
            sharing = self._shared(topic, replicas, number, range(number))
            writer.fill(number, int(2 * MEASURED_SECONDS / HANDLING_SECONDS))
            wait_until(
                lambda: len({each.replica for each in replicas.handled()}) == number,
                f"all of {number} replicas are busy",
            )
            begin = time.monotonic()
            end = begin + MEASURED_SECONDS
            while (now := time.monotonic()) < end:
                done = sum(each.at >= begin for each in replicas.handled())
                self.report.now(f"{number} replicas handle {done / max(now - begin, 1):.0f} messages/s")
                time.sleep(0.25)
            handled = sum(begin <= each.at < end for each in replicas.handled())
        rate = Rate(sharing=sharing, handled=handled, seconds=MEASURED_SECONDS)
        self.report.done(str(rate))
        return rate

    def growth(self) -> Growth:
        """A topic and its replicas grow while it is written to; then one is killed, missed, and started again."""
        few, many = BEFORE_GROWTH, AFTER_GROWTH
        with self._pipe(few) as (topic, replicas, writer):
            before = self._shared(topic, replicas, few, range(few))
            with writer.writing(few, WRITTEN_PER_SECOND):
                wait_until(lambda: len(replicas.handled()) > WRITTEN_PER_SECOND, "what is written is handled")
                topic.grow(many)
                writer.grow(many)
                after = self._shared(topic, replicas, many, range(many))
                self.report.done(f"grown from {few} to {many} while written to: {after}")
                killed = max(replicas.running)
                name = replicas.running[killed].name
                replicas.kill(killed)
                without = self._shared(topic, replicas, many, range(killed))
                self.report.done(f"{name} killed: {without}")
                again = self._shared(topic, replicas, many, range(many))
                self.report.done(f"{name} started again: {again}")
            end = time.monotonic()
            self.report.now("handling the rest")
            with suppress(ProveError):
                wait_until(lambda: not tally(writer.written, replicas.handled()).lost, "everything is handled")
            handled = replicas.handled()
        return Growth(
            before=before,
            after=after,
            killed=name,
            without=without,
            again=again,
            pauses=longest_pauses(handled, end),
            tally=tally(writer.written, handled),
        )

    @contextmanager
    def _pipe(self, partitions: int) -> Generator[tuple[Topic, Replicas, Writer]]:
        """A topic, replicas that read it, of which none runs yet, and what writes to it."""
        name = f"{self.planned.pipe}.prove-{secrets.token_hex(4)}"
        environment = {
            **self.told,
            "KAFKA_GROUP_PROTOCOL": PROTOCOL,
            "STREAM_SERVICE": "kafka",
            "STREAM_TOPIC": name,
            "STREAM_GROUP": name,
        }
        connection = read(Variables(environment)).connection
        directory = self.directory / name
        directory.mkdir()
        topic = Topic(connection, name, partitions, self.config)
        with Replicas(self.planned.pipe, environment, directory, seconds=HANDLING_SECONDS) as replicas:
            yield topic, replicas, Writer(connection, name)
            replicas.stop(*replicas.running)
        topic.delete()

    def _shared(self, topic: Topic, replicas: Replicas, partitions: int, numbers: range) -> Sharing:
        """Who reads what once those replicas run, and the partitions are shared among them."""
        self.report.now(f"{len(numbers)} replicas for {partitions} partitions: waiting until they are shared")
        replicas.start(*(number for number in numbers if number not in replicas.running))
        each, more = divmod(partitions, len(numbers))
        owners = topic.wait_for_owners(*(each + (number < more) for number in range(len(numbers))))
        return Sharing(partitions=partitions, replicas=len(numbers), owners=owners)
