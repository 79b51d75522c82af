"""Finds the records of a Kafka topic that its retention deleted before they were read."""

import logging
from collections.abc import Iterable, Mapping, Sequence

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from consumer.kafka.faults import text_of
from consumer.status import Status

LOGGER = logging.getLogger(__name__)

COMMITTED_SECONDS = 5.0
"""Seconds that the group's coordinator may take to answer what the group has committed."""


class KafkaRetention:
    """The offset that is expected next in each partition of a member, against the first one that the brokers still have.

    librdkafka goes on with the first record that is there, and reports nothing to the program. Offsets are left out for other
    reasons too: compacted records, and the ends of transactions. Only offsets below the start of the log were deleted by retention.
    librdkafka knows that start from each answer to a fetch, before it hands over the records of the answer. So no broker is asked.
    """

    def __init__(self, consumer: Consumer, topic: str, status: Status) -> None:
        self.consumer = consumer
        self.topic = topic
        self.status = status
        self.places: dict[int, TopicPartition] = {}
        self.expected: dict[int, int] = {}
        """The offset after the last record that was handled; of a partition without a commit there is none before the first."""
        self.new: set[int] = set()
        """Partitions of which the group has committed nothing."""
        self.seen: dict[int, int] = {}
        """What was behind when there was last nothing to handle."""

    def assign(self, partitions: Sequence[TopicPartition]) -> None:
        """Begin with partitions where the group is."""
        self.places |= {each.partition: TopicPartition(self.topic, each.partition) for each in partitions}
        try:
            committed = self.consumer.committed(list(partitions), COMMITTED_SECONDS)
        except KafkaException as error:
            LOGGER.warning("%s: records deleted by now are not counted: %s", self.topic, text_of(error.args[0]))
            return
        for each in committed:
            if each.offset >= 0:
                self.expected[each.partition] = each.offset
            elif each.error is None:
                self.new.add(each.partition)

    def revoke(self, numbers: Iterable[int]) -> None:
        """Forget partitions that are another member's."""
        for number in numbers:
            self.places.pop(number, None)
            self.expected.pop(number, None)
            self.new.discard(number)
            self.seen.pop(number, None)

    def behind(self) -> dict[int, int]:
        """The partitions that expect a record that is deleted, and the offset of the first one that is not."""
        return {
            number: low for number in self.places if (low := self._log_start(number)) > self.expected.get(number, low)
        }

    def record_handled(
        self, messages: Iterable[Message], last: Mapping[int, Message], behind: Mapping[int, int]
    ) -> None:
        """Note messages in their order, and the last of each partition.

        `behind` is from before the first was handled: what was fetched before the rest was deleted is not lost.
        """
        if behind:
            for message in messages:
                number, offset = message.partition() or 0, message.offset() or 0
                if number in behind and message.error() is None:
                    self._count_lost(number, min(offset, behind[number]))
                    self.expected[number] = offset + 1
        for number, message in last.items():
            self.expected[number] = (message.offset() or 0) + 1

    def idle(self) -> None:
        """Note that a second went by and no record came: all that was fetched before it is handled."""
        for number, low in self.seen.items():
            if self.expected[number] < low:
                self._count_lost(number, low)
                self._commit(number, low)
        self.seen = self.behind()
        for number in self.new - self.expected.keys():
            if (low := self._log_start(number)) >= 0:
                # Without a commit, another start could not tell deleted records from those of before the group.
                self._commit(number, low)

    def skip_to(self, number: int, offset: int) -> None:
        """Go on with an offset, and have it committed."""
        self.consumer.seek(TopicPartition(self.topic, number, offset))
        self._commit(number, offset)

    def _log_start(self, number: int) -> int:
        """The first offset that the brokers have of a partition; below 0 if nothing was fetched of it yet."""
        return self.consumer.get_watermark_offsets(self.places[number], cached=True)[0]

    def _commit(self, number: int, offset: int) -> None:
        """Have the offset committed, so that no other start counts the same records again."""
        self.expected[number] = offset
        try:
            self.consumer.store_offsets(offsets=[TopicPartition(self.topic, number, offset)])
        except KafkaException as error:
            LOGGER.info("%s[%d]: offset %d is not committed: %s", self.topic, number, offset, text_of(error.args[0]))

    def _count_lost(self, number: int, end: int) -> None:
        """Count and tell the records up to an offset that were not read."""
        first = self.expected[number]
        if first < end:
            self.status.lost += end - first
            LOGGER.warning(
                "%s[%d]: offsets %d to %d were deleted before they were read: %d records are lost. Raise the topic's retention, "
                "or make the handler faster.",
                self.topic,
                number,
                first,
                end - 1,
                end - first,
            )
