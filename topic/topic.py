"""Make a Kafka topic, or grow one, from inside the network: for services whose topics no cloud API makes.

It reads nothing but its environment: STREAM_TOPIC, TOPIC_PARTITIONS, TOPIC_REPLICATION_FACTOR (of a new topic; the brokers'
default if absent), TOPIC_CONFIG (a JSON object of the topic's settings), TOPIC_SETTINGS (names of settings with commas between:
those that TOPIC_CONFIG leaves out go back to the brokers' default; none if absent), and librdkafka's properties with the prefix
KAFKA_: KAFKA_SASL_MECHANISM is sasl.mechanism. OAUTHBEARER signs in to Amazon MSK in AWS_REGION as the AWS identity that it runs
under.
Exit status 0: the topic is as wanted; 1: it is not; 2: the environment is wrong.
"""

# confluent_kafka.admin re-exports its classes without telling type checkers so.
# pyright: reportPrivateImportUsage=false

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeAlias

import botocore.session
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from botocore.exceptions import BotoCoreError
from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
)

DEADLINE = 240.0
"""Seconds of trying after which no new try begins; one that is under way is waited for."""

REQUEST_TIMEOUT = 15.0
"""Seconds that one request may take, with connecting and signing in."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds between two tries: doubled each time, up to the longest."""

TRANSIENT = {
    "_RESOLVE",
    "_TIMED_OUT",
    "_TRANSPORT",
    "LEADER_NOT_AVAILABLE",
    "NOT_CONTROLLER",
    "REASSIGNMENT_IN_PROGRESS",
    "REQUEST_TIMED_OUT",
    "THROTTLING_QUOTA_EXCEEDED",
    "TOPIC_ALREADY_EXISTS",  # made meanwhile: the next look shows it
    "UNKNOWN_TOPIC_OR_PART",  # just made: not every broker knows it yet
}
"""Errors that pass by themselves, by librdkafka's names; any other is told at once."""

OWN = ConfigSource.DYNAMIC_TOPIC_CONFIG
"""Where a setting comes from that the topic has as its own, and not from the brokers."""


class WrongEnvironmentError(Exception):
    """Variables that are missing or cannot be read, one line each."""


class TopicError(Exception):
    """Why the topic is not as wanted, in one line."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The topic as it shall be."""

    name: str
    partitions: int
    replication_factor: int | None
    config: Mapping[str, str]
    settings: Set[str]
    """The settings that the topic has as its own only if `config` names them."""


@dataclass(frozen=True, kw_only=True)
class Present:
    """The topic as the brokers show it, with what it has for the settings that are wanted."""

    partitions: int
    leaders: int
    config: Mapping[str, str | None]
    own: Set[str]
    """The settings that it has as its own, wanted or not."""


@dataclass(frozen=True)
class Create:
    """Make the topic."""


@dataclass(frozen=True)
class Configure:
    """Change some of the topic's settings, let the brokers decide others again, and leave the rest."""

    config: Mapping[str, str]
    reset: Sequence[str]


@dataclass(frozen=True)
class Grow:
    """Add partitions."""

    present: int
    wanted: int


Action: TypeAlias = Create | Configure | Grow


def decide(present: Present | None, wanted: Wanted) -> list[Action]:
    """What turns the present topic into the wanted one.

    Settings come first: a refused one then leaves the number of partitions alone, which nobody can take back.
    """
    if present is None:
        return [Create()]
    if present.partitions > wanted.partitions:
        raise TopicError(
            f"cannot go from {present.partitions} to {wanted.partitions} partitions. "
            "Kafka cannot take partitions away, since their records would be lost. "
            f"Set parallelism to {present.partitions} or more; to end with fewer, add a pipe of another name."
        )
    changed = {key: value for key, value in wanted.config.items() if present.config.get(key) != value}
    reset = sorted((present.own & wanted.settings) - wanted.config.keys())
    actions: list[Action] = [Configure(changed, reset)] if changed or reset else []
    if present.partitions < wanted.partitions:
        actions.append(Grow(present.partitions, wanted.partitions))
    return actions


