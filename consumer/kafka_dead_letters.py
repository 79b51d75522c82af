"""Where records of a Kafka topic are set aside: another topic of the same brokers."""

from collections.abc import Mapping
from functools import cached_property

from confluent_kafka import KafkaError, KafkaException, Producer

from consumer.errors import ConsumerError
from consumer.kafka_faults import text_of
from consumer.kafka_settings import KafkaSettings
from consumer.record import Record

SECONDS = 60
"""How long the brokers may take to have a record for good."""

LONGEST_REASON = 1000
"""How many characters of the reason are kept: it must not make a record too large for its topic."""


TOO_LARGE = "MSG_SIZE_TOO_LARGE"
"""The error of a record that is larger than its topic takes."""


class KafkaDeadLetters:
    """A topic with the records that could not be handled: the same key, value and headers, and what befell them in more headers.

    A record that with those is larger than the topic takes goes there without its value, which its own topic still has. So does one that
    fitted there only compressed: not every service takes what is compressed (Event Hubs, Kafka compression: premium and dedicated).
    """

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self.settings = settings
        self.topic = topic
        self.fault: KafkaError | None = None

    def put(self, record: Record, *, reason: str, tries: int) -> None:
        """Write a record, and return once all brokers that must have it do."""
        told = {
            "dead-letter-topic": record.topic,
            "dead-letter-partition": record.partition,
            "dead-letter-position": record.position,
            "dead-letter-group": self.settings.group,
            "dead-letter-reason": reason[:LONGEST_REASON],
            "dead-letter-tries": str(tries),
        }
        fault = self._write(record, told, record.value)
        if fault and fault.name() == TOO_LARGE:
            left_out = {"dead-letter-value": "left out, since it is too large; the topic of the record has it"}
            fault = self._write(record, {**told, **left_out}, None)
        if fault:
            place = f"{record.topic}[{record.partition}] {record.position}"
            raise ConsumerError(
                f"{place} cannot be set aside in {self.topic}: {text_of(fault)}. It comes again once the consumer starts again."
            )

    def _write(self, record: Record, told: Mapping[str, str], value: bytes | None) -> KafkaError | None:
        """Write a record and wait until the brokers have it; why they do not, if they do not."""
        reports: list[KafkaError | None] = []
        self.fault = None
        try:
            self._producer.produce(
                self.topic,
                value,
                record.key,
                headers=[*record.headers, *((name, text.encode(errors="replace")) for name, text in told.items())],
                on_delivery=lambda error, _: reports.append(error),
            )
            self._producer.flush(SECONDS)
        except KafkaException as error:
            reports.append(error.args[0])
        if reports and reports[0] is None:
            return None
        silence = KafkaError(KafkaError._TIMED_OUT, f"no answer within {SECONDS} seconds")  # noqa: SLF001 - its public name
        return self.fault or (reports[0] if reports else silence)

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
                "message.max.bytes": 1_000_000_000,
                "error_cb": self._note,
            }
        )

    def _note(self, error: KafkaError) -> None:
        """Keep what the client tells beside its answers, which is why no broker can be reached."""
        if error.name() != "_ALL_BROKERS_DOWN":  # says less than the errors before it
            self.fault = error
