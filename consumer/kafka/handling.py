"""Delivery of the messages of one poll: record by record, or as a batch of each partition."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaError, Message

from consumer.delivery import Delivery
from consumer.kafka.record import KafkaRecord, KafkaRecords


@dataclass(frozen=True, kw_only=True)
class KafkaHandling:
    """Delivers messages in the order of their partitions.

    Each function delivers until a time of the monotonic clock, or a stop, and returns whether all messages are done. It
    sets the last handled message of each partition in `last`.
    """

    delivery: Delivery
    record_error: Callable[[Message, KafkaError], None]
    """Called with each error that was returned in place of a record."""

    def deliver_each(self, messages: Sequence[Message], last: dict[int, Message], end: float) -> bool:
        """Deliver record by record."""
        deliver, stop, clock = self.delivery.deliver, self.delivery.stopping.is_set, time.monotonic
        for message in messages:
            if stop() or clock() > end:
                return False
            if error := message.error():
                self.record_error(message, error)
            else:
                record = KafkaRecord()
                record.message = message
                if not deliver(record):
                    return False
                last[message.partition() or 0] = message
        return True

    def deliver_batches(
        self, messages: Sequence[Message], last: dict[int, Message], end: float, partitions: Collection[int]
    ) -> bool:
        """Deliver a batch of each partition, then record the errors. `partitions` are the assigned ones."""
        # With one partition, which is the rule, this takes a tenth of the time of looking at each message below.
        found: dict[int, Sequence[Message]] = dict.fromkeys(partitions, messages)
        errors: list[tuple[Message, KafkaError]] = []
        if len(partitions) != 1 or any(map(Message.error, messages)):
            found, errors = _by_partition(messages)
        for number, own in found.items():
            done = 0
            while done < len(own):
                if self.delivery.stopping.is_set() or time.monotonic() > end:
                    return False
                done += self.delivery.deliver_next(KafkaRecords(own[done:] if done else own))
                if done:
                    last[number] = own[done - 1]
        for message, error in errors:
            self.record_error(message, error)
        return True


def _by_partition(messages: Sequence[Message]) -> tuple[dict[int, Sequence[Message]], list[tuple[Message, KafkaError]]]:
    """Return the records of each partition, and the errors among them."""
    found: dict[int, list[Message]] = {}
    errors: list[tuple[Message, KafkaError]] = []
    for message in messages:
        if error := message.error():
            errors.append((message, error))
        else:
            found.setdefault(message.partition() or 0, []).append(message)
    return dict(found), errors
