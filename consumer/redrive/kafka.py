"""Dead letters in a Kafka topic. Handled ones are marked in the committed offset of the group `GROUP.redrive`."""

from collections.abc import Iterator, Mapping, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from consumer.errors import ConsumerError
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

FIXES = {
    "TOPIC_AUTHORIZATION_FAILED": "Grant this identity read on the dead letters, and write on the topic for a replay",
    "GROUP_AUTHORIZATION_FAILED": "Grant this identity read on the group",
}
"""Fix for each error of missing rights."""


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
        connection = {**settings.connection, "error_cb": self._on_error}
        properties = {"group.id": self.group, "enable.auto.commit": False, "enable.partition.eof": True}
        # The partition is assigned, so the client does not join the group.
        self.consumer = Consumer({**connection, **properties, "auto.offset.reset": "error"})
        self.producer = Producer(
            {
                **connection,
                "enable.idempotence": True,
                "message.timeout.ms": int(SECONDS * 1000),
                # The topic's max.message.bytes is the limit, not the client's.
                "message.max.bytes": LARGEST,
            }
        )

    def letters(self) -> Iterator[Letter]:
        """Yield the dead letters that exist now and are not marked."""
        try:
            first, end = self.consumer.get_watermark_offsets(TopicPartition(self.name, 0), SECONDS)
            (mark,) = self.consumer.committed([TopicPartition(self.name, 0)], SECONDS)
        except KafkaException as error:
            self.consumer.poll(0)  # calls _on_error with the reason
            raise self._error(error.args[0]) from None
        self.handled = merged([range(first), *decode(mark.offset, mark.metadata or "")])
        start, *others = self.handled[0].stop, *self.handled[1:]
        if start >= end:
            return
        self.consumer.assign([TopicPartition(self.name, 0, start)])
        for message in self._messages(end):
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
        try:
            found = self.consumer.commit(offsets=[TopicPartition(self.name, 0, offset, text)], asynchronous=False)
        except KafkaException as error:
            raise self._error(error.args[0], f"cannot commit as the group {self.group}") from None
        for each in found or ():
            if each.error:
                raise self._error(each.error, f"cannot commit as the group {self.group}")
        self.handled = handled

    def close(self) -> None:
        """Close the connections."""
        self.consumer.close()

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

    def _messages(self, end: int) -> Iterator[Message]:
        """Yield the messages below an offset."""
        while True:
            message = self.consumer.poll(SECONDS)
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
