"""librdkafka properties from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from consumer.kafka.tokens import Tokens, token_callback
from consumer.status import LIVE_SECONDS
from consumer.variables import Variables

PREFIX = "KAFKA_"
"""Prefix of variables that set a librdkafka property: KAFKA_SASL_MECHANISM is sasl.mechanism."""

CONNECTION = ("bootstrap.", "security.", "sasl.", "ssl.")
"""Prefixes of connection and sign-in properties, used by consumers and producers."""

COMMON: Mapping[str, Any] = {
    # The client's log would repeat its error events.
    "log_level": 0,
    # Without a pause, the client would reconnect many times a second.
    "reconnect.backoff.ms": 1000,
}
"""Default properties of every client. The environment can override them."""

FIXED: Mapping[str, Any] = {
    "enable.auto.commit": True,
    "auto.commit.interval.ms": 1000,
    # Commit handled records, not records that were only read.
    "enable.auto.offset.store": False,
    "auto.offset.reset": "earliest",
    "max.poll.interval.ms": int(LIVE_SECONDS * 1000),
}
"""Properties of the consumer that cannot be overridden, because its delivery guarantees depend on them."""

READING: Mapping[str, Any] = {
    # Pause after the client's queue was full (64 MiB or 100,000 records). With the default of 1,000 ms, a handler that
    # empties the queue sooner waits for the rest of the second.
    "fetch.queue.backoff.ms": 10,
    # Report the end of a partition. Without it, the offset after a transaction would always count as unhandled.
    "enable.partition.eof": True,
}
"""Default properties of the consumer. The environment can override them."""

CLASSIC: Mapping[str, Any] = {
    # A member learns from a heartbeat that another one has left or joined, and its partitions wait for that. The
    # default is 3 seconds.
    "heartbeat.interval.ms": 500,
    # A static member that restarts within this time keeps its partitions.
    "session.timeout.ms": 45_000,
    # The members assign partitions, so they must notice when a topic grows. The default is 5 minutes.
    "topic.metadata.refresh.interval.ms": 10_000,
}
"""Default properties of the classic group protocol. The environment can override them."""

EVENT_HUBS, EVENT_HUBS_HEARTBEAT_MS = ".servicebus.", 3000
"""Part of the host names of Event Hubs, and its heartbeat interval, which should not be changed (Event Hubs, Recommended
configurations for Apache Kafka clients, read 2026-11-29)."""

COOPERATIVE: Mapping[str, Any] = {"partition.assignment.strategy": "cooperative-sticky"}
"""Assignor of the classic protocol. Partitions that do not move are read during a rebalance."""

NEW_PROTOCOL: Mapping[str, Any] = {"group.protocol": "consumer"}
"""Selects the newer group protocol, where the brokers assign partitions (KIP-848)."""

ONLY_CLASSIC = frozenset({"session.timeout.ms", "heartbeat.interval.ms", "group.protocol.type"})
"""Properties that the brokers control in the newer group protocol (librdkafka, Introduction, Next Generation Consumer
Group Protocol)."""

ONLY_NEW_PROTOCOL = frozenset({"group.protocol", "group.remote.assignor"})
"""Properties of the newer group protocol only."""

TOKEN_VARIABLES = frozenset({"sasl.oauthbearer.scope", "sasl.oauthbearer.extensions"})
"""Properties that tokens.py reads. librdkafka accepts them only if it fetches tokens itself."""


@dataclass(frozen=True, kw_only=True)
class KafkaSettings:
    """Topic, brokers and client properties."""

    topic: str
    dead_letters: str | None
    connection: Mapping[str, Any]
    """Properties of every client of these brokers."""
    membership: Mapping[str, Any]
    """Additional properties of the consumer."""
    tokens: Tokens | None
    """Token callback. None if sign-in uses no tokens."""

    @property
    def brokers(self) -> str:
        """Bootstrap servers."""
        return self.connection["bootstrap.servers"]

    @property
    def group(self) -> str:
        """Name of the consumer group."""
        return self.membership["group.id"]

    @property
    def new_protocol(self) -> bool:
        """Whether the brokers assign partitions (KIP-848). If not, the members do."""
        return self.membership.keys() >= NEW_PROTOCOL.keys()

    def classic(self) -> "KafkaSettings":
        """Return the same settings with the classic group protocol."""
        kept = {name: value for name, value in self.membership.items() if name not in ONLY_NEW_PROTOCOL}
        return replace(self, membership={**_classic(self.brokers), **kept, **COOPERATIVE})


def read(variables: Variables) -> KafkaSettings:
    """Read the environment and record all errors in it."""
    topic, group = variables.required("STREAM_TOPIC"), variables.required("STREAM_GROUP")
    brokers = variables.required("KAFKA_BOOTSTRAP_SERVERS")
    properties = {
        name.removeprefix(PREFIX).lower().replace("_", "."): value
        for name, value in variables.environment.items()
        if name.startswith(PREFIX)
    }
    protocol = _protocol(properties.pop("group.protocol", "classic"), variables)
    fixed = {**FIXED, "group.id": group, **protocol}
    for name in sorted(fixed.keys() & properties.keys()):
        variables.errors.append(f"{_variable(name)}: is set by the consumer. Remove it.")
    _reject_other_protocol(properties, protocol, variables)
    for name, value in properties.items():
        if name.endswith(".location") and value != "probe" and not Path(value).exists():
            variables.errors.append(f"{_variable(name)}: file {value} does not exist.")
    tokens = token_callback(variables) if properties.get("sasl.mechanism") == "OAUTHBEARER" else None
    properties = {name: value for name, value in properties.items() if name not in TOKEN_VARIABLES}
    connection = {name: value for name, value in properties.items() if name.startswith(CONNECTION)}
    membership = {name: value for name, value in properties.items() if name not in connection}
    return KafkaSettings(
        topic=topic,
        dead_letters=variables.optional("STREAM_DEAD_LETTERS"),
        connection={**COMMON, **connection, **({"oauth_cb": tokens} if tokens else {})},
        membership={**READING, **({} if "group.protocol" in protocol else _classic(brokers)), **membership, **fixed},
        tokens=tokens,
    )


def _classic(brokers: str) -> Mapping[str, Any]:
    """Return the default properties of the classic protocol."""
    return {**CLASSIC, "heartbeat.interval.ms": EVENT_HUBS_HEARTBEAT_MS} if EVENT_HUBS in brokers else CLASSIC


def _protocol(name: str, variables: Variables) -> Mapping[str, Any]:
    """Return the properties of the group protocol."""
    match name:
        case "consumer":
            return NEW_PROTOCOL
        case "classic":
            return COOPERATIVE
        case _:
            variables.errors.append(f"KAFKA_GROUP_PROTOCOL: must be classic or consumer, got {name!r}.")
            return {}


def _reject_other_protocol(properties: Mapping[str, str], protocol: Mapping[str, Any], variables: Variables) -> None:
    """Record an error for each property of the other group protocol."""
    if "group.protocol" in protocol:
        rejected = (ONLY_CLASSIC | COOPERATIVE.keys()) & properties.keys()
        reason = "with KAFKA_GROUP_PROTOCOL=consumer the brokers control it"
    else:
        rejected = ONLY_NEW_PROTOCOL & properties.keys()
        reason = "it requires KAFKA_GROUP_PROTOCOL=consumer"
    variables.errors += [f"{_variable(name)}: must not be set ({reason}). Remove it." for name in sorted(rejected)]


def _variable(name: str) -> str:
    """Return the variable that sets a property."""
    return PREFIX + name.upper().replace(".", "_")
