"""A topic on a broker for `prove` and for tests: create, grow, write, and read the group's assignment."""

import threading
import time
from collections import Counter
from collections.abc import Generator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, cast

from confluent_kafka import (
    Consumer,
    ConsumerGroupState,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    NewPartitions,  # pyright: ignore[reportPrivateImportUsage]
    NewTopic,  # pyright: ignore[reportPrivateImportUsage]
)

from workbench.prove.replica import POISON
from workbench.prove.replicas import PATIENCE, ProveError, wait_until

KEYS = 10
"""Number of different keys in a partition."""


class Topic:
    """A topic and its consumer group. Both have the same name."""

    def __init__(
        self, connection: Mapping[str, Any], name: str, partitions: int, config: Mapping[str, str], copies: int = 3
    ) -> None:
        """Create the topic with so many copies of each partition, or as many as there are brokers."""
        self.name = name
        self._connection = {**connection, "log_level": 0}
        self._admin = self._connect()
        replicas = min(copies, len(self._admin.list_topics(timeout=PATIENCE).brokers))
        _answer(self._admin.create_topics([NewTopic(name, partitions, replicas, config=dict(config))])[name])
        self._wait_for_leaders(partitions)

    def grow(self, partitions: int) -> None:
        """Add partitions up to a total of ``partitions``."""
        _answer(self._admin.create_partitions([NewPartitions(self.name, partitions)])[self.name])
        self._wait_for_leaders(partitions)

    def delete(self) -> None:
        """Delete the topic and its group."""
        _answer(self._admin.delete_topics([self.name])[self.name])
        _answer(self._admin.delete_consumer_groups([self.name])[self.name])

    def owners(self) -> dict[str, tuple[int, ...]]:
        """Return the partitions of each member of the group, as reported by the brokers. Empty during a rebalance."""
        try:
            group: Any = _answer(self._admin.describe_consumer_groups([self.name])[self.name])
        except (
            KafkaException
        ):  # the group does not exist yet, or its coordinator moved, which this client never notices
            self._admin = self._connect()
            return {}
        if group.state != ConsumerGroupState.STABLE:
            return {}
        return {
            member.client_id: tuple(sorted(each.partition for each in member.assignment.topic_partitions))
            for member in sorted(group.members, key=lambda member: member.client_id)
        }

    def wait_for_owners(self, *numbers: int) -> dict[str, tuple[int, ...]]:
        """Wait until the members have these numbers of partitions, in any order, and return the assignment.

        If that does not happen in time, the last assignment is returned.
        """
        owners: dict[str, tuple[int, ...]] = {}

        def shared() -> bool:
            nonlocal owners
            owners = self.owners() or owners
            return sorted(map(len, owners.values())) == sorted(numbers)

        with suppress(ProveError):
            wait_until(shared, f"{self.name} is assigned to {len(numbers)} members")
        return owners

    def _connect(self) -> Any:
        return AdminClient(self._connection)

    def _wait_for_leaders(self, partitions: int) -> None:
        def led() -> bool:
            found = self._admin.list_topics(self.name, timeout=PATIENCE).topics[self.name].partitions
            return len(found) == partitions and all(each.leader >= 0 for each in found.values())

        wait_until(led, f"{partitions} partitions of {self.name} have a leader")


class Writer:
    """Writes messages with keys to given partitions, and remembers the acknowledged messages."""

    def __init__(self, connection: Mapping[str, Any], topic: str, first: int = 0) -> None:
        """Connect a producer to the topic's brokers. ``first`` is the number of the first message."""
        self.written: list[tuple[int, int]] = []
        """Partition and offset of each message that the brokers acknowledged."""
        self.poison = 0
        """Number of messages that the replicas cannot handle."""
        self.partitions = 0
        """Number of partitions that `writing` writes to. It may change meanwhile."""
        self._topic = topic
        self._connection = connection
        self._unplaced = Counter[int]()
        """Number of messages in each partition whose offset is unknown: a broker that failed had written them, but not answered, and the
        next one answered that they are duplicates."""
        self._failed: list[KafkaError] = []
        self._count = first
        self._producer = Producer({**connection, "log_level": 0, "enable.idempotence": True, "linger.ms": 5})

    def fill(self, partitions: int, each: int) -> None:
        """Write ``each`` messages to each partition."""
        for _ in range(each):
            for partition in range(partitions):
                self._write(partition)
        self._flush()

    @contextmanager
    def writing(self, partitions: int, per_second: float) -> Generator[None]:
        """Write to all partitions in turn, in a separate thread, until the block ends."""
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
        """Write to more partitions from now on. The topic must already have them."""
        wait_until(
            lambda: (
                len(self._producer.list_topics(self._topic, timeout=PATIENCE).topics[self._topic].partitions)
                == partitions
            ),
            f"the writer sees {partitions} partitions",
        )
        self.partitions = partitions

    def write_poison(self, partition: int) -> None:
        """Write a message that the replicas cannot handle."""
        self.poison += 1
        self._write(partition, POISON)

    def _write(self, partition: int, value: bytes | None = None) -> None:
        """Write a message. Its value is its number, if none is given."""
        key = f"{partition}-{self._count % KEYS}"
        while True:
            try:
                self._producer.produce(
                    self._topic, value or str(self._count), key, partition=partition, on_delivery=self._delivered
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

        self._place()

    def _place(self) -> None:
        """Find the messages whose offset is unknown. Each offset of a partition is one message of this writer."""
        if not self._unplaced:
            return
        reading = Consumer({**self._connection, "group.id": self._topic, "log_level": 0})
        for partition, number in self._unplaced.items():
            _, end = reading.get_watermark_offsets(TopicPartition(self._topic, partition), timeout=PATIENCE)
            places = {(partition, offset) for offset in range(end)} - set(self.written)
            if len(places) != number:
                raise ProveError(
                    f"{number} acknowledged messages must be in partition {partition}, found {len(places)}"
                )
            self.written += places
        reading.close()
        self._unplaced.clear()

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failed.append(error)
        else:
            partition, offset = cast("int", message.partition()), cast("int", message.offset())
            if offset < 0:
                self._unplaced[partition] += 1
            else:
                self.written.append((partition, offset))


def _answer(future: "Future[Any]") -> Any:
    return future.result(PATIENCE)
