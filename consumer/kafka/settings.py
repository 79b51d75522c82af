"""What the environment says of a Kafka topic, as librdkafka takes it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from consumer.kafka.tokens import Tokens, token_callback
from consumer.status import LIVE_SECONDS
from consumer.variables import Variables

PREFIX = "KAFKA_"
"""How the name of a variable begins that is a property of librdkafka: KAFKA_SASL_MECHANISM is sasl.mechanism."""

CONNECTION = ("bootstrap.", "security.", "sasl.", "ssl.")
"""How the properties begin that say where the brokers are and how to sign in, to read as to write."""

COMMON: Mapping[str, Any] = {
    # The client's fixed log would say again what its errors say.
    "log_level": 0,
    # Without a pause it would connect many times a second.
    "reconnect.backoff.ms": 1000,
}
"""Properties of every client, which the environment may change."""

FIXED: Mapping[str, Any] = {
    "enable.auto.commit": True,
    "auto.commit.interval.ms": 1000,
    # What is committed is what was handled, and not what was read.
    "enable.auto.offset.store": False,
    "auto.offset.reset": "earliest",
    "max.poll.interval.ms": int(LIVE_SECONDS * 1000),
}
"""Properties of the consumer that nobody else may set, since its promise hangs on them."""

CLASSIC: Mapping[str, Any] = {
    # A pod with a name of its fixed is back within this time, and finds its partitions kept.
    "session.timeout.ms": 45_000,
    # The members share the partitions themselves, so they must see that a topic has grown; by default after 5 minutes.
    "topic.metadata.refresh.interval.ms": 10_000,
}
"""What only the classic group protocol knows, and the environment may change."""

COOPERATIVE: Mapping[str, Any] = {"partition.assignment.strategy": "cooperative-sticky"}
"""How members that share the partitions themselves do it: those that stay where they are go on being read meanwhile."""

NEW_PROTOCOL: Mapping[str, Any] = {"group.protocol": "consumer"}
"""By this the brokers share the partitions (KIP-848)."""

ONLY_CLASSIC = frozenset({"session.timeout.ms", "heartbeat.interval.ms", "group.protocol.type"})
"""Properties that brokers decide by the newer group protocol (librdkafka, Introduction, Next Generation Consumer Group Protocol)."""

ONLY_NEW_PROTOCOL = frozenset({"group.protocol", "group.remote.assignor"})
"""Properties that belong to the newer one."""

TOKEN_VARIABLES = frozenset({"sasl.oauthbearer.scope", "sasl.oauthbearer.extensions"})
"""Properties that tokens.py reads itself: librdkafka takes them only where it fetches tokens itself."""


@dataclass(frozen=True, kw_only=True)
class KafkaSettings:
    """Which topic is read, where, and how."""

    topic: str
    dead_letters: str | None
    connection: Mapping[str, Any]
    """The properties of any client of these brokers."""
    membership: Mapping[str, Any]
    """The properties of the consumer besides."""
    tokens: Tokens | None
    """What gets the tokens for signing in, where it is done by tokens."""

    @property
    def brokers(self) -> str:
        """Where the brokers are."""
        return self.connection["bootstrap.servers"]

    @property
    def group(self) -> str:
        """The consumer group's name."""
        return self.membership["group.id"]

    @property
    def new_protocol(self) -> bool:
        """Whether the brokers share the partitions (KIP-848), and not the members themselves."""
        return self.membership.keys() >= NEW_PROTOCOL.keys()

    def classic(self) -> "KafkaSettings":
        """The same with the classic group protocol."""
        kept = {name: value for name, value in self.membership.items() if name not in ONLY_NEW_PROTOCOL}
        return replace(self, membership={**CLASSIC, **kept, **COOPERATIVE})


def read(variables: Variables) -> KafkaSettings:
    """Read the environment, and note in it every mistake."""
    topic, group = variables.required("STREAM_TOPIC"), variables.required("STREAM_GROUP")
    variables.required("KAFKA_BOOTSTRAP_SERVERS")
    properties = {
        name.removeprefix(PREFIX).lower().replace("_", "."): value
        for name, value in variables.environment.items()
        if name.startswith(PREFIX)
    }
    protocol = _protocol(properties.pop("group.protocol", "classic"), variables)
    fixed = {**FIXED, "group.id": group, **protocol}
    for name in sorted(fixed.keys() & properties.keys()):
        variables.errors.append(f"{_variable(name)}: is set by the consumer itself; remove it")
    _reject_other_protocol(properties, protocol, variables)
    for name, value in properties.items():
        if name.endswith(".location") and value != "probe" and not Path(value).exists():
            variables.errors.append(f"{_variable(name)}: names {value}, which is not there")
    tokens = token_callback(variables) if properties.get("sasl.mechanism") == "OAUTHBEARER" else None
    properties = {name: value for name, value in properties.items() if name not in TOKEN_VARIABLES}
    connection = {name: value for name, value in properties.items() if name.startswith(CONNECTION)}
    membership = {name: value for name, value in properties.items() if name not in connection}
    return KafkaSettings(
        topic=topic,
        dead_letters=variables.optional("STREAM_DEAD_LETTERS"),
        connection={**COMMON, **connection, **({"oauth_cb": tokens} if tokens else {})},
        membership={**({} if "group.protocol" in protocol else CLASSIC), **membership, **fixed},
        tokens=tokens,
    )


def _protocol(name: str, variables: Variables) -> Mapping[str, Any]:
    """How the members of the group share the partitions: by the brokers (KIP-848), or among themselves."""
    match name:
        case "consumer":
            return NEW_PROTOCOL
        case "classic":
            return COOPERATIVE
        case _:
            variables.errors.append(f"KAFKA_GROUP_PROTOCOL: must be classic or consumer, not {name!r}")
            return {}


def _reject_other_protocol(properties: Mapping[str, str], protocol: Mapping[str, Any], variables: Variables) -> None:
    """Note what belongs to the other group protocol."""
    if "group.protocol" in protocol:
        rejected = (ONLY_CLASSIC | COOPERATIVE.keys()) & properties.keys()
        reason = "KAFKA_GROUP_PROTOCOL is consumer, by which the brokers decide it"
    else:
        rejected = ONLY_NEW_PROTOCOL & properties.keys()
        reason = "it belongs to KAFKA_GROUP_PROTOCOL=consumer, and the classic protocol is used"
    variables.errors += [f"{_variable(name)}: must not be set, since {reason}; remove it" for name in sorted(rejected)]


def _variable(name: str) -> str:
    """The variable that a property is set by."""
    return PREFIX + name.upper().replace(".", "_")
