"""Kafka record."""

from collections.abc import Callable, Iterator, Sequence
from gc import get_referents
from operator import methodcaller
from typing import cast, overload

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message
from typing_extensions import override

Headers = Sequence[tuple[str, bytes]]

_CALL_HEADERS = cast("Callable[[Message], Sequence[tuple[str, bytes | None]] | None]", methodcaller("headers"))
"""`Message.headers()`, called so that CPython checks for an exception. A plain call skips that check."""


class UnreadableHeadersError(Exception):
    """Header names that are not UTF-8."""

    def __init__(self, readable: Headers, unreadable: int) -> None:
        super().__init__(f"{unreadable} of {len(readable) + unreadable} headers have names that are not UTF-8")
        self.readable = readable
        """The headers with UTF-8 names."""


class KafkaRecord:
    """A message as handlers see it. Parts are read only on access.

    The message is set after construction: in CPython 3.11, a constructor argument would take as long as everything else
    that the consumer does for a record.
    """

    __slots__ = ("message",)
    message: Message

    @property
    def topic(self) -> str:
        """Name of the topic."""
        return str(self.message.topic())

    @property
    def partition(self) -> str:
        """Number of the partition."""
        return str(self.message.partition())

    @property
    def position(self) -> str:
        """Offset of the record."""
        return str(self.message.offset())

    @property
    def key(self) -> bytes | None:
        """Key of the record. None if it has no key."""
        return self.message.key()

    @property
    def value(self) -> bytes | None:
        """Content of the record. None is a tombstone in a compacted topic."""
        return self.message.value()

    @property
    def headers(self) -> Headers:
        """Headers in the producer's order. Names can repeat. A missing value is returned as empty bytes.

        Raises UnreadableHeadersError if a name is not UTF-8.
        """
        readable, unreadable = _headers(self.message)
        if unreadable:
            raise UnreadableHeadersError(readable, unreadable)
        return readable

    @property
    def timestamp(self) -> float:
        """Time of writing in seconds since 1970, by the producer's or broker's clock (a topic setting)."""
        kind, milliseconds = self.message.timestamp()
        return 0.0 if kind == TIMESTAMP_NOT_AVAILABLE else milliseconds / 1000


class KafkaRecords(Sequence[KafkaRecord]):
    """Records of messages. Each is made on access: to make all of them takes a quarter of the time of reading the messages."""

    __slots__ = ("messages",)

    def __init__(self, messages: Sequence[Message]) -> None:
        self.messages = messages

    @override
    def __len__(self) -> int:
        return len(self.messages)

    @override
    def __iter__(self) -> Iterator[KafkaRecord]:
        return map(_record, self.messages)

    @overload
    def __getitem__(self, index: int) -> KafkaRecord: ...
    @overload
    def __getitem__(self, index: slice) -> "KafkaRecords": ...
    @override
    def __getitem__(self, index: int | slice) -> "KafkaRecord | KafkaRecords":
        return KafkaRecords(self.messages[index]) if isinstance(index, slice) else _record(self.messages[index])


def _record(message: Message) -> KafkaRecord:
    record = KafkaRecord()
    record.message = message
    return record


def _headers(message: Message) -> tuple[Headers, int]:
    """Return the headers with UTF-8 names, and the number of the others.

    For a name that is not UTF-8, confluent-kafka 2.16.1 creates a tuple with a null pointer. CPython crashes when
    anything accesses it. The garbage collector's view of a tuple omits null pointers. No such tuple may leave this
    function, not even as a variable in a traceback.
    """
    try:
        found = _CALL_HEADERS(message) or ()
    except SystemError:  # decoding a name failed; the list is available nevertheless
        found = _CALL_HEADERS(message) or ()
    if len(get_referents(*found)) == 2 * len(found):
        return [(name, value or b"") for name, value in found], 0
    whole = [header for header in found if len(get_referents(header)) == 2]
    return [(name, value or b"") for name, value in whole], len(found) - len(whole)