class Brokers:
    """The Kafka cluster, by the few requests that one topic needs."""

    def __init__(self, properties: Mapping[str, str], region: str) -> None:
        self.event: KafkaError | None = None
        self.client = connect(properties, region, self._note)

    def look(self, wanted: Wanted) -> Present | None:
        """The topic as it is, or None; asked so that the question does not make it, as other requests for metadata may."""
        try:
            topic = self._answer(self.client.describe_topics, TopicCollection([wanted.name]))
        except KafkaException as error:
            if name_of(error) == "UNKNOWN_TOPIC_OR_PART":
                return None
            raise
        entries: Mapping[str, ConfigEntry] = {}
        if wanted.config or wanted.settings:
            resource = ConfigResource(ConfigResource.Type.TOPIC, wanted.name)
            entries = self._answer(self.client.describe_configs, [resource])
        return Present(
            partitions=len(topic.partitions),
            leaders=sum(partition.leader is not None for partition in topic.partitions),
            config={key: entries[key].value for key in wanted.config if key in entries},
            own={key for key, entry in entries.items() if ConfigSource(entry.source) is OWN},
        )

    def do(self, action: Action, wanted: Wanted) -> str:
        """Do one thing and say what was done."""
        match action:
            case Create():
                factor = -1 if wanted.replication_factor is None else wanted.replication_factor
                topic = NewTopic(wanted.name, wanted.partitions, factor, config=dict(wanted.config))
                self._answer(self.client.create_topics, [topic])
                return f"created with {wanted.partitions} partitions"
            case Configure(config, reset):
                change = AlterConfigOpType
                entries = [ConfigEntry(key, value, incremental_operation=change.SET) for key, value in config.items()]
                entries += [ConfigEntry(key, None, incremental_operation=change.DELETE) for key in reset]
                resource = ConfigResource(ConfigResource.Type.TOPIC, wanted.name, incremental_configs=entries)
                self._answer(self.client.incremental_alter_configs, [resource])
                return ", ".join(
                    [f"{key} = {value}" for key, value in config.items()] + [f"{key} reset" for key in reset]
                )
            case Grow(present, partitions):
                self._answer(self.client.create_partitions, [NewPartitions(wanted.name, partitions)])
                return f"{present} → {partitions} partitions"

    def _note(self, error: KafkaError) -> None:
        """Keep what the client tells beside its answers, which is why no broker can be reached."""
        if error.name() != "_ALL_BROKERS_DOWN":  # says less than the errors before it
            self.event = error

    def _answer(self, request: Callable[..., Mapping[Any, "Future[Any]"]], about: Any) -> Any:
        """The answer to a request about one topic. A refused sign-in ends the wait: the client would only repeat it."""
        self.event = None
        (future,) = request(about, request_timeout=REQUEST_TIMEOUT).values()
        while not future.done():
            self.client.poll(0.2)
            if self.event and self.event.name() not in TRANSIENT:
                raise KafkaException(self.event)
        try:
            return future.result()
        except KafkaException as error:
            if self.event and name_of(error) == "_TIMED_OUT":
                raise KafkaException(self.event) from None
            raise


def settle(brokers: Brokers, wanted: Wanted) -> Iterator[str]:
    """Make the topic as wanted, telling each thing done, until it is seen so with a leader for each partition."""
    deadline, pause = time.monotonic() + DEADLINE, FIRST_PAUSE
    done: list[Action] = []
    while True:
        try:
            present = brokers.look(wanted)
            for action in decide(present, wanted):
                if action not in done:
                    yield brokers.do(action, wanted)
                    done.append(action)
            if present and present.partitions == present.leaders == wanted.partitions:
                if not done:
                    yield f"{wanted.partitions} partitions, nothing to do"
                return
            fault = f"{present.leaders if present else 0} of {wanted.partitions} partitions are seen with a leader"
        except KafkaException as error:
            fault = text_of(error)
            if name_of(error) not in TRANSIENT:
                raise TopicError(fault) from None
        if time.monotonic() + pause > deadline:
            raise TopicError(f"not as wanted after {DEADLINE:.0f} seconds of trying. The last try: {fault}")
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def name_of(error: KafkaException) -> str:
    """The name of an error, such as TOPIC_ALREADY_EXISTS."""
    return error.args[0].name()


