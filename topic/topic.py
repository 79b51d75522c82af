"""Create or update a Kafka topic from inside the network, for services without a cloud API for topics.

Environment variables:
  STREAM_TOPIC              name of the topic
  TOPIC_PARTITIONS          number of partitions
  TOPIC_REPLICATION_FACTOR  replication factor of a new topic; default: the brokers' default
  TOPIC_CONFIG              JSON object with settings of the topic
  TOPIC_SETTINGS            comma-separated setting names; those missing in TOPIC_CONFIG are reset to the brokers' default
  TOPIC_KEEP_SETTINGS       true: set TOPIC_CONFIG only on a new topic; on one that is there, only check that it has these values
  TOPIC_EXISTING            true: change nothing, only check that the topic exists and has TOPIC_PARTITIONS partitions
  AWS_REGION                region of Amazon MSK, for OAUTHBEARER: signs in with the AWS identity of the process
  KAFKA_...                 librdkafka properties: KAFKA_SASL_MECHANISM sets sasl.mechanism
Exit status: 0 if the topic has the desired state, 1 if it does not, 2 if the environment is invalid or does not match an existing topic.
"""

# confluent_kafka.admin re-exports its classes without declaring it to type checkers.
# pyright: reportPrivateImportUsage=false

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Future
from dataclasses import dataclass, replace
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
"""Seconds after which no new attempt starts. A running attempt is completed."""

REQUEST_TIMEOUT = 15.0
"""Timeout of one request in seconds, including connecting and signing in."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds between attempts, doubled after each attempt up to the longest."""

TRANSIENT = {
    "_RESOLVE",
    "_TIMED_OUT",
    "_TRANSPORT",
    "LEADER_NOT_AVAILABLE",
    "NOT_CONTROLLER",
    "REASSIGNMENT_IN_PROGRESS",
    "REQUEST_TIMED_OUT",
    "THROTTLING_QUOTA_EXCEEDED",
    "TOPIC_ALREADY_EXISTS",  # created concurrently: the next attempt finds it
    "UNKNOWN_TOPIC_OR_PART",  # just created: not yet known to every broker
}
"""Errors that are retried, by librdkafka's names. Other errors are reported immediately."""

TOPIC_OVERRIDE = ConfigSource.DYNAMIC_TOPIC_CONFIG
"""Source of a setting that is set on the topic itself, not a default of the brokers."""


class WrongEnvironmentError(Exception):
    """Missing or invalid environment variables, one line each."""


class TopicError(Exception):
    """Why the topic does not have the desired state, in one line."""


class MismatchError(TopicError):
    """An existing topic is missing, or has another number of partitions or other settings. Another attempt has the same result."""


@dataclass(frozen=True, kw_only=True)
class DesiredTopic:
    """Desired topic state."""

    name: str
    partitions: int
    replication_factor: int | None
    config: Mapping[str, str]
    settings: Set[str]
    """Settings that are reset to the brokers' default if `config` does not contain them."""
    keep_settings: bool = False
    """Whether the settings of a topic that is there are only checked: the brokers have another owner."""
    existing: bool = False
    """Whether the topic was there before. It is only checked."""


@dataclass(frozen=True, kw_only=True)
class CurrentTopic:
    """Current topic state, with the current values of the desired settings."""

    partitions: int
    leaders: int
    config: Mapping[str, str | None]
    overrides: Set[str]
    """Names of all settings that are set on the topic itself."""


@dataclass(frozen=True)
class Create:
    """Create the topic."""


@dataclass(frozen=True)
class Configure:
    """Set settings of the topic and reset others to the brokers' default."""

    config: Mapping[str, str]
    reset: Sequence[str]


@dataclass(frozen=True)
class Grow:
    """Add partitions."""

    current: int
    desired: int


Action: TypeAlias = Create | Configure | Grow


def decide(current: CurrentTopic | None, desired: DesiredTopic) -> list[Action]:
    """Return the actions that bring the topic to its desired state.

    Settings come first. If Kafka rejects one, no partitions have been added, which could not be undone.
    """
    if desired.existing:
        check(current, desired)
        return []
    if current is None:
        return [Create()]
    if current.partitions > desired.partitions:
        raise TopicError(
            f"cannot be changed from {current.partitions} to {desired.partitions} partitions "
            "(Kafka cannot remove partitions because their records would be lost). "
            f"Set parallelism to {current.partitions} or more; to have fewer, add a pipe with a different name."
        )
    actions: list[Action] = []
    if desired.keep_settings:
        check_settings(current, desired)
    else:
        changed = {key: value for key, value in desired.config.items() if current.config.get(key) != value}
        reset = sorted((current.overrides & desired.settings) - desired.config.keys())
        actions += [Configure(changed, reset)] if changed or reset else []
    if current.partitions < desired.partitions:
        actions.append(Grow(current.partitions, desired.partitions))
    return actions


