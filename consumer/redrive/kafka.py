"""Dead letters in a Kafka topic. Handled ones are marked in the committed offset of the group `GROUP.redrive`."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from consumer.errors import ConsumerError, WrongEnvironmentError
from consumer.kafka.dead_letters import LARGEST
from consumer.kafka.faults import text_of
from consumer.kafka.record import KafkaRecord, UnreadableHeadersError
from consumer.kafka.settings import KafkaSettings, read
from consumer.redrive.letter import Letter
from consumer.redrive.marks import LONGEST, decode, encode, merged
from consumer.variables import Variables

PREFIX = "dead-letter-"
"""Prefix of the headers that describe a failure."""

FIRST_HEADER = f"{PREFIX}topic"
"""First of these headers. They follow the record's own headers."""

LEFT_OUT = frozenset(f"{PREFIX}{part}" for part in ("key", "value", "headers"))
"""Headers of a dead letter that does not contain the whole record."""

SECONDS = 60.0
"""Maximum seconds for the brokers to respond, or to confirm a record."""

ANSWER_SECONDS = 10.0
"""Maximum seconds for one answer. A client without rights for a group waits that long."""

TEMPORARY = frozenset(
    {"COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR", "_TIMED_OUT", "_WAIT_COORD"}
)
"""Errors while a group has no coordinator."""

PAUSE = 0.5
"""Seconds between two attempts meanwhile."""

FIXES = {
    "TOPIC_AUTHORIZATION_FAILED": "Grant this identity read on the dead letters, and write on the topic for a replay",
    "GROUP_AUTHORIZATION_FAILED": "Grant this identity read on the group",
    "UNKNOWN_TOPIC_OR_PART": "It must exist on these brokers. Check KAFKA_BOOTSTRAP_SERVERS",
}
"""Fix for each error that does not depend on the connection."""


def store(variables: Variables) -> "KafkaLetters":
    """Return the dead letters that the environment names."""
    topic = variables.required("STREAM_DEAD_LETTERS")
    settings = read(variables)
    variables.check()
    return KafkaLetters(settings, topic)


