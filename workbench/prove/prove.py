"""Proves partitions = replicas with messages: the real consumer, one process per replica, on a local Kafka broker."""

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
from workbench.prove.broker import Broker, broker
from workbench.prove.proof import Growth, Proof, Rate, Sharing
from workbench.prove.replicas import ProveError, Replicas, wait_until
from workbench.prove.stack import COPIES, MOST, PlannedTopic
from workbench.prove.tally import longest_pauses, tally
from workbench.prove.topic import Topic, Writer
from workbench.servers.kafka_broker import MISSED_SOON

NUMBERS = (1, 2, 3, 6, MOST)
"""Numbers of replicas and partitions for which the rate is measured."""
HANDLING_SECONDS = 0.005
MEASURED_SECONDS = 5.0
BEFORE_GROWTH, AFTER_GROWTH = 3, 6
WRITTEN_PER_SECOND = 300
"""Messages written per second while the topic grows: half of the replicas' capacity before the growth."""
PROTOCOL = "consumer"
"""Group protocol of the replicas: KIP-848, where the brokers assign the partitions."""


class Report(Protocol):
    """Receives progress messages."""

    def done(self, text: str) -> None:
        """Show a result. It stays visible."""
        ...

    def now(self, text: str) -> None:
        """Show the current activity. The next message replaces it."""
        ...


def prove(planned: PlannedTopic, report: Report, environment: Mapping[str, str] = os.environ) -> Proof:
    """Run all parts and return the results.

    Raises JarError or BrokerError if no broker can be started, and ProveError if a wait times out or a replica ends.
    """
    with ExitStack() as stack:
        report.now("starting a broker")
        used = stack.enter_context(broker(environment, report.done))
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="data-pipes-prove-")))
        run = _Run(planned=planned, kafka=used.variables, directory=directory, report=report)
        shown = min(planned.partitions, MOST)
        return Proof(
            stack=planned.stack,
            pipe=planned.pipe,
            config=planned.config_here,
            sharings=run.sharings(shown),
            rates=tuple(run.rate(number) for number in sorted({*NUMBERS, shown})),
            growth=run.growth(),
            notes=tuple(_notes(planned, used)),
        )


def _notes(planned: PlannedTopic, used: Broker) -> Iterator[str]:
    """Return notes on what is real and what is simulated."""
    yield f"Real: {used}, the consumer from the image, one process per replica, the group protocol of KIP-848."
    yield f"Simulated: no cloud, only the loopback network; handling a message is a pause of {1000 * HANDLING_SECONDS:.0f} ms."
    if not planned.newer:
        yield "The stack's consumers use the classic group protocol, because its brokers do not support KIP-848."
    if used.here:
        settings = ", ".join(f"{name}={value}" for name, value in MISSED_SOON.items() if ".min." not in name)
        yield f"Shorter broker timeouts, to save time: {settings}."
    if planned.partitions > MOST:
        yield f"The stack has {planned.partitions} partitions; {MOST} are used here, the maximum of this command."
    if left_out := sorted(planned.config.keys() & COPIES):
        yield f"Topic settings that are left out, because they need several brokers: {', '.join(left_out)}."


@dataclass(frozen=True, kw_only=True)
class _Run:
    planned: PlannedTopic
    kafka: Mapping[str, str]
    """KAFKA_ environment variables of the consumers."""
    directory: Path
    report: Report

    def sharings(self, partitions: int) -> tuple[Sharing, ...]:
        """Return the assignments with one replica too few, with as many replicas as partitions, and with one too many."""
        found: list[Sharing] = []
        with self._pipe(partitions) as (topic, replicas, _):
            for number in range(max(1, partitions - 1), partitions + 2):
                found.append(self._shared(topic, replicas, partitions, range(number)))
                self.report.done(str(found[-1]))
        return tuple(found)

    def rate(self, number: int) -> Rate:
        """Measure the throughput of N replicas on N partitions, with more messages waiting in each partition."""
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
        """Grow a topic and its replicas during writes. Then kill one replica, wait until it is replaced, and start it again."""
        few, many = BEFORE_GROWTH, AFTER_GROWTH
        with self._pipe(few) as (topic, replicas, writer):
            before = self._shared(topic, replicas, few, range(few))
            with writer.writing(few, WRITTEN_PER_SECOND):
                wait_until(lambda: len(replicas.handled()) > WRITTEN_PER_SECOND, "the written messages are handled")
                topic.grow(many)
                writer.grow(many)
                after = self._shared(topic, replicas, many, range(many))
                self.report.done(f"grown from {few} to {many} during writes: {after}")
                killed = max(replicas.running)
                name = replicas.running[killed].name
                replicas.kill(killed)
                without = self._shared(topic, replicas, many, range(killed))
                self.report.done(f"{name} killed: {without}")
                again = self._shared(topic, replicas, many, range(many))
                self.report.done(f"{name} started again: {again}")
            end = time.monotonic()
            self.report.now("handling the remaining messages")
            with suppress(ProveError):
                wait_until(lambda: not tally(writer.written, replicas.handled()).lost, "all messages are handled")
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
        """Create a topic, its replicas (none runs yet) and a writer."""
        name = f"{self.planned.pipe}.prove-{secrets.token_hex(4)}"
        environment = {
            **self.kafka,
            "KAFKA_GROUP_PROTOCOL": PROTOCOL,
            "STREAM_SERVICE": "kafka",
            "STREAM_TOPIC": name,
            "STREAM_GROUP": name,
        }
        connection = read(Variables(environment)).connection
        directory = self.directory / name
        directory.mkdir()
        topic = Topic(connection, name, partitions, self.planned.config_here)
        with Replicas(self.planned.pipe, environment, directory, seconds=HANDLING_SECONDS) as replicas:
            yield topic, replicas, Writer(connection, name)
            replicas.stop(*replicas.running)
        topic.delete()

    def _shared(self, topic: Topic, replicas: Replicas, partitions: int, numbers: range) -> Sharing:
        """Start the replicas and return their partitions when the assignment is complete."""
        self.report.now(f"{len(numbers)} replicas for {partitions} partitions: waiting for the assignment")
        replicas.start(*(number for number in numbers if number not in replicas.running))
        each, more = divmod(partitions, len(numbers))
        owners = topic.wait_for_owners(*(each + (number < more) for number in range(len(numbers))))
        return Sharing(partitions=partitions, replicas=len(numbers), owners=owners)