def check(current: CurrentTopic | None, desired: DesiredTopic) -> None:
    """Raise MismatchError if an existing topic is missing, or has another number of partitions than its pipe."""
    if current is None:
        raise MismatchError(
            "must be a topic that exists, got none with this name. Correct the name of the pipe or topic.name, or remove topic.existing to make "
            "the topic."
        )
    if current.partitions != desired.partitions:
        raise MismatchError(
            f"the pipe's parallelism must be {current.partitions}, the number of partitions of the existing topic, got {desired.partitions} (every "
            f"partition has exactly one reader). Set parallelism to {current.partitions}."
        )


def check_settings(current: CurrentTopic, desired: DesiredTopic) -> None:
    """Raise MismatchError if a topic that is there has other values of the desired settings."""
    present = {key: current.config.get(key) for key in desired.config}
    differences = [
        f"{key} must be {present[key]}, the present value, got {value}"
        if present[key] is not None
        else f"{key} must not be set, because the topic does not have this setting, got {value}"
        for key, value in sorted(desired.config.items())
        if present[key] != value
    ]
    if differences:
        raise MismatchError(
            f"{'; '.join(differences)} (the topic is there, and the brokers have another owner, so its settings are not changed). Set the "
            "present values in the stack file, change the topic with the tools of its owner, or set topic.existing: true (for dead letters, "
            "deadLetter.enabled: false)."
        )


class Brokers:
    """Kafka admin client with the requests for one topic."""

    def __init__(self, properties: Mapping[str, str], region: str) -> None:
        self.event: KafkaError | None = None
        self.client = connect(properties, region, self._record_event)

    def describe(self, desired: DesiredTopic) -> CurrentTopic | None:
        """Return the current topic, or None. DescribeTopics never creates a topic; other metadata requests can."""
        try:
            topic = self._result(self.client.describe_topics, TopicCollection([desired.name]))
        except KafkaException as error:
            if name_of(error) == "UNKNOWN_TOPIC_OR_PART":
                return None
            raise
        entries: Mapping[str, ConfigEntry] = {}
        if desired.config or desired.settings:
            resource = ConfigResource(ConfigResource.Type.TOPIC, desired.name)
            entries = self._result(self.client.describe_configs, [resource])
        return CurrentTopic(
            partitions=len(topic.partitions),
            leaders=sum(partition.leader is not None for partition in topic.partitions),
            config={key: entries[key].value for key in desired.config if key in entries},
            overrides={key for key, entry in entries.items() if ConfigSource(entry.source) is TOPIC_OVERRIDE},
        )

    def apply(self, action: Action, desired: DesiredTopic) -> str:
        """Perform an action and return a log line."""
        match action:
            case Create():
                factor = -1 if desired.replication_factor is None else desired.replication_factor
                topic = NewTopic(desired.name, desired.partitions, factor, config=dict(desired.config))
                self._result(self.client.create_topics, [topic])
                return f"created with {desired.partitions} partitions"
            case Configure(config, reset):
                change = AlterConfigOpType
                entries = [ConfigEntry(key, value, incremental_operation=change.SET) for key, value in config.items()]
                entries += [ConfigEntry(key, None, incremental_operation=change.DELETE) for key in reset]
                resource = ConfigResource(ConfigResource.Type.TOPIC, desired.name, incremental_configs=entries)
                self._result(self.client.incremental_alter_configs, [resource])
                return ", ".join(
                    [f"{key} = {value}" for key, value in config.items()]
                    + [f"{key} reset to the brokers' default" for key in reset]
                )
            case Grow(current, partitions):
                self._result(self.client.create_partitions, [NewPartitions(desired.name, partitions)])
                return f"partitions increased from {current} to {partitions}"

    def _record_event(self, error: KafkaError) -> None:
        """Store a client event. It explains why no broker can be reached; the failed request does not."""
        if error.name() != "_ALL_BROKERS_DOWN":  # less specific than the errors before it
            self.event = error

    def _result(self, request: Callable[..., Mapping[Any, "Future[Any]"]], about: Any) -> Any:
        """Return the result of a request about one topic. Stop at permanent client errors, such as a failed sign-in."""
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


