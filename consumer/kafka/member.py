"""One member of a Kafka consumer group: reads what is its own, in batches that take about a second to handle."""

import logging
import struct
import time
from collections.abc import Iterable, Sequence
from threading import Thread

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from consumer.delivery import Delivery
from consumer.errors import ConsumerError, WrongEnvironmentError
from consumer.kafka.faults import KafkaFaults, text_of
from consumer.kafka.record import KafkaRecord
from consumer.kafka.retention import KafkaRetention
from consumer.kafka.settings import KafkaSettings
from consumer.kafka.unreadable import KafkaUnreadable

LOGGER = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""How long one wait for a record may take, and how often it is looked how things stand."""

BATCH_SECONDS = 1.0
"""How long a batch is meant to take: that long, at most, others of the group wait for a partition of this one."""

LONGEST_BATCH_SECONDS = 5.0
"""After how long the rest of a batch is put back, since handling has become slower than it was."""

LARGEST_BATCH = 500
"""The most records of a batch; more would save nothing."""

LEAVE_SECONDS = 20.0
"""How long the brokers may take to note that the consumer leaves: less than a replica is given to stop."""

NO_PARTITION_SECONDS = 60.0
"""After how long without any partition it is asked whether there is such a topic."""


class KafkaMember:
    """A consumer that joins its group, reads until it is to stop, and leaves.

    Partitions come and go only while it polls: never while a record is handled. What is handled is stored once per batch, also
    where that ends early, and librdkafka commits what is stored: each second, before a partition goes, and at the end.
    """

    def __init__(self, settings: KafkaSettings, delivery: Delivery) -> None:
        self.settings = settings
        self.delivery = delivery
        self.faults = KafkaFaults(settings)
        self.consumer = self._connect()
        self.retention = KafkaRetention(self.consumer, settings.topic, delivery.status)
        self.unreadable = KafkaUnreadable(self.retention, delivery)
        self.partitions: frozenset[int] = frozenset()
        self.revoked: set[int] = set()
        """Partitions that went since the first record of a batch was there."""
        self.size = 1
        self.checked_at = self.owned_since = time.monotonic()

    def read(self) -> None:
        """Read and deliver until the delivery is to stop."""
        status, stopping = self.delivery.status, self.delivery.stopping
        self.consumer.subscribe(
            [self.settings.topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
        )
        try:
            while not stopping.is_set():
                status.poll()
                batch = self._poll()
                self._check_state()
                if batch:
                    self._handle(batch)
                self.unreadable.pass_over()
        except KafkaException as error:
            raise self.faults.consumer_error(error.args[0]) from None
        finally:
            status.ready = False
            self._leave()
            status.set_partitions(())

    def _connect(self) -> Consumer:
        if self.settings.tokens:
            self.settings.tokens("")  # where there is none, the client would wait 10 seconds for it, and not say why
        try:
            properties = {**self.settings.connection, **self.settings.membership, "error_cb": self.faults.on_error}
            return Consumer(properties, logger=LOGGER)
        except KafkaException as error:
            error = error.args[0]
            if error.name() == "_INVALID_ARG":
                raise WrongEnvironmentError(f"KAFKA_...: {text_of(error)}") from None
            raise self.faults.consumer_error(error) from None

    def _leave(self) -> None:
        """Commit what is stored, and leave the group: for which librdkafka waits as long as it takes, and a platform does not."""
        leaving = Thread(target=self.consumer.close, name="leave", daemon=True)
        leaving.start()
        leaving.join(LEAVE_SECONDS)
        if leaving.is_alive():
            LOGGER.warning("%s: no broker answers; what was handled last comes again", self.settings.topic)

    def _poll(self) -> Sequence[Message]:
        """Wait for a record, and take with it what is there without waiting."""
        first = self.consumer.poll(POLL_SECONDS)
        if first is None:
            self.retention.idle()
            return ()
        # What went while the first was waited for went before it: its partition may have come back with it.
        self.revoked.clear()
        rest = self.consumer.consume(self.size - 1, 0) if self.size > 1 else []
        # The first was out of librdkafka's hands when its partition went meanwhile; the rest it has looked through itself.
        return rest if first.partition() in self.revoked else [first, *rest]

    def _handle(self, batch: Sequence[Message]) -> None:
        """Deliver a batch, and put back what there is no time for."""
        deliver, stop, clock = self.delivery.deliver, self.delivery.stopping.is_set, time.monotonic
        begun = clock()
        end, done = begun + LONGEST_BATCH_SECONDS, 0
        last: dict[int, Message] = {}
        behind = self.retention.behind()
        try:
            for message in batch:
                if stop() or clock() > end:
                    break
                if error := message.error():
                    self.faults.raise_if_permanent(error)
                    self.unreadable.note(message, error)
                else:
                    record = KafkaRecord()
                    record.message = message
                    if not deliver(record):
                        break
                    last[message.partition() or 0] = message
                done += 1
        finally:
            self.retention.record_handled(batch[:done], last, behind)
            self.unreadable.forget(last)
            self._store(last.values())
        seconds = clock() - begun
        if done == len(batch):
            self.size = min(2 * self.size, LARGEST_BATCH, int(BATCH_SECONDS * done / max(seconds, 1e-6)) or 1)
        elif not stop():
            LOGGER.info(
                "%s: %d records took %.1f s; the rest of the batch comes again", self.settings.topic, done, seconds
            )
            self.size = 1
            self._seek_back(batch[done:])

    def _store(self, last: Iterable[Message]) -> None:
        """Have all up to some messages committed, one of each partition."""
        for message in last:
            try:
                self.consumer.store_offsets(message)
            except KafkaException as error:  # the partition is another's by now, who reads it again
                LOGGER.warning("%s[%s]: %s", message.topic(), message.partition(), text_of(error.args[0]))

    def _seek_back(self, rest: Sequence[Message]) -> None:
        """Go back in each partition to the first message that was not delivered."""
        first: dict[int | None, Message] = {}
        for message in rest:
            if not message.error():
                first.setdefault(message.partition(), message)
        for message in first.values():
            place = TopicPartition(str(message.topic()), message.partition() or 0, message.offset() or 0)
            try:
                self.consumer.seek(place)
            except KafkaException as error:
                raise ConsumerError(
                    f"{place.topic}[{place.partition}] cannot be read again from {place.offset}: {text_of(error.args[0])}"
                ) from None

    def _on_assign(self, _consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        """Note partitions that come to this member, or that it joined and there is none for it."""
        self.retention.assign(partitions)
        self._set_partitions(self.partitions | {partition.partition for partition in partitions})
        self._set_ready(ready=True)

    def _on_revoke(self, _consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        """Note partitions that go to another member, or are lost to it already."""
        numbers = {partition.partition for partition in partitions}
        self.revoked |= numbers
        self.retention.revoke(numbers)
        self.unreadable.forget(numbers)
        self._set_partitions(self.partitions - numbers)

    def _set_partitions(self, partitions: frozenset[int]) -> None:
        self.partitions, self.owned_since = partitions, time.monotonic()
        self.delivery.status.set_partitions(map(str, partitions))
        LOGGER.info("%s: owns %s", self.settings.topic, sorted(partitions) or "no partition")

    def _set_ready(self, *, ready: bool) -> None:
        if ready != self.delivery.status.ready:
            LOGGER.info(
                "%s: %s the group %s", self.settings.topic, "is in" if ready else "is out of", self.settings.group
            )
        self.delivery.status.ready = ready

    def _check_state(self) -> None:
        """See about each second how things stand."""
        now = time.monotonic()
        if now - self.checked_at < POLL_SECONDS:
            return
        self.checked_at = now
        self.faults.check_sign_in(self.consumer)
        self._set_ready(ready=joined(self.consumer))
        for number in self.partitions:
            partition = TopicPartition(self.settings.topic, number)
            _, end = self.consumer.get_watermark_offsets(partition, cached=True)
            (at,) = self.consumer.position([partition])
            if end >= 0 and at.offset >= 0:
                self.delivery.status.lag_records[str(number)] = max(0, end - at.offset)
        if not self.partitions and now - self.owned_since > NO_PARTITION_SECONDS:
            self.owned_since = now
            self.faults.check_topic(self.consumer)


def joined(consumer: Consumer) -> bool:
    """Whether it is a member of its group, with or without a partition.

    By the newer group protocol, a member without a partition is told nothing of its joining. But the client has a generation of
    the group then, which it writes into the group's metadata: 32 bits after the mark CGMDv2: (librdkafka,
    rd_kafka_consumer_group_metadata_write).
    """
    metadata: bytes = consumer.consumer_group_metadata()
    (generation,) = struct.unpack_from("=i", metadata, len(b"CGMDv2:"))
    return generation > 0