def text_of(error: KafkaException) -> str:
    """What an error says, in one line."""
    return " ".join(f"{error.args[0].str()} ({name_of(error)})".split())


def read(environment: Mapping[str, str]) -> tuple[Wanted, dict[str, str]]:
    """The wanted topic and the client's properties, or every mistake at once."""
    required = ["STREAM_TOPIC", "KAFKA_BOOTSTRAP_SERVERS"]
    if environment.get("KAFKA_SASL_MECHANISM") == "OAUTHBEARER":
        required.append("AWS_REGION")
    errors = [f"{name}: must be set" for name in required if not environment.get(name)]

    def number(variable: str) -> int:
        text = environment.get(variable, "")
        if re.fullmatch("[1-9][0-9]{0,3}|10000", text):
            return int(text)
        errors.append(f"{variable}: must be a whole number from 1 to 10000, not {text!r}")
        return 1

    wanted = Wanted(
        name=environment.get("STREAM_TOPIC", ""),
        partitions=number("TOPIC_PARTITIONS"),
        replication_factor=number("TOPIC_REPLICATION_FACTOR") if "TOPIC_REPLICATION_FACTOR" in environment else None,
        config=_config(environment.get("TOPIC_CONFIG", "{}"), errors),
        settings=_names(environment.get("TOPIC_SETTINGS", ""), errors),
    )
    if errors:
        raise WrongEnvironmentError("\n".join(errors))
    return wanted, {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value
        for name, value in environment.items()
        if name.startswith("KAFKA_")
    }


def _config(text: str, errors: list[str]) -> dict[str, str]:
    try:
        config = json.loads(text)
    except ValueError:
        config = None
    if isinstance(config, dict) and all(isinstance(value, str) for value in config.values()):
        return config
    errors.append(f"TOPIC_CONFIG: must be a JSON object with a text for each of the topic's settings, not {text}")
    return {}


def _names(text: str, errors: list[str]) -> set[str]:
    if not re.fullmatch(r"([a-z.]+(,[a-z.]+)*)?", text):
        errors.append(f"TOPIC_SETTINGS: must be names of settings with commas between, not {text!r}")
    return set(filter(None, text.split(",")))


def connect(properties: Mapping[str, str], region: str, note: Callable[[KafkaError], None]) -> AdminClient:
    """A client with these properties, which by OAUTHBEARER signs in to Amazon MSK with its AWS identity."""

    def token(_: str) -> tuple[str, float]:
        text, milliseconds = MSKAuthTokenProvider.generate_auth_token(region)
        return text, milliseconds / 1000

    # The client's own log says what is noted here, and without a pause it would connect many times a second.
    settings: dict[str, Any] = {"log_level": 0, "reconnect.backoff.ms": 1000, **properties, "error_cb": note}
    try:
        if properties.get("sasl.mechanism") == "OAUTHBEARER":
            if botocore.session.get_session().get_credentials() is None:
                raise TopicError("cannot sign in: no AWS credentials are found; run this under an AWS identity")
            settings["oauth_cb"] = token
        return AdminClient(settings)
    except BotoCoreError as error:
        raise TopicError(f"cannot sign in: {error}") from None
    except KafkaException as error:
        if name_of(error) == "_INVALID_ARG":
            raise WrongEnvironmentError(f"KAFKA_...: {text_of(error)}") from None
        raise TopicError(f"cannot sign in: {text_of(error)}") from None


def main(environment: Mapping[str, str]) -> int:
    """Make the topic as the environment says, and tell what was done or why not."""
    name = environment.get("STREAM_TOPIC")
    try:
        wanted, properties = read(environment)
        for line in settle(Brokers(properties, environment.get("AWS_REGION", "")), wanted):
            sys.stdout.write(f"{name}: {line}\n")
    except WrongEnvironmentError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except TopicError as error:
        sys.stderr.write(f"{name}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
