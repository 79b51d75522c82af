"""Types of the facts in docs/choosing.md. Each fact has a source, and each source the date that it was read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import annotated_types
from pydantic import BaseModel

from workbench.cloud.model import ResourceModel

TIMES_READ = "2026-11-22"
"""Date that the sources of the simulated clouds' times were read."""


@dataclass(frozen=True)
class Source:
    """A vendor's page, a release note, or a part of this repository."""

    name: str
    """The publisher and the page. If the page shows its own date, that date too."""
    read: str
    """The date that it was read, YYYY-MM-DD, or the month, YYYY-MM."""


@dataclass(frozen=True)
class Fact:
    """A cell of a table, or an item of a list."""

    text: str
    source: Source
    also: Source | None = None
    """A second source, if one does not cover the whole text."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """Work of setting up, moving to and leaving a service. Each annotation is the title of the column."""

    complexity: Annotated[Fact, "complexity (1 least, 7 most)"]
    creation: Annotated[Fact, "typical creation"]
    migration: Annotated[Fact, "migration from Kafka (1 easiest, 7 hardest)"]
    scaling: Annotated[Fact, "who scales it"]
    lock_in: Annotated[Fact, "lock-in"]
    video: Annotated[Fact, "video"]


@dataclass(frozen=True, kw_only=True)
class Partitions:
    """Partitions of a service, and the order of records."""

    most: Annotated[Fact, "most partitions"]
    growing: Annotated[Fact, "can grow"]
    shrinking: Annotated[Fact, "can shrink"]
    order: Annotated[Fact, "order"]


@dataclass(frozen=True, kw_only=True)
class Records:
    """Limits of a service for records."""

    retention: Annotated[Fact, "longest retention"]
    size: Annotated[Fact, "largest record"]
    throughput: Annotated[Fact, "throughput of one partition or unit"]
    latency: Annotated[Fact, "latency"]


@dataclass(frozen=True, kw_only=True)
class KafkaFeatures:
    """Features of Apache Kafka that a service supports."""

    transactions: Annotated[Fact, "transactions"]
    streams: Annotated[Fact, "Kafka Streams"]
    connect: Annotated[Fact, "Kafka Connect"]
    compaction: Annotated[Fact, "compaction"]
    compression: Annotated[Fact, "compression"]
    acls: Annotated[Fact, "ACLs"]
    consumer_protocol: Annotated[Fact, "KIP-848 groups"]
    admin: Annotated[Fact, "admin API"]
    share_groups: Annotated[Fact, "share groups"]


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """Versions, their end, and what is billed."""

    versions: Annotated[Fact, "versions"]
    upgrades: Annotated[Fact, "upgrades"]
    retirement: Annotated[Fact, "retirement"]
    billing: Annotated[Fact, "billed by"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A service in the tables, or one tier of it."""

    effort: Effort
    partitions: Partitions
    records: Records
    kafka: KafkaFeatures
    lifecycle: Lifecycle


@dataclass(frozen=True, kw_only=True)
class ServiceGuide:
    """Facts of a streaming service."""

    rows: Mapping[str, Row]
    """Rows of each table, by name: one for the service, or one for each of its tiers."""
    choose: Sequence[Fact]
    """Reasons to choose it."""
    avoid: Sequence[Fact]
    """Reasons not to choose it."""


@dataclass(frozen=True, kw_only=True)
class PlatformGuide:
    """Facts of a container platform."""

    complexity: Annotated[Fact, "complexity"]
    creation: Annotated[Fact, "typical creation"]
    scaling: Annotated[Fact, "who scales it"]
    most: Annotated[Fact, "most replicas"]
    lock_in: Annotated[Fact, "lock-in"]
    upgrades: Annotated[Fact, "upgrades"]
    retirement: Annotated[Fact, "retirement"]
    billing: Annotated[Fact, "billed by"]


def not_documented(source: Source) -> Fact:
    """Return the cell of a fact that the source, where it would belong, does not state."""
    return Fact("not documented", source)


def creation(*models: ResourceModel) -> Fact:
    """Return the minutes that a simulated cloud takes to create resources one after the other, with the sources of its times."""
    minutes = sum(model.create_minutes for model in models)
    sources = "; ".join(dict.fromkeys(model.source for model in models))
    return Fact(f"{minutes:g} min", Source(f"Time of the simulated cloud: {sources}", TIMES_READ))


def most(model: type[BaseModel], field: str) -> int:
    """Return the upper bound of a setting."""
    [bound] = [each.le for each in model.model_fields[field].metadata if isinstance(each, annotated_types.Le)]
    return int(bound)  # pyright: ignore[reportArgumentType]  the bounds of the settings are numbers
