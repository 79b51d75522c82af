"""A record of a Kafka topic."""

from collections.abc import Sequence
from typing import cast

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message


class KafkaRecord:
    """A message as handlers see it, with nothing read from it before it is asked for.

    It is made without its message, which is then set: in CPython 3.11, a constructor would take as long as all else that the
    consumer does for a record.
    """

    __slots__ = ("message",)
    message: Message

    @property
    def topic(self) -> str:
        """The topic's name."""
        return str(self.message.topic())

    @property
    def partition(self) -> str:
        """The partition's number."""
        return str(self.message.partition())

    @property
    def position(self) -> str:
        """The record's offset."""
        return str(self.message.offset())

    @property
    def key(self) -> bytes | None:
        """What chose the partition; None where nothing did."""
        return self.message.key()

    @property
    def value(self) -> bytes | None:
        """The content; None says in a compacted topic that the key is gone."""
        return self.message.value()

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """The headers in their order, and one name more than once if the producer wrote it so; no value is an empty one."""
        headers = cast("Sequence[tuple[str, bytes | None]]", self.message.headers() or ())
        return [(name, value or b"") for name, value in headers]

    @property
    def timestamp(self) -> float:
        """When it was written, by the producer's or the broker's clock as the topic has it, in seconds since 1970."""
        kind, milliseconds = self.message.timestamp()
        return 0.0 if kind == TIMESTAMP_NOT_AVAILABLE else milliseconds / 1000
