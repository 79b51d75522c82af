"""Kafka's definitions of topic settings: the type and the bounds of each key that a pipe may choose.

Source: the output of `org.apache.kafka.storage.internals.log.LogConfig` (`kafka.log.LogConfig` in Kafka 3.2), run on 2026-11-29 with
the jars of Apache Kafka 3.2.0, 3.7.2, 3.9.1, 4.0.0, 4.1.0 and 4.3.1. tests/dataplane/test_topic_config.py compares this table with the jars
of tools/kafka, and the accepted values with those of a real broker.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from components.section import ConfigError
from components.versions import Release, release

LARGEST_INT, LARGEST_LONG = 2**31 - 1, 2**63 - 1
"""Largest values of Kafka's types int and long."""

SOURCE = "Apache Kafka, Topic Configs"


@dataclass(frozen=True)
class Whole:
    """A whole number between two inclusive bounds."""

    least: int
    most: int

    @property
    def rule(self) -> str:
        """Description of the values for error messages."""
        return f"a whole number from {self.least} to {self.most}"

    def accepts(self, value: str) -> bool:
        """Return whether a text is such a number, written in digits."""
        return bool(re.fullmatch(r"-?[0-9]{1,30}", value)) and self.least <= int(value) <= self.most


@dataclass(frozen=True)
class Ratio:
    """A decimal number from 0 to 1, inclusive."""

    rule = "a decimal number from 0 to 1, such as 0.5"

    def accepts(self, value: str) -> bool:
        """Return whether a text is such a number, written in digits."""
        return bool(re.fullmatch(r"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", value)) and float(value) <= 1


@dataclass(frozen=True)
class Choice:
    """One of several texts."""

    values: tuple[str, ...]

    @property
    def rule(self) -> str:
        """Description of the values for error messages."""
        return f"one of {' or '.join(self.values)}"

    def accepts(self, value: str) -> bool:
        """Return whether a text is one of the values."""
        return value in self.values


Definition: TypeAlias = Whole | Ratio | Choice

CODECS = ("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer")
_LONG = Whole(0, LARGEST_LONG)

DEFINITIONS: Mapping[str, Definition] = {
    "cleanup.policy": Choice(("delete", "compact", "compact,delete", "delete,compact")),
    "compression.type": Choice(CODECS),
    "delete.retention.ms": _LONG,
    "file.delete.delay.ms": _LONG,
    "flush.messages": Whole(1, LARGEST_LONG),
    "flush.ms": _LONG,
    "index.interval.bytes": Whole(0, LARGEST_INT),
    "local.retention.bytes": Whole(-2, LARGEST_LONG),
    "max.compaction.lag.ms": Whole(1, LARGEST_LONG),
    "max.message.bytes": Whole(0, LARGEST_INT),
    "message.timestamp.after.max.ms": _LONG,
    "message.timestamp.before.max.ms": _LONG,
    "message.timestamp.type": Choice(("CreateTime", "LogAppendTime")),
    "min.cleanable.dirty.ratio": Ratio(),
    "min.compaction.lag.ms": _LONG,
    "preallocate": Choice(("true", "false")),
    # Kafka treats every negative number as no limit, but documents only -1.
    "retention.bytes": Whole(-1, LARGEST_LONG),
    "segment.bytes": Whole(1_048_576, LARGEST_INT),
    "segment.index.bytes": Whole(4, LARGEST_INT),
    "segment.jitter.ms": _LONG,
    "segment.ms": Whole(1, LARGEST_LONG),
}
"""The definitions of Apache Kafka 4.3.1."""

OLDER: Sequence[tuple[Release, Mapping[str, Definition]]] = (
    ((3, 7), {"flush.messages": _LONG, "segment.index.bytes": Whole(0, LARGEST_INT)}),
    ((4, 0), {"message.timestamp.difference.max.ms": _LONG}),
    ((4, 1), {"segment.bytes": Whole(14, LARGEST_INT)}),
)
"""Definitions that differ on brokers older than a release."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """Values that a service accepts for a key, if it accepts fewer than Kafka."""

    definition: Definition
    source: str


Limits: TypeAlias = Mapping[str, Limit]
NO_LIMITS: Limits = {}


def definition(name: str, version: str) -> Definition:
    """Return Kafka's definition of a key for brokers of a version such as 4.3.1 or 3.9.x.kraft."""
    for until, definitions in OLDER:
        if release(version) < until and name in definitions:
            return definitions[name]
    return DEFINITIONS[name]


def config_errors(config: Mapping[str, str], version: str, limits: Limits = NO_LIMITS) -> Iterator[ConfigError]:
    """Yield the values of a topic's config that brokers of a version or their service reject. Each path is a key of config."""
    wrong: set[str] = set()
    for name, value in config.items():
        limit = limits.get(name) or Limit(definition=definition(name, version), source=SOURCE)
        if not limit.definition.accepts(value):
            wrong.add(name)
            yield ConfigError(
                path=(name,), text=f"must be {limit.definition.rule}, got {value!r} ({limit.source}). Correct it."
            )
    yield from _order_errors({name: value for name, value in config.items() if name not in wrong})


def pipe_config_errors(
    configs: Mapping[str, Mapping[str, str]], version: str, limits: Limits = NO_LIMITS
) -> Iterator[ConfigError]:
    """Yield the errors in the topic configs of several pipes, given by pipe name."""
    for pipe, config in configs.items():
        yield from (error.under("pipes", pipe, "topic", "config") for error in config_errors(config, version, limits))


def _order_errors(config: Mapping[str, str]) -> Iterator[ConfigError]:
    """Yield combinations of valid values that Kafka rejects (LogConfig.validateValues)."""
    least, most = "min.compaction.lag.ms", "max.compaction.lag.ms"
    if least in config and most in config and int(config[least]) > int(config[most]):
        text = f"must be at most {most}, which is {config[most]}, got '{config[least]}' ({SOURCE}). Lower it, or raise {most}."
        yield ConfigError(path=(least,), text=text)
