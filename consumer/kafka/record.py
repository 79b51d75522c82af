"""A record of a Kafka topic."""

from collections.abc import Callable, Sequence
from gc import get_referents
from operator import methodcaller
from typing import cast

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

Headers = Sequence[tuple[str, bytes]]

_CALL_HEADERS = cast("Callable[[Message], Sequence[tuple[str, bytes | None]] | None]", methodcaller("headers"))
"""`Message.headers()`, called so that CPython looks whether it has raised: from a plain call it leaves that check out."""


class UnreadableHeadersError(Exception):
    """Headers with names that are not UTF-8."""

    def __init__(self, readable: Headers, unreadable: int) -> None:
        super().__init__(f"{unreadable} of {len(readable) + unreadable} headers have names that are not UTF-8")
        self.readable = readable
        """The headers with names that are UTF-8."""


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
    def headers(self) -> Headers:
        """The headers in their order, and one name more than once if the producer wrote it so; no value is an empty one.

        Raises UnreadableHeadersError if a name is not UTF-8.
        """
        readable, unreadable = _headers(self.message)
        if unreadable:
            raise UnreadableHeadersError(readable, unreadable)
        return readable

    @property
    def timestamp(self) -> float:
        """When it was written, by the producer's or the broker's clock as the topic has it, in seconds since 1970."""
        kind, milliseconds = self.message.timestamp()
        return 0.0 if kind == TIMESTAMP_NOT_AVAILABLE else milliseconds / 1000


def _headers(message: Message) -> tuple[Headers, int]:
    """The headers with names that are UTF-8, and the number of the others.

    For one of the others confluent-kafka 2.16.1 makes a tuple without a name: a null pointer, at which CPython crashes as soon as
    anything looks at it. The garbage collector's own view of a tuple leaves null pointers out. No such tuple may leave this
    function, not even as a variable in a traceback.
    """
    try:
        found = _CALL_HEADERS(message) or ()
    except SystemError:  # the error of the name's decoding; the list of tuples is there all the same
        found = _CALL_HEADERS(message) or ()
    if len(get_referents(*found)) == 2 * len(found):
        return [(name, value or b"") for name, value in found], 0
    whole = [header for header in found if len(get_referents(header)) == 2]
    return [(name, value or b"") for name, value in whole], len(found) - len(whole)