def reconcile(brokers: Brokers, desired: DesiredTopic) -> Iterator[str]:
    """Create or update the topic, wait until each partition has a leader, and yield log lines."""
    deadline, pause = time.monotonic() + DEADLINE, FIRST_PAUSE
    done: list[Action] = []
    while True:
        try:
            current = brokers.describe(desired)
            for action in decide(current, desired):
                if action not in done:
                    yield brokers.apply(action, desired)
                    done.append(action)
                    if isinstance(action, Create) and desired.keep_settings:
                        # The settings are as desired. Not every broker has them yet, which must not look like a topic of another owner.
                        desired = replace(desired, config={}, settings=frozenset[str]())
            if current and current.partitions == current.leaders == desired.partitions:
                if not done:
                    yield f"up to date ({desired.partitions} partitions)"
                return
            fault = f"{current.leaders if current else 0} of {desired.partitions} partitions have a leader"
        except KafkaException as error:
            fault = text_of(error)
            if name_of(error) not in TRANSIENT:
                raise TopicError(fault) from None
        if time.monotonic() + pause > deadline:
            raise TopicError(f"not in the desired state after {DEADLINE:.0f} seconds. Last attempt: {fault}")
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def name_of(error: KafkaException) -> str:
    """Return the name of an error, such as TOPIC_ALREADY_EXISTS."""
    return error.args[0].name()


def text_of(error: KafkaException) -> str:
    """Return an error's message and name in one line."""
    return " ".join(f"{error.args[0].str()} ({name_of(error)})".split())


def read(environment: Mapping[str, str]) -> tuple[DesiredTopic, dict[str, str]]:
    """Return the desired topic and the client's properties. Raise one error that lists all invalid variables."""
    required = ["STREAM_TOPIC", "KAFKA_BOOTSTRAP_SERVERS"]
    if environment.get("KAFKA_SASL_MECHANISM") == "OAUTHBEARER":
        required.append("AWS_REGION")
    errors = [f"{name}: is required." for name in required if not environment.get(name)]

    def number(variable: str) -> int:
        text = environment.get(variable, "")
        if re.fullmatch("[1-9][0-9]{0,3}|10000", text):
            return int(text)
        errors.append(f"{variable}: must be a whole number from 1 to 10000, got {text!r}.")
        return 1

    desired = DesiredTopic(
        name=environment.get("STREAM_TOPIC", ""),
        partitions=number("TOPIC_PARTITIONS"),
        replication_factor=number("TOPIC_REPLICATION_FACTOR") if "TOPIC_REPLICATION_FACTOR" in environment else None,
        config=_config(environment.get("TOPIC_CONFIG", "{}"), errors),
        settings=_names(environment.get("TOPIC_SETTINGS", ""), errors),
        keep_settings=_flag("TOPIC_KEEP_SETTINGS", environment, errors),
        existing=_flag("TOPIC_EXISTING", environment, errors),
    )
    if errors:
        raise WrongEnvironmentError("\n".join(errors))
    return desired, {
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
    errors.append(f"TOPIC_CONFIG: must be a JSON object with string values, got {text}.")
    return {}


def _names(text: str, errors: list[str]) -> set[str]:
    if not re.fullmatch(r"([a-z.]+(,[a-z.]+)*)?", text):
        errors.append(f"TOPIC_SETTINGS: must be comma-separated setting names without spaces, got {text!r}.")
    return set(filter(None, text.split(",")))


def _flag(variable: str, environment: Mapping[str, str], errors: list[str]) -> bool:
    text = environment.get(variable, "false")
    if text not in ("true", "false"):
        errors.append(f"{variable}: must be true or false, got {text!r}.")
    return text == "true"


def connect(properties: Mapping[str, str], region: str, on_error: Callable[[KafkaError], None]) -> AdminClient:
    """Return an admin client. With OAUTHBEARER it signs in to Amazon MSK with its AWS identity."""

    def token(_: str) -> tuple[str, float]:
        text, milliseconds = MSKAuthTokenProvider.generate_auth_token(region)
        return text, milliseconds / 1000

    # error_cb replaces the client's log. Without the backoff the client would reconnect many times a second.
    settings: dict[str, Any] = {"log_level": 0, "reconnect.backoff.ms": 1000, **properties, "error_cb": on_error}
    try:
        if properties.get("sasl.mechanism") == "OAUTHBEARER":
            if botocore.session.get_session().get_credentials() is None:
                raise TopicError("sign-in failed: no AWS credentials found. Run this with an AWS identity.")
            settings["oauth_cb"] = token
        return AdminClient(settings)
    except BotoCoreError as error:
        raise TopicError(f"sign-in failed: {error}") from None
    except KafkaException as error:
        if name_of(error) == "_INVALID_ARG":
            raise WrongEnvironmentError(f"KAFKA_...: {text_of(error)}") from None
        raise TopicError(f"sign-in failed: {text_of(error)}") from None


def main(environment: Mapping[str, str]) -> int:
    """Create or update the topic and return the exit status."""
    name = environment.get("STREAM_TOPIC")
    try:
        desired, properties = read(environment)
        for line in reconcile(Brokers(properties, environment.get("AWS_REGION", "")), desired):
            sys.stdout.write(f"{name}: {line}\n")
    except WrongEnvironmentError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except TopicError as error:
        sys.stderr.write(f"{name}: {error}\n")
        return 2 if isinstance(error, MismatchError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
