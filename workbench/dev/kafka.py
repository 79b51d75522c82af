"""Kafka for `dev`: a broker on this machine, or the one in KAFKA_BOOTSTRAP_SERVERS."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from components.dead_letters import SUFFIX, DeadLetterSettings
from consumer.errors import WrongEnvironmentError
from consumer.kafka.settings import read
from consumer.variables import Variables
from workbench.dev.lines import Line
from workbench.dev.service import DeadLetter, ServerError, consumer_variables, partitions_of
from workbench.output import FlagError
from workbench.plan import Plan
from workbench.prove import topic as prove
from workbench.prove.broker import SERVERS, Broker, broker
from workbench.prove.stack import PlannedTopic, planned_topic
from workbench.stack_file import read_settings

ANSWER_SECONDS = 10
"""Maximum seconds until the brokers answer."""
FLUSH_SECONDS = 30


def dev_pipe(plan: Plan) -> KafkaPipe:
    """Return the first pipe of a stack. Raises StackFileError if its topic is not a Kafka topic."""
    topic = planned_topic(plan, runs="dev runs Kafka, Kinesis Data Streams and Pub/Sub")
    settings = read_settings(plan.stack_file).pipes[topic.pipe]
    of_topic: Any = getattr(settings, "topic")  # noqa: B009 - each Kafka service has its own class
    return KafkaPipe(
        topic=topic, consumer=consumer_variables(settings.consumer.variables), dead_letter=of_topic.dead_letter
    )


@dataclass(frozen=True, kw_only=True)
class KafkaPipe:
    """A pipe on Kafka."""

    topic: PlannedTopic
    consumer: Mapping[str, str]
    """Variables of the stack file that configure the consumer."""
    dead_letter: DeadLetterSettings

    @property
    def stack(self) -> str:
        """Name of the stack."""
        return self.topic.stack

    @property
    def pipe(self) -> str:
        """Name of the pipe."""
        return self.topic.pipe

    @property
    def planned(self) -> int:
        """Number of partitions in the stack."""
        return self.topic.partitions

    @property
    def config(self) -> Mapping[str, str]:
        """Settings of the topic on one broker."""
        return self.topic.config_here

    def check(self, lines: Sequence[Line]) -> None:
        """Accept all records: a Kafka record has all parts of a line."""

    def dead_letters(self, topic: str) -> str | None:
        """Return the name of the topic of the dead letters. None if they are disabled."""
        return f"{topic}{SUFFIX}" if self.dead_letter.enabled else None

    def variables(self, topic: str) -> dict[str, str]:
        """Return the variables of the consumers of a topic, except those of its broker."""
        return {
            **self.consumer,
            "KAFKA_GROUP_PROTOCOL": "consumer",
            "STREAM_SERVICE": "kafka",
            "STREAM_TOPIC": topic,
            "STREAM_GROUP": topic,
            **{name: str(value) for name, value in self.dead_letter.variables(f"{topic}{SUFFIX}").items()},
        }

    @contextmanager
    def server(self, environment: Mapping[str, str], report: Callable[[str], None]) -> Generator[KafkaServer]:
        """Start a broker while the block runs, or use the one in the environment. Raises JarError or BrokerError."""
        with broker(environment, report) as used:
            yield KafkaServer(self, used)


class KafkaServer:
    """A broker for one pipe."""

    def __init__(self, pipe: KafkaPipe, used: Broker) -> None:
        self._pipe = pipe
        self._here = used.here
        self._name = pipe.pipe if used.here else f"{pipe.pipe}.dev-{secrets.token_hex(4)}"
        self.variables = {**used.variables, **pipe.variables(self._name)}
        servers, partitions = used.variables[SERVERS], partitions_of(pipe)
        self.introduction = [f"topic {self._name} with {partitions} partitions on {servers} ({used})"]

    def variables_of(self, number: int) -> Mapping[str, str]:
        """Return no variables: the brokers assign the partitions."""
        _ = number
        return {}

    @contextmanager
    def topic(self) -> Generator[KafkaTopic]:
        """Create the topics. They are deleted if other topics can be on the broker."""
        pipe = self._pipe
        topic = KafkaTopic(
            self._connection, self._name, partitions_of(pipe), pipe.config, pipe.dead_letters(self._name)
        )
        try:
            yield topic
        finally:
            topic.close(delete=not self._here)

    @cached_property
    def _connection(self) -> Mapping[str, object]:
        checked = Variables(self.variables)
        connection = read(checked).connection
        try:
            checked.check()
        except WrongEnvironmentError as error:
            raise FlagError(str(error)) from None
        return connection


class KafkaTopic:
    """A topic, its group of the same name, and its dead letters."""

    def __init__(
        self, connection: Mapping[str, Any], name: str, partitions: int, config: Mapping[str, str], dead: str | None
    ) -> None:
        """Create the topics. Raises ServerError if the brokers do not answer or refuse it."""
        self.name = name
        self._dead = dead
        self._connection = {**connection, "log_level": 0}
        self._admin: Any = AdminClient(self._connection)
        self._all = [TopicPartition(name, number) for number in range(partitions)]
        self.owners: Mapping[str, tuple[int, ...]] = {}
        self.lag: Mapping[int, int] = {}
        try:
            self._admin.list_topics(timeout=ANSWER_SECONDS)
            self._topic = prove.Topic(connection, name, partitions, config)
            if dead:
                prove.Topic(connection, dead, 1, {})
        except KafkaException as error:
            servers = connection["bootstrap.servers"]
            raise ServerError(
                f"{SERVERS}: must be brokers on which you may create the topic {name}, got {servers} ({error.args[0].str()}). "
                "Start them, or unset the variable to use a broker on this machine."
            ) from None
        self._group = Consumer({**self._connection, "group.id": name, "enable.auto.commit": False})
        self._letters = Consumer({**self._connection, "group.id": f"{name}.dev", "enable.auto.commit": False})
        if dead:
            self._letters.assign([TopicPartition(dead, 0, OFFSET_BEGINNING)])

    def refresh(self) -> None:
        """Read the assignment of the partitions and their unread records. Keep the last values while the brokers cannot answer."""
        self.owners = self._topic.owners() or self.owners
        with suppress(KafkaException):
            committed = self._group.committed(self._all, ANSWER_SECONDS)
            self.lag = {place.partition: self._behind(place) for place in committed}

    def is_shared_by(self, names: Sequence[str]) -> bool:
        """Return whether each of these consumers has partitions."""
        return all(self.owners.get(name) for name in names)

    def dead_letters(self, *, to_the_end: bool = False) -> Iterator[DeadLetter]:
        """Yield the dead letters that have arrived since the last call, or all of them that are written."""
        if self._dead is None:
            return
        end = -1
        if to_the_end:
            _, end = self._letters.get_watermark_offsets(TopicPartition(self._dead, 0), ANSWER_SECONDS)
        until = time.monotonic() + ANSWER_SECONDS
        while True:
            for message in self._letters.consume(500, 0.1 if to_the_end else 0.0):
                if message.error() is None:
                    yield _dead_letter(message)
            (at,) = self._letters.position([TopicPartition(self._dead, 0)])
            if max(at.offset, 0) >= end or time.monotonic() > until:
                return

    def writer(self) -> KafkaWriter:
        """Return a writer. Keys decide the partitions, as for any producer."""
        return KafkaWriter(self._connection, self.name)

    def close(self, *, delete: bool) -> None:
        """End the clients, and delete the topics and the group if that is wanted."""
        self._group.close()
        self._letters.close()
        if delete:
            topics = self._admin.delete_topics([name for name in (self.name, self._dead) if name])
            groups = self._admin.delete_consumer_groups([self.name])
            for future in (*topics.values(), *groups.values()):
                with suppress(KafkaException):  # the group does not exist before its first member has joined
                    future.result(ANSWER_SECONDS)

    def _behind(self, place: TopicPartition) -> int:
        low, high = self._group.get_watermark_offsets(place, ANSWER_SECONDS)
        return high - max(low, place.offset)


class KafkaWriter:
    """Writes to a topic."""

    def __init__(self, connection: Mapping[str, Any], topic: str) -> None:
        self._producer = Producer({**connection, "log_level": 0, "enable.idempotence": True, "linger.ms": 5})
        self._topic = topic
        self.written = 0
        self.failed: list[str] = []

    def write(self, lines: Sequence[Line]) -> int:
        """Write as many records as fit in the client's queue, and return their number."""
        taken = 0
        for line in lines:
            try:
                self._producer.produce(
                    self._topic, line.value, line.key, headers=list(line.headers.items()), on_delivery=self._delivered
                )
            except BufferError:  # the brokers are behind
                break
            except KafkaException as error:  # too large for the client
                self.failed.append(error.args[0].str())
            taken += 1
        self._producer.poll(0)
        return taken

    def close(self) -> None:
        """Wait until the brokers have acknowledged the written records."""
        self._producer.flush(FLUSH_SECONDS)

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            self.written += 1
        else:
            self.failed.append(error.str())


def _dead_letter(message: Message) -> DeadLetter:
    headers = dict(cast("list[tuple[str, bytes]]", message.headers()))
    key = message.key()
    return DeadLetter(
        partition=int(headers["dead-letter-partition"]),
        offset=int(headers["dead-letter-position"]),
        key=None if key is None else key.decode(errors="replace"),
        reason=headers["dead-letter-reason"].decode(errors="replace"),
        attempts=int(headers["dead-letter-tries"]),
    )
