"""Errors of a Kafka topic: temporary ones are logged, permanent ones end the consumer."""

import logging
import time

from confluent_kafka import Consumer, KafkaError, KafkaException

from consumer.errors import ConsumerError
from consumer.kafka.settings import KafkaSettings

LOGGER = logging.getLogger(__name__)

SIGN_IN_SECONDS = 5.0
"""Seconds during which a rejected sign-in may still succeed: a broker that has just started may not have loaded its
users."""

METADATA_SECONDS = 5.0
"""Maximum seconds for a broker to return the topic's metadata."""

REPEAT_SECONDS = 30.0
"""Minimum seconds between two log lines for the same error."""

CONNECTION_ERRORS = {
    "_AUTHENTICATION": "Check the user and password, or the identity, in the environment",
    "_SSL": "Check KAFKA_SECURITY_PROTOCOL and the files in KAFKA_SSL_...",
}
"""Connection errors that a retry rarely fixes, by their librdkafka names, with the fix for each."""

NO_TOPIC = "UNKNOWN_TOPIC_OR_PART"
"""Error for a missing topic. Also returned for a new topic until every broker has its metadata."""

FATAL = "_FATAL"
"""Error of a client that cannot continue. The reason is only in its text."""

UNRELEASED = "UNRELEASED_INSTANCE_ID"
"""Error of a member whose instance ID is still in use by another member."""

UNSUPPORTED = frozenset({"UNSUPPORTED_VERSION", "_UNSUPPORTED_FEATURE"})
"""Errors if the brokers do not support the requested group protocol."""

PERMANENT = {
    "CLUSTER_AUTHORIZATION_FAILED": "Grant the consumer's identity access to the cluster",
    "FENCED_INSTANCE_ID": "Another member of the group uses the same KAFKA_GROUP_INSTANCE_ID. Set a different one for each replica",
    "GROUP_AUTHORIZATION_FAILED": "Grant the consumer's identity permission to read as this group",
    "GROUP_MAX_SIZE_REACHED": "The group already has the maximum number of members",
    "INCONSISTENT_GROUP_PROTOCOL": "The group has members with a different assignment strategy. Stop them first",
    "INVALID_GROUP_ID": "Check STREAM_GROUP",
    "TOPIC_AUTHORIZATION_FAILED": "Grant the consumer's identity permission to read the topic",
    "UNSUPPORTED_VERSION": "The brokers are too old for this feature",
    "_UNSUPPORTED_FEATURE": "The brokers are too old for this feature",
}
"""Permanent errors, with the fix for each."""


class UnsupportedProtocolError(Exception):
    """The brokers do not support the newer group protocol, or it is disabled."""


class InstanceIdInUseError(Exception):
    """The member's instance ID is still held by a previous member until that session expires."""


class KafkaFaults:
    """Records the client's errors and decides when the consumer must exit."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.settings = settings
        self.refused: tuple[float, KafkaError] | None = None
        self.logged: dict[str, float] = {}
        """Time of the last log line per error name. A client reports the same error at each connection attempt."""

    def on_error(self, error: KafkaError) -> None:
        """Handle an error event. The client calls this while it is polled."""
        self._log(error)
        if error.name() in CONNECTION_ERRORS and self.refused is None:
            self.refused = time.monotonic(), error

    def check_sign_in(self, consumer: Consumer) -> None:
        """Raise ConsumerError if a sign-in was rejected and no broker accepts it now."""
        if self.refused and time.monotonic() - self.refused[0] > SIGN_IN_SECONDS:
            try:
                consumer.list_topics(self.settings.topic, timeout=METADATA_SECONDS)
            except KafkaException:
                raise self.consumer_error(self.refused[1]) from None
            self.refused = None

    def raise_if_permanent(self, error: KafkaError) -> None:
        """Raise ConsumerError if an error that was returned in place of a record is permanent."""
        name = name_of(error)
        if name == UNRELEASED:
            raise InstanceIdInUseError
        if name in UNSUPPORTED and self.settings.new_protocol:
            raise UnsupportedProtocolError
        if name in PERMANENT or name == FATAL:
            raise self.consumer_error(error)
        self._log(error)

    def check_topic(self, consumer: Consumer) -> None:
        """Raise ConsumerError if the brokers report that the topic does not exist."""
        try:
            topics = consumer.list_topics(self.settings.topic, timeout=METADATA_SECONDS).topics
        except KafkaException:
            return  # no broker responds
        error = topics[self.settings.topic].error
        if error and error.name() == NO_TOPIC:
            raise self.consumer_error(error)

    def consumer_error(self, error: KafkaError) -> ConsumerError:
        """Return the ConsumerError for an error: topic, brokers, reason and fix."""
        name, tokens = name_of(error), self.settings.tokens
        reason = tokens.failure if tokens and tokens.failure and name in CONNECTION_ERRORS else text_of(error)
        fix = {**CONNECTION_ERRORS, **PERMANENT, NO_TOPIC: "Check STREAM_TOPIC and KAFKA_BOOTSTRAP_SERVERS"}.get(name)
        mechanism = self.settings.connection.get("sasl.mechanism") or self.settings.connection.get("security.protocol")
        return ConsumerError(
            f"{self.settings.topic}: cannot read from {self.settings.brokers} with {mechanism or 'PLAINTEXT'}: {reason}."
            + (f" {fix}." if fix else "")
        )

    def _log(self, error: KafkaError) -> None:
        name, now = error.name(), time.monotonic()
        if name != "_ALL_BROKERS_DOWN" and now - self.logged.get(name, -REPEAT_SECONDS) >= REPEAT_SECONDS:
            self.logged[name] = now
            LOGGER.warning("%s: %s", self.settings.topic, text_of(error))


def name_of(error: KafkaError) -> str:
    """Return the name of an error. For a fatal error, return the name of its reason if it is known."""
    if error.name() != FATAL:
        return error.name()
    reasons = (name for name in (UNRELEASED, *PERMANENT) if KafkaError(getattr(KafkaError, name)).str() in error.str())
    return next(reasons, FATAL)


def text_of(error: KafkaError) -> str:
    """Return the text and name of an error in one line."""
    return " ".join(f"{error.str()} ({error.name()})".split())
