"""What can go wrong with a Kafka topic: what is waited out, and what a consumer ends at."""

import logging
import time

from confluent_kafka import Consumer, KafkaError, KafkaException

from consumer.errors import ConsumerError
from consumer.kafka.settings import KafkaSettings

LOGGER = logging.getLogger(__name__)

SIGN_IN_SECONDS = 5.0
"""Seconds that a refused sign-in may take to mend: a broker that has just started may not know its users yet."""

METADATA_SECONDS = 5.0
"""Seconds that any broker may take to say what it knows of the topic."""

REPEAT_SECONDS = 30.0
"""After how long the same error is logged again."""

CONNECTION_ERRORS = {
    "_AUTHENTICATION": "Check the user and password, or the identity, that the environment names",
    "_SSL": "Check KAFKA_SECURITY_PROTOCOL and the files that KAFKA_SSL_... name",
}
"""Errors of a connection that another try seldom mends, by librdkafka's names, and what to do about each."""

NO_TOPIC = "UNKNOWN_TOPIC_OR_PART"
"""The error of a topic that is not there, which a new one gives too until every broker knows of it."""

FATAL = "_FATAL"
"""The error of a client that cannot go on, which says why in its text alone."""

UNRELEASED = "UNRELEASED_INSTANCE_ID"
"""The error of a member whose name in the group is still another's."""

UNSUPPORTED = frozenset({"UNSUPPORTED_VERSION", "_UNSUPPORTED_FEATURE"})
"""The errors of a member that asks brokers for a group protocol that they do not have."""

PERMANENT = {
    "CLUSTER_AUTHORIZATION_FAILED": "Give the consumer's identity the right to it",
    "FENCED_INSTANCE_ID": "Another member of the group has taken its KAFKA_GROUP_INSTANCE_ID; give each replica one of its own",
    "GROUP_AUTHORIZATION_FAILED": "Give the consumer's identity the right to read as this group",
    "GROUP_MAX_SIZE_REACHED": "The brokers allow no more members in a group",
    "INCONSISTENT_GROUP_PROTOCOL": "The group has members that share partitions in another way; stop them first",
    "INVALID_GROUP_ID": "Check STREAM_GROUP",
    "TOPIC_AUTHORIZATION_FAILED": "Give the consumer's identity the right to read the topic",
    "UNSUPPORTED_VERSION": "The brokers are too old for it",
    "_UNSUPPORTED_FEATURE": "The brokers are too old for it",
}
"""Errors that do not pass by themselves, and what to do about each."""


class UnsupportedProtocolError(Exception):
    """The brokers do not have the newer group protocol, or it is off there."""


class InstanceIdInUseError(Exception):
    """The member's name in the group is still that of one that is gone, until its session ends."""


class KafkaFaults:
    """Notes what a client tells beside its answers, and says when it is time to end."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.settings = settings
        self.refused: tuple[float, KafkaError] | None = None
        self.logged: dict[str, float] = {}
        """When an error was last logged, by its name: a client says the same each time that it connects anew."""

    def on_error(self, error: KafkaError) -> None:
        """Take an event from the client, which calls this while it is polled."""
        self._log(error)
        if error.name() in CONNECTION_ERRORS and self.refused is None:
            self.refused = time.monotonic(), error

    def check_sign_in(self, consumer: Consumer) -> None:
        """Raise ConsumerError for a sign-in that was refused and still is, by every broker."""
        if self.refused and time.monotonic() - self.refused[0] > SIGN_IN_SECONDS:
            try:
                consumer.list_topics(self.settings.topic, timeout=METADATA_SECONDS)
            except KafkaException:
                raise self.consumer_error(self.refused[1]) from None
            self.refused = None

    def raise_if_permanent(self, error: KafkaError) -> None:
        """Raise ConsumerError if an error that came in place of a record will not pass."""
        name = name_of(error)
        if name == UNRELEASED:
            raise InstanceIdInUseError
        if name in UNSUPPORTED and self.settings.new_protocol:
            raise UnsupportedProtocolError
        if name in PERMANENT or name == FATAL:
            raise self.consumer_error(error)
        self._log(error)

    def check_topic(self, consumer: Consumer) -> None:
        """Raise ConsumerError if the brokers say that there is no such topic."""
        try:
            topics = consumer.list_topics(self.settings.topic, timeout=METADATA_SECONDS).topics
        except KafkaException:
            return  # no broker can say
        error = topics[self.settings.topic].error
        if error and error.name() == NO_TOPIC:
            raise self.consumer_error(error)

    def consumer_error(self, error: KafkaError) -> ConsumerError:
        """What a consumer ends with: the fact, the place, the reason and the way out."""
        name, tokens = name_of(error), self.settings.tokens
        reason = tokens.failure if tokens and tokens.failure and name in CONNECTION_ERRORS else text_of(error)
        fix = {**CONNECTION_ERRORS, **PERMANENT, NO_TOPIC: "Check STREAM_TOPIC and KAFKA_BOOTSTRAP_SERVERS"}.get(name)
        mechanism = self.settings.connection.get("sasl.mechanism") or self.settings.connection.get("security.protocol")
        return ConsumerError(
            f"{self.settings.topic} cannot be read from {self.settings.brokers} by {mechanism or 'PLAINTEXT'}: {reason}."
            + (f" {fix}." if fix else "")
        )

    def _log(self, error: KafkaError) -> None:
        name, now = error.name(), time.monotonic()
        if name != "_ALL_BROKERS_DOWN" and now - self.logged.get(name, -REPEAT_SECONDS) >= REPEAT_SECONDS:
            self.logged[name] = now
            LOGGER.warning("%s: %s", self.settings.topic, text_of(error))


def name_of(error: KafkaError) -> str:
    """The name of an error; of a fatal one, that of its reason where it is known here."""
    if error.name() != FATAL:
        return error.name()
    reasons = (name for name in (UNRELEASED, *PERMANENT) if KafkaError(getattr(KafkaError, name)).str() in error.str())
    return next(reasons, FATAL)


def text_of(error: KafkaError) -> str:
    """What an error says, in one line."""
    return " ".join(f"{error.str()} ({error.name()})".split())
