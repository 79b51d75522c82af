"""Member of a Kafka consumer group: reads its partitions in batches of about one second."""

import logging
import struct
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from threading import Lock, Thread

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, Message, TopicPartition

from consumer.delivery import Delivery
from consumer.errors import ConsumerError, WrongEnvironmentError
from consumer.kafka.faults import KafkaFaults, text_of
from consumer.kafka.handling import KafkaHandling
from consumer.kafka.lag import KafkaLag
from consumer.kafka.retention import KafkaRetention, is_handled
from consumer.kafka.settings import KafkaSettings
from consumer.kafka.unreadable import KafkaUnreadable

LOGGER = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""Maximum seconds of one poll, and the interval of state checks."""

BATCH_SECONDS = 1.0
"""Target duration of a batch of single records. Other members wait at most this long for a partition of this one."""

LONGEST_BATCH_SECONDS = 5.0
"""Duration after which the rest of a batch is put back, because the handler has become slower."""

LARGEST_BATCH = 500
"""Maximum records in a batch of single records. Larger batches are not faster."""

BATCH_BYTES = 1_000_000
"""Target size of a batch of single records: the sum of its values. A batch is in memory in addition to the client's queue, which is filled
again meanwhile (queued.max.messages.kbytes: 64 MiB). Larger batches are not faster."""

SAMPLED, SAMPLE_STEP = 64, 8
"""Number of records from which only one in so many is measured for the size of the next batch."""

HEARTBEAT_SECONDS = 0.5
"""Interval of additional heartbeats in the newer group protocol, as in the classic one (`heartbeat.interval.ms`)."""

LEAVE_SECONDS = 20.0
"""Maximum seconds for leaving the group. Must be shorter than a replica's grace period."""

COMMIT_SECONDS, COMMIT_PAUSE = 5.0, 0.1
"""Maximum seconds of attempts to commit before leaving, and the seconds between them."""

REBALANCING = frozenset({"ILLEGAL_GENERATION", "REBALANCE_IN_PROGRESS", "STALE_MEMBER_EPOCH"})
"""Errors of a commit during a rebalance."""

END = "_PARTITION_EOF"
"""Error in place of a record, if the client has read a partition to its end (`enable.partition.eof`)."""

NO_PARTITION_SECONDS = 60.0
"""Seconds without any partition before the existence of the topic is checked."""

WAKE_SECONDS = 1.0
"""Maximum seconds of the request that wakes the client up. Without the request, it wakes up within this time."""


