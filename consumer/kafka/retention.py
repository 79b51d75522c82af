"""Detection of records that Kafka's retention deleted before they were read."""

import logging
from collections.abc import Iterable, Mapping, Sequence

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from consumer.kafka.faults import text_of
from consumer.status import Status

LOGGER = logging.getLogger(__name__)

COMMITTED_SECONDS = 5.0
"""Maximum seconds for the group's coordinator to return committed offsets."""


class KafkaRetention:
    """Compares the next expected offset of each partition with the start of the log.

    librdkafka continues with the first available record and reports nothing. Offsets can also be missing because of
    compaction and transactions. Only offsets below the start of the log were deleted by retention. librdkafka learns
    that start from each fetch response, before it returns the records of that response. So no extra request to the
    brokers is needed.
    """

    def __init__(self, consumer: Consumer, topic: str, status: Status) -> None:
        self.consumer = consumer
        self.topic = topic
        self.status = status
        self.assigned: dict[int, TopicPartition] = {}
        self.expected: dict[int, int] = {}
        """Offset after the last handled record. Not set before the first record of a partition without a commit."""
        self.new: set[int] = set()
        """Partitions without a committed offset."""
        self.seen: dict[int, int] = {}
        """Result of behind() at the last idle poll."""
        self.logs: dict[int, tuple[int, int]] = {}
        """Start and end of each partition's log at the last call of behind(). Below 0 if nothing was fetched from it yet."""

    def assign(self, partitions: Sequence[TopicPartition]) -> None:
        """Start with newly assigned partitions at their committed offsets."""
        self.assigned |= {each.partition: TopicPartition(self.topic, each.partition) for each in partitions}
        try:
            committed = self.consumer.committed(list(partitions), COMMITTED_SECONDS)
        except KafkaException as error:
            LOGGER.warning(
                "%s: records that are already deleted cannot be counted: %s", self.topic, text_of(error.args[0])
            )
            return
        for each in committed:
            if each.offset >= 0:
                self.expected[each.partition] = each.offset
            elif each.error is None:
                self.new.add(each.partition)

    def revoke(self, numbers: Iterable[int]) -> None:
        """Remove revoked partitions."""
        for number in numbers:
            self.assigned.pop(number, None)
            self.expected.pop(number, None)
            self.new.discard(number)
            self.seen.pop(number, None)
            self.logs.pop(number, None)

    def behind(self) -> dict[int, int]:
        """Return the partitions whose expected record is deleted, with the first offset that still exists."""
        return {
            number: low for number in self.assigned if (low := self._log_start(number)) > self.expected.get(number, low)
        }

    def record_handled(
        self, messages: Iterable[Message], last: Mapping[int, Message], behind: Mapping[int, int]
    ) -> None:
        """Record the handled messages among these, in their order, given the last handled one of each partition.

        `behind` must be from before the first message was handled: messages that were fetched before the deletion are
        not lost.
        """
        if behind:
            for message in messages:
                number, offset = message.partition() or 0, message.offset() or 0
                if number in behind and message.error() is None and is_handled(message, last):
                    self._count_lost(number, min(offset, behind[number]))
                    self.expected[number] = offset + 1
        for number, message in last.items():
            self.expected[number] = (message.offset() or 0) + 1

    def idle(self) -> None:
        """Record that a poll returned nothing: everything fetched earlier is handled."""
        for number, low in self.seen.items():
            if self.expected[number] < low:
                self._count_lost(number, low)
                self._commit(number, low)
        self.seen = self.behind()
        for number in self.new - self.expected.keys():
            if (low := self._log_start(number)) >= 0:
                # Without a commit, a restart could not distinguish lost records from those deleted before the group existed.
                self._commit(number, low)

    def skip_to(self, number: int, offset: int) -> None:
        """Continue at an offset, and store it for commit."""
        self.consumer.seek(TopicPartition(self.topic, number, offset))
        self._commit(number, offset)

    def _log_start(self, number: int) -> int:
        """Return the first offset of the partition's log. Below 0 if nothing was fetched from it yet."""
        self.logs[number] = self.consumer.get_watermark_offsets(self.assigned[number], cached=True)
        return self.logs[number][0]

    def _commit(self, number: int, offset: int) -> None:
        """Store an offset for commit, so that a restart does not count the same records again."""
        self.expected[number] = offset
        try:
            self.consumer.store_offsets(offsets=[TopicPartition(self.topic, number, offset)])
        except KafkaException as error:
            LOGGER.info("%s[%d]: cannot commit offset %d: %s", self.topic, number, offset, text_of(error.args[0]))

    def _count_lost(self, number: int, end: int) -> None:
        """Count and log the records up to an offset that were not read."""
        first = self.expected[number]
        if first < end:
            self.status.count_lost(end - first)
            LOGGER.warning(
                "%s[%d]: offsets %d to %d were deleted before they were read: %d records lost. Raise the topic's retention, "
                "or make the handler faster.",
                self.topic,
                number,
                first,
                end - 1,
                end - first,
            )


def is_handled(message: Message, last: Mapping[int, Message]) -> bool:
    """Return whether a message is handled, given the last handled one of each partition."""
    known = last.get(message.partition() or 0)
    return known is not None and (message.offset() or 0) <= (known.offset() or 0)
