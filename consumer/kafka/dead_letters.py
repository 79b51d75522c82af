"""Where records of a Kafka topic are set aside: another topic of the same brokers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from consumer.errors import ConsumerError
from consumer.kafka.faults import text_of
from consumer.kafka.record import UnreadableHeadersError
from consumer.kafka.settings import KafkaSettings
from consumer.record import Record

SECONDS = 60
"""How long the brokers may take to have a record for good."""

LONGEST_REASON = 1000
"""How many characters of the reason are kept: it must not make a record too large for its topic."""

LONGEST_TEXT = 255
"""Bytes of each text in the smallest form of a dead letter: more than a topic's name may have (Kafka: 249)."""

SMALLEST = 2048
"""Bytes, with what Kafka adds, that the smallest form of a dead letter never exceeds."""

LARGEST = 100_000_000
"""Bytes of the largest dead letter that is sent. Brokers close the connection on a request that is larger than their
socket.request.max.bytes, by default 104,857,600 (Apache Kafka, Broker Configs, read 2026-11-29), and say nothing."""

TOO_LARGE = frozenset({"MSG_SIZE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"})
"""Errors of a record that is larger than its topic takes at once, or than a segment of it."""

LEFT_OUT = "left out, since it is too large; the topic of the record has it"


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """One form of a dead letter."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    metadata: Mapping[str, str]
    """Headers of its own, besides those of the record."""


def dead_letter_forms(record: Record, metadata: Mapping[str, str]) -> Iterator[DeadLetter]:
    """The forms of a dead letter, the largest first: whole; without value; without headers too; without key, with short texts.

    A part that cannot be read is in none of them. What is left out is named in a header.
    """
    letter = _whole(record, metadata)
    yield letter
    letter = replace(letter, value=None, metadata={**letter.metadata, "dead-letter-value": LEFT_OUT})
    yield letter
    letter = replace(letter, headers=(), metadata={**letter.metadata, "dead-letter-headers": LEFT_OUT})
    yield letter
    short = {
        name: text.encode(errors="replace")[:LONGEST_TEXT].decode(errors="ignore") for name, text in metadata.items()
    }
    left_out = {f"dead-letter-{part}": LEFT_OUT for part in ("value", "headers", "key")}
    yield DeadLetter(key=None, value=None, headers=(), metadata={**short, **left_out})


def _whole(record: Record, metadata: Mapping[str, str]) -> DeadLetter:
    """A letter with every part of a record that can be read."""
    parts: dict[str, Any] = {"key": None, "value": None, "headers": ()}
    unread: dict[str, str] = {}
    for part in parts:
        try:
            parts[part] = getattr(record, part)
        except UnreadableHeadersError as error:
            parts[part], unread[f"dead-letter-{part}"] = error.readable, f"{error}; those are left out"
        except Exception as error:  # noqa: BLE001 - of a record that is set aside nothing may raise
            unread[f"dead-letter-{part}"] = f"left out, since it cannot be read: {type(error).__name__}"
    return DeadLetter(**parts, metadata={**metadata, **unread})


class KafkaDeadLetters:
    """A topic with the records that could not be handled: the same key, value and headers, and what befell them in more headers.

    A record that with those is larger than the topic takes goes there without its value, which its own topic still has. So does one that
    fitted there only compressed: not every service takes what is compressed (Event Hubs, Kafka compression: premium and dedicated).
    Where that is too large still, the letter says only which record it is, and why and how often it failed.
    """

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self.settings = settings
        self.topic = topic
        self.error: KafkaError | None = None

    def put(self, record: Record, *, reason: str, tries: int) -> None:
        """Write a record, and return once all brokers that must have it do."""
        metadata = {
            "dead-letter-topic": record.topic,
            "dead-letter-partition": record.partition,
            "dead-letter-position": record.position,
            "dead-letter-group": self.settings.group,
            "dead-letter-reason": reason[:LONGEST_REASON],
            "dead-letter-tries": str(tries),
        }
        place = f"{record.topic}[{record.partition}] {record.position}"
        fix = f"Raise max.message.bytes of {self.topic} to {SMALLEST} or more"
        error = None
        for letter in dead_letter_forms(record, metadata):
            error = self._write(letter)
            if error is None:
                return
            if error.name() not in TOO_LARGE:
                fix = "It comes again once the consumer starts again"
                break
        said = text_of(error) if error else ""
        raise ConsumerError(f"{place} cannot be set aside in {self.topic}: {said}. {fix}.")

    def _write(self, letter: DeadLetter) -> KafkaError | None:
        """Write a letter and wait until the brokers have it; why they do not, if they do not."""
        reports: list[KafkaError | None] = []
        self.error = None
        try:
            self._producer.produce(
                self.topic,
                letter.value,
                letter.key,
                headers=[
                    *letter.headers,
                    *((name, text.encode(errors="replace")) for name, text in letter.metadata.items()),
                ],
                on_delivery=lambda error, _: reports.append(error),
            )
            self._producer.flush(SECONDS)
        except KafkaException as error:
            reports.append(error.args[0])
        if reports and (reports[0] is None or reports[0].name() in TOO_LARGE):
            return reports[0]
        silence = KafkaError(KafkaError._TIMED_OUT, f"no answer within {SECONDS} seconds")  # noqa: SLF001 - its public name
        return self.error or (reports[0] if reports else silence)

    @cached_property
    def _producer(self) -> Producer:
        """A client of its own, since a consumer cannot write; made for the first record that needs it."""
        return Producer(
            {
                **self.settings.connection,
                "enable.idempotence": True,
                "acks": "all",
                "message.timeout.ms": SECONDS * 1000,
                # The topic says how large a record may be, and the client need not.
                "message.max.bytes": LARGEST,
                "error_cb": self._note,
            }
        )

    def _note(self, error: KafkaError) -> None:
        """Keep what the client tells beside its answers, which is why no broker can be reached."""
        if error.name() != "_ALL_BROKERS_DOWN":  # says less than the errors before it
            self.error = error
