"""A topic on a broker for `prove` and for tests: made, grown, written to, and asked who reads it."""

import threading
import time
from collections.abc import Generator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, cast

from confluent_kafka import ConsumerGroupState, KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import (
    AdminClient,
    NewPartitions,  # pyright: ignore[reportPrivateImportUsage]
    NewTopic,  # pyright: ignore[reportPrivateImportUsage]
)

from workbench.prove.replicas import PATIENCE, ProveError, wait_until

KEYS = 10
"""How many keys the messages of a partition have."""


class Topic:
    """A topic and its consumer group, which has its name."""

    def __init__(self, connection: Mapping[str, Any], name: str, partitions: int, config: Mapping[str, str]) -> None:
        """Make the topic."""
        self.name = name
        self._connection = {**connection, "log_level": 0}
        self._admin = self._connect()
        replicas = min(3, len(self._admin.list_topics(timeout=PATIENCE).brokers))
        _answer(self._admin.create_topics([NewTopic(name, partitions, replicas, config=dict(config))])[name])
        self._wait_for_leaders(partitions)

    def grow(self, partitions: int) -> None:
        """Add partitions, up to a number."""
        _answer(self._admin.create_partitions([NewPartitions(self.name, partitions)])[self.name])
        self._wait_for_leaders(partitions)

    def delete(self) -> None:
        """Take the topic and its group away again."""
        _answer(self._admin.delete_topics([self.name])[self.name])
        _answer(self._admin.delete_consumer_groups([self.name])[self.name])

    def owners(self) -> dict[str, tuple[int, ...]]:
        """The partitions of each member of the group, as the brokers have it; empty while they are being shared anew."""
        try:
            group: Any = _answer(self._admin.describe_consumer_groups([self.name])[self.name])
        except (
            KafkaException
        ):  # there is no such group yet, or its coordinator has moved, which this client never learns
            self._admin = self._connect()
            return {}
        if group.state != ConsumerGroupState.STABLE:
            return {}
        return {
            member.client_id: tuple(sorted(each.partition for each in member.assignment.topic_partitions))
            for member in sorted(group.members, key=lambda member: member.client_id)
        }

    def wait_for_owners(self, *numbers: int) -> dict[str, tuple[int, ...]]:
        """Wait until the members have these numbers of partitions, in any order, and tell who has which.

        What there is instead is told after some time: then the group shares them in another way.
        """
        owners: dict[str, tuple[int, ...]] = {}

        def shared() -> bool:
            nonlocal owners
            owners = self.owners() or owners
            return sorted(map(len, owners.values())) == sorted(numbers)

        with suppress(ProveError):
            wait_until(shared, f"{self.name} is shared by {len(numbers)} members")
        return owners

    def _connect(self) -> Any:
        return AdminClient(self._connection)

    def _wait_for_leaders(self, partitions: int) -> None:
        def led() -> bool:
            found = self._admin.list_topics(self.name, timeout=PATIENCE).topics[self.name].partitions
            return len(found) == partitions and all(each.leader >= 0 for each in found.values())

        wait_until(led, f"{partitions} partitions of {self.name} have a leader")


class Writer:
    """Writes messages with keys to chosen partitions, and keeps which of them the brokers have."""

    def __init__(self, connection: Mapping[str, Any], topic: str) -> None:
        """Say where to."""
        self.written: list[tuple[int, int]] = []
        """The partition and offset of each message that the brokers have."""
        self.partitions = 0
        """To how many partitions `writing` writes; may change while it does."""
        self._topic = topic
        self._failed: list[KafkaError] = []
        self._count = 0
        self._producer = Producer({**connection, "log_level": 0, "enable.idempotence": True, "linger.ms": 5})

    def fill(self, partitions: int, each: int) -> None:
        """Write as many messages to each partition."""
        for _ in range(each):
            for partition in range(partitions):
                self._write(partition)
        self._flush()

    @contextmanager
    def writing(self, partitions: int, per_second: float) -> Generator[None]:
        """Write to every partition in turn, in a thread of its own, until the block ends."""
        self.partitions = partitions
        stop = threading.Event()

        def write() -> None:
            begun, written = time.monotonic(), 0
            while not stop.wait(0.01):
                due = int((time.monotonic() - begun) * per_second)
                for number in range(written, due):
                    self._write(number % self.partitions)
                written = due

        thread = threading.Thread(target=write, name="writer", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            self._flush()

    def grow(self, partitions: int) -> None:
        """Write to more partitions from now on, which the topic has."""
        wait_until(
            lambda: (
                len(self._producer.list_topics(self._topic, timeout=PATIENCE).topics[self._topic].partitions)
                == partitions
            ),
            f"the writer knows {partitions} partitions",
        )
        self.partitions = partitions

    def _write(self, partition: int) -> None:
        key = f"{partition}-{self._count % KEYS}"
        while True:
            try:
                self._producer.produce(
                    self._topic, str(self._count), key, partition=partition, on_delivery=self._delivered
                )
            except BufferError:  # the brokers are behind
                self._producer.poll(0.1)
                continue
            self._count += 1
            self._producer.poll(0)
            return

    def _flush(self) -> None:
        left = self._producer.flush(PATIENCE)
        if left or self._failed:
            reason = f": {self._failed[0].str()}" if self._failed else ""
            raise ProveError(f"{left + len(self._failed)} messages could not be written{reason}")

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failed.append(error)
        else:
            self.written.append((cast("int", message.partition()), cast("int", message.offset())))


def _answer(future: "Future[Any]") -> Any:
    return future.result(PATIENCE)