class KafkaLetters:
    """Dead letters of a topic, in partition 0 of another topic."""

    unmarked = ""

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self.settings = settings
        self.name = topic
        self.group = f"{settings.group}.redrive"
        self.error: KafkaError | None = None
        self.handled: Sequence[range] = [range(0)]
        if settings.tokens:
            settings.tokens("")  # without a token, the clients would wait and not report why
        connection = {**settings.connection, "error_cb": self._on_error}
        self.reading = {
            **connection,
            "group.id": self.group,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            # In a consumer's pod, this program shares the consumer's memory. The default is 64 MiB.
            "queued.max.messages.kbytes": 8192,
        }
        writing = {
            **connection,
            "enable.idempotence": True,
            "message.timeout.ms": int(SECONDS * 1000),
            # The topic's max.message.bytes is the limit, not the client's.
            "message.max.bytes": LARGEST,
        }
        try:
            self.member, self.producer = Consumer(self.reading), Producer(writing)
        except KafkaException as error:
            raise WrongEnvironmentError(f"KAFKA_...: {text_of(error.args[0])}") from None

    def letters(self) -> Iterator[Letter]:
        """Yield the dead letters that exist now and are not marked."""
        first, end = self._offsets()
        (mark,) = self._as_group(partial(self.member.committed, [TopicPartition(self.name, 0)], ANSWER_SECONDS))
        self.handled = merged([range(first), *decode(mark.offset, mark.metadata or "")])
        start, *others = self.handled[0].stop, *self.handled[1:]
        if start >= end:
            return
        for message in self._messages(start, end):
            if not any(message.offset() in each for each in others):
                yield letter_of(message)

    def replay(self, letters: Sequence[Letter]) -> Sequence[str | ConsumerError]:
        """Write records to their partitions. Check first that they can be marked afterwards."""
        self._with(letters)
        results: dict[str, str | ConsumerError] = {}
        for letter in letters:
            place = f"{letter.topic}[{letter.partition}]"

            def confirmed(error: KafkaError | None, message: Message, letter: Letter = letter) -> None:
                place = f"{letter.topic}[{letter.partition}]"
                results[letter.position] = self._error(error, place) if error else f"{place} {message.offset()}"

            try:
                self.producer.produce(
                    letter.topic,
                    letter.value,
                    letter.key,
                    int(letter.partition),
                    headers=list(letter.headers),
                    on_delivery=confirmed,
                )
            except KafkaException as error:
                results[letter.position] = self._error(error.args[0], place)
        self.producer.flush()
        return [results[letter.position] for letter in letters]

    def mark(self, letters: Sequence[Letter]) -> None:
        """Commit which dead letters are handled."""
        handled = self._with(letters)
        offset, text = encode(handled)
        places = [TopicPartition(self.name, 0, offset, text)]
        self._as_group(partial(self.member.commit, offsets=places, asynchronous=False))
        self.handled = handled

    def close(self) -> None:
        """Close the connections."""
        self.member.close()

    def _with(self, letters: Sequence[Letter]) -> Sequence[range]:
        """Return the handled offsets including these dead letters. Raise ConsumerError if they have too many gaps."""
        offsets = (int(letter.position) for letter in letters)
        handled = merged([*self.handled, *(range(offset, offset + 1) for offset in offsets)])
        if len(encode(handled)[1]) > LONGEST:
            raise ConsumerError(
                f"{self.name}: the dead letters that are not handled must be in at most about 400 groups, got "
                f"{len(handled)} (the committed offset keeps at most {LONGEST} characters). Replay or drop the oldest ones first."
            )
        return handled

    def _offsets(self) -> tuple[int, int]:
        """Return the first offset of the dead letters, and the offset after the last one."""
        try:
            error = self.member.list_topics(self.name, ANSWER_SECONDS).topics[self.name].error
            if error:
                raise self._error(error)
            return self.member.get_watermark_offsets(TopicPartition(self.name, 0), SECONDS)
        except KafkaException as exception:
            self.member.poll(0)  # calls _on_error with the reason
            raise self._error(exception.args[0]) from None

    def _as_group(self, call: Callable[[], Sequence[TopicPartition] | None]) -> Sequence[TopicPartition]:
        """Make a call of the group, and return its result. A new group has no coordinator for a moment."""
        end = time.monotonic() + SECONDS
        while True:
            try:
                found = call() or ()
                error = next((each.error for each in found if each.error), None)
            except KafkaException as exception:
                found, error = (), exception.args[0]
            if not error:
                return found
            event = self.member.poll(0)  # missing rights are reported here. It reads nothing: nothing is assigned
            refused = event.error() if event else None
            if refused or error.name() not in TEMPORARY or time.monotonic() > end:
                raise self._error(refused or error, f"the group {self.group}")
            time.sleep(PAUSE)

    def _messages(self, start: int, end: int) -> Iterator[Message]:
        """Yield the messages between two offsets. The partition is assigned, so the client does not join the group."""
        reader = Consumer(self.reading)
        reader.assign([TopicPartition(self.name, 0, start)])
        try:
            while True:
                message = reader.poll(SECONDS)
                if message is None:
                    raise self._error(self.error or KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001 - its public name
                error = message.error()
                if error and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
                    return
                if error:
                    raise self._error(error)
                offset = message.offset() or 0
                if offset < end:
                    yield message
                if offset >= end - 1:
                    return
        finally:
            reader.close()

    def _error(self, error: KafkaError, place: str = "") -> ConsumerError:
        """Return an error in one line, with the connection error that explains it and the fix, if known."""
        tokens = self.settings.tokens
        missing = error.name() in FIXES
        cause = None if missing else (tokens and tokens.failure) or (self.error and text_of(self.error))
        fix = FIXES.get(error.name())
        text = f"{place or self.name}: {cause or text_of(error)} (brokers {self.settings.brokers})."
        return ConsumerError(f"{text} {fix}." if fix else text)

    def _on_error(self, error: KafkaError) -> None:
        """Keep the client's latest connection error: it explains why no broker can be reached."""
        if error.name() != "_ALL_BROKERS_DOWN":  # less specific than the errors before it
            self.error = error


def letter_of(message: Message) -> Letter:
    """Return a message as a dead letter. The headers of the failure are the last ones, and are removed."""
    record = KafkaRecord()
    record.message = message
    incomplete = ""
    try:
        headers = record.headers
    except UnreadableHeadersError as error:
        headers, incomplete = error.readable, str(error)
    own = max((number for number, (name, _) in enumerate(headers) if name == FIRST_HEADER), default=len(headers))
    about: Mapping[str, str] = {
        name: value.decode(errors="replace") for name, value in headers[own:] if name.startswith(PREFIX)
    }
    if not about.get(f"{PREFIX}partition", "").isdecimal():
        incomplete = "is no dead letter"
    elif about.keys() & LEFT_OUT:
        incomplete = "does not contain the whole record"
    return Letter(
        position=record.position,
        topic=about.get(f"{PREFIX}topic", ""),
        partition=about.get(f"{PREFIX}partition", ""),
        origin=about.get(f"{PREFIX}position", ""),
        reason=about.get(f"{PREFIX}reason", ""),
        tries=about.get(f"{PREFIX}tries", ""),
        key=record.key,
        value=record.value,
        headers=headers[:own],
        incomplete=incomplete,
    )