class KafkaMember:
    """Consumer that joins its group, reads until it is stopped, and leaves.

    Partitions are assigned and revoked only during a poll, never while a record is handled. Offsets of handled records
    are stored once per batch, also if the batch ends early. librdkafka commits stored offsets every second, before a
    revocation, and at the end.
    """

    def __init__(self, settings: KafkaSettings, delivery: Delivery) -> None:
        self.settings = settings
        self.delivery = delivery
        self.faults = KafkaFaults(settings)
        self.consumer = self._connect()
        self.retention = KafkaRetention(self.consumer, settings.topic, delivery.status)
        self.unreadable = KafkaUnreadable(self.retention, delivery)
        self.lag = KafkaLag(self.retention, delivery.status)
        self.partitions: frozenset[int] = frozenset()
        self.revoked: set[int] = set()
        """Partitions revoked after the first record of a batch was returned."""
        self.handling = KafkaHandling(delivery=delivery, record_error=self._record_error)
        limits = delivery.batches
        self.single = limits.records == 1
        self.most_records, self.most_bytes, self.wait = (
            (LARGEST_BATCH, BATCH_BYTES, 0.0) if self.single else (limits.records, limits.bytes, limits.seconds)
        )
        self.size = 1
        """Maximum records of the next poll."""
        self.errors = 0
        """Errors in place of records in the current batch."""
        self.current: dict[int, Message] = {}
        """Last handled message of each partition in the batch that is being handled."""
        self.storing = Lock()
        """Held while offsets are stored, so that earlier ones never replace later ones."""
        self.checked_at = self.owned_since = time.monotonic()

    def read(self) -> None:
        """Read and deliver until the delivery is stopped."""
        status, stopping = self.delivery.status, self.delivery.stopping
        self._subscribe()
        status.update_lag = self.lag.measure
        Thread(target=self._store_at_stop, name="store", daemon=True).start()
        try:
            while not stopping.is_set():
                status.poll()
                batch = self._poll()
                self._check_state()
                if self.settings.new_protocol and time.monotonic() - self.subscribed_at > HEARTBEAT_SECONDS:
                    self._send_heartbeat()
                if batch:
                    self._handle(batch)
                self.unreadable.skip_unreadable()
        except KafkaException as error:
            raise self.faults.consumer_error(error.args[0]) from None
        finally:
            status.ready = False
            status.update_lag = lambda: None
            self._leave()
            status.set_partitions(())

    def _subscribe(self) -> None:
        self.subscribed_at = time.monotonic()
        self.consumer.subscribe(
            [self.settings.topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
        )

    def _send_heartbeat(self) -> None:
        """Send the next heartbeat of the newer protocol at once.

        The brokers set the interval, 5 seconds by default. A partition that moves is not read until its new owner's heartbeat.
        librdkafka sends one after each subscription, also to the same topic.
        """
        with suppress(KafkaException):  # a fatal error, which the next poll reports with its reason
            self._subscribe()

    def _connect(self) -> Consumer:
        if self.settings.tokens:
            self.settings.tokens("")  # without a token, the client would wait 10 seconds and not report why
        try:
            properties = {**self.settings.connection, **self.settings.membership, "error_cb": self.faults.on_error}
            return Consumer(properties, logger=LOGGER)
        except KafkaException as error:
            cause = error.args[0]
            if cause.name() == "_INVALID_ARG":
                raise WrongEnvironmentError(f"KAFKA_...: {text_of(cause)}") from None
            raise self.faults.consumer_error(cause) from None

    def _leave(self) -> None:
        """Commit stored offsets and leave the group, with a time limit.

        librdkafka waits without one, but the platform kills the process.
        """
        leaving = Thread(target=self._commit_and_close, name="leave", daemon=True)
        leaving.start()
        leaving.join(LEAVE_SECONDS)
        if leaving.is_alive():
            LOGGER.warning(
                "%s: no broker responds; the last handled records will be delivered again", self.settings.topic
            )

    def _commit_and_close(self) -> None:
        """Commit, after a rebalance if there is one, and close.

        The brokers answer a commit that is sent during a rebalance only after it, and refuse it, because its generation
        is the earlier one. librdkafka would leave without another attempt.
        """
        end = time.monotonic() + COMMIT_SECONDS
        while time.monotonic() < end:
            try:
                self.consumer.commit(asynchronous=False)
            except KafkaException as error:
                if error.args[0].name() in REBALANCING:
                    self.consumer.poll(COMMIT_PAUSE)  # takes part in the rebalance; a record is delivered again
                    continue
            break
        self.consumer.close()

    def _poll(self) -> Sequence[Message]:
        """Wait for a record, and return it with all records that are available, or that arrive while a batch may wait."""
        first = self.consumer.poll(POLL_SECONDS)
        if first is None:
            self.retention.idle()
            return ()
        # Partitions revoked during the poll were revoked before this record; its partition may be assigned again.
        self.revoked.clear()
        rest = self.consumer.consume(self.size - 1, self.wait) if self.size > 1 else []
        # librdkafka drops records of revoked partitions from the rest, but had already returned the first one.
        return rest if first.partition() in self.revoked else [first, *rest]

    def _handle(self, batch: Sequence[Message]) -> None:
        """Deliver a batch, and put back the records that there is no time for."""
        begun, self.errors = time.monotonic(), 0
        end = begun + LONGEST_BATCH_SECONDS
        last = self.current = dict[int, Message]()
        behind = self.retention.behind()
        self.lag.begin(batch, last)
        try:
            if self.single:
                done = self.handling.deliver_each(batch, last, end)
            else:
                done = self.handling.deliver_batches(batch, last, end, self.partitions)
        finally:
            self.retention.record_handled(batch, last, behind)
            self.lag.record_handled(last)
            self.unreadable.forget(last)
            with self.storing:
                self._store(last.values())
                self.current = {}
        seconds = time.monotonic() - begun
        if done:
            self.size = self._next_size(batch, seconds)
        elif not self.delivery.stopping.is_set():
            rest = [each for each in batch if not is_handled(each, last)]
            LOGGER.info(
                "%s: %d records took %.1f s; the rest of the batch will be read again",
                self.settings.topic,
                len(batch) - len(rest),
                seconds,
            )
            self.size = 1
            self._seek_back(rest)

    def _next_size(self, batch: Sequence[Message], seconds: float) -> int:
        """Return the maximum records of the next batch, after one that took that long."""
        records = len(batch) - self.errors
        if not records:
            return self.size
        sample = batch if len(batch) < SAMPLED else batch[::SAMPLE_STEP]
        in_memory = self.most_bytes * len(sample) // max(sum(map(len, sample)), 1)
        in_time = int(BATCH_SECONDS * records / max(seconds, 1e-6)) if self.single else self.most_records
        return max(1, min(2 * self.size, self.most_records, in_time, in_memory))

    def _record_error(self, message: Message, error: KafkaError) -> None:
        """Record an error that was returned in place of a record. Raise ConsumerError if it is permanent."""
        self.errors += 1
        if error.name() == END:
            self.lag.record_end(message)
        else:
            self.faults.raise_if_permanent(error)
            self.unreadable.record_error(message, error)

    def _store_at_stop(self) -> None:
        """When the delivery is stopped, store the offsets of the current batch so far.

        If the handler does not return in time, the platform kills the consumer. Then only the record in the handler is
        delivered again. The main thread is in the handler, so it does not call the client at the same time.
        """
        self.delivery.stopping.wait()
        with self.storing:
            self._store(list(self.current.values()))

    def _store(self, last: Iterable[Message]) -> None:
        """Store offsets for commit, given the last handled message of each partition."""
        for message in last:
            try:
                self.consumer.store_offsets(message)
            except KafkaException as error:  # the partition was revoked; its new owner reads the records again
                LOGGER.warning("%s[%s]: %s", message.topic(), message.partition(), text_of(error.args[0]))

    def _seek_back(self, rest: Sequence[Message]) -> None:
        """Seek each partition back to its first message that was not delivered."""
        first: dict[int | None, Message] = {}
        for message in rest:
            if not message.error():
                first.setdefault(message.partition(), message)
        for message in first.values():
            position = TopicPartition(str(message.topic()), message.partition() or 0, message.offset() or 0)
            try:
                self.consumer.seek(position)
            except KafkaException as error:
                raise ConsumerError(
                    f"{position.topic}[{position.partition}]: cannot seek back to offset {position.offset}: {text_of(error.args[0])}"
                ) from None

    def _on_assign(self, _consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        """Record assigned partitions. Also called with none when the member has joined without a partition."""
        if self.partitions and not self.delivery.stopping.is_set():
            self.consumer.incremental_assign(list(partitions))
            self._wake()
        self.retention.assign(partitions)
        self._set_partitions(self.partitions | {partition.partition for partition in partitions})
        self._set_ready(ready=True)

    def _wake(self) -> None:
        """Continue to read the partitions that the member kept in a rebalance.

        librdkafka pauses them before this callback. After it, the thread of each broker reads again when it wakes up,
        which takes up to a second (seen with librdkafka 2.16.0). A request to the partitions' leaders wakes them.
        """
        kept = [TopicPartition(self.settings.topic, number, OFFSET_END) for number in self.partitions]
        try:
            self.consumer.offsets_for_times(kept, timeout=WAKE_SECONDS)
        except KafkaException as error:
            LOGGER.info("%s: %s", self.settings.topic, text_of(error.args[0]))

    def _on_revoke(self, _consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        """Record partitions that were revoked or lost."""
        numbers = {partition.partition for partition in partitions}
        self.revoked |= numbers
        self.retention.revoke(numbers)
        self.unreadable.forget(numbers)
        self.lag.forget(numbers)
        self._set_partitions(self.partitions - numbers)

    def _set_partitions(self, partitions: frozenset[int]) -> None:
        self.partitions, self.owned_since = partitions, time.monotonic()
        self.delivery.status.set_partitions(map(str, partitions))
        LOGGER.info("%s: assigned partitions: %s", self.settings.topic, sorted(partitions) or "none")

    def _set_ready(self, *, ready: bool) -> None:
        if ready != self.delivery.status.ready:
            LOGGER.info("%s: %s the group %s", self.settings.topic, "joined" if ready else "left", self.settings.group)
        self.delivery.status.ready = ready

    def _check_state(self) -> None:
        """Check sign-in, membership and the topic, about once a second."""
        now = time.monotonic()
        if now - self.checked_at < POLL_SECONDS:
            return
        self.checked_at = now
        self.faults.check_sign_in(self.consumer)
        self._set_ready(ready=joined(self.consumer))
        if not self.partitions and now - self.owned_since > NO_PARTITION_SECONDS:
            self.owned_since = now
            self.faults.check_topic(self.consumer)


def joined(consumer: Consumer) -> bool:
    """Return whether the consumer is a member of its group, with or without a partition.

    With the newer group protocol, a member without a partition gets no callback when it joins. But the client then has
    a group generation, which is in the group's metadata: 32 bits after the mark CGMDv2: (librdkafka,
    rd_kafka_consumer_group_metadata_write).
    """
    metadata: bytes = consumer.consumer_group_metadata()
    (generation,) = struct.unpack_from("=i", metadata, len(b"CGMDv2:"))
    return generation > 0
