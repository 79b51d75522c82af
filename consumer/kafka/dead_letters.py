"""Dead letters of a Kafka topic, in another topic of the same brokers."""

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
"""Maximum seconds until the brokers confirm a dead letter."""

LONGEST_REASON = 1000
"""Maximum characters of the reason, so that it does not make the record too large for its topic."""

LONGEST_TEXT = 255
"""Maximum bytes of each text in the smallest form of a dead letter. Topic names are shorter (Kafka: 249)."""

SMALLEST = 2048
"""Maximum bytes of the smallest form of a dead letter, including Kafka's overhead."""

LARGEST = 100_000_000
"""Maximum bytes of a dead letter. Brokers close the connection without an error if a request is larger than their
socket.request.max.bytes, by default 104,857,600 (Apache Kafka, Broker Configs, read 2026-11-29)."""

TOO_LARGE = frozenset({"MSG_SIZE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"})
"""Errors for a record that exceeds its topic's message size or segment size."""

LEFT_OUT = "left out: too large; the original record is in its topic"


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """One form of a dead letter."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    metadata: Mapping[str, str]
    """Headers that describe the failure, in addition to the record's own headers."""


def dead_letter_forms(record: Record, metadata: Mapping[str, str]) -> Iterator[DeadLetter]:
    """Yield the forms of a dead letter, largest first.

    The forms are: complete; without value; without value and headers; without key too, with shortened texts. Parts that
    cannot be read are in none of them. A header names each omitted part.
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
    """Return a dead letter with every part of the record that can be read."""
    parts: dict[str, Any] = {"key": None, "value": None, "headers": ()}
    unread: dict[str, str] = {}
    for part in parts:
        try:
            parts[part] = getattr(record, part)
        except UnreadableHeadersError as error:
            parts[part], unread[f"dead-letter-{part}"] = error.readable, f"{error}; these headers are left out"
        except Exception as error:  # noqa: BLE001 - an unreadable part must not prevent the dead letter
            unread[f"dead-letter-{part}"] = f"left out: cannot be read: {type(error).__name__}"
    return DeadLetter(**parts, metadata={**metadata, **unread})


class KafkaDeadLetters:
    """Topic for records that could not be handled.

    Key, value and headers are kept, and more headers describe the failure.

    If a dead letter is too large for the topic, it is written without its value. The original topic still has the
    value. This can also happen to a record that fitted only because it was compressed: not every service supports
    compression (Event Hubs, Kafka compression: premium and dedicated). If it is still too large, the dead letter has
    only the record's topic, partition and offset, the reason and the number of attempts.
    """

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self.settings = settings
        self.topic = topic
        self.error: KafkaError | None = None

    def put(self, record: Record, *, reason: str, tries: int) -> None:
        """Write a record and return when all required brokers have confirmed it."""
        metadata = {
            "dead-letter-topic": record.topic,
            "dead-letter-partition": record.partition,
            "dead-letter-position": record.position,
            "dead-letter-group": self.settings.group,
            "dead-letter-reason": reason[:LONGEST_REASON],
            "dead-letter-tries": str(tries),
        }
        position = f"{record.topic}[{record.partition}] {record.position}"
        fix = f"Raise max.message.bytes of {self.topic} to {SMALLEST} or more"
        error = None
        for letter in dead_letter_forms(record, metadata):
            error = self._write(letter)
            if error is None:
                return
            if error.name() not in TOO_LARGE:
                fix = "The record is delivered again when the consumer restarts"
                break
        reason_text = text_of(error) if error else ""
        raise ConsumerError(f"{position}: cannot write the dead letter to {self.topic}: {reason_text}. {fix}.")

    def _write(self, letter: DeadLetter) -> KafkaError | None:
        """Write one form and wait for the confirmation. Return the error, or None on success."""
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
        silence = KafkaError(KafkaError._TIMED_OUT, f"no response within {SECONDS} seconds")  # noqa: SLF001 - its public name
        return self.error or (reports[0] if reports else silence)

    @cached_property
    def _producer(self) -> Producer:
        """Producer, created for the first dead letter. A Kafka consumer client cannot write."""
        return Producer(
            {
                **self.settings.connection,
                "enable.idempotence": True,
                "acks": "all",
                "message.timeout.ms": SECONDS * 1000,
                # The topic's max.message.bytes is the limit, not the client's.
                "message.max.bytes": LARGEST,
                "error_cb": self._on_error,
            }
        )

    def _on_error(self, error: KafkaError) -> None:
        """Keep the client's latest connection error: it explains why no broker can be reached."""
        if error.name() != "_ALL_BROKERS_DOWN":  # less specific than the errors before it
            self.error = error
