"""Interfaces between streaming services and platforms: services create topics, platforms run their consumers."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.consumer import ContainerSettings
from components.monitoring.alarms import Alarm
from components.monitoring.collector import Collector
from components.monitoring.rules import Rule
from components.monitoring.signals import Signal
from components.settings_bases import PipeSettings

Secret: TypeAlias = Output[str]
"""A value that Pulumi keeps encrypted, made with Output.secret."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Actions on one cloud resource that the cloud identity of a consumer needs."""

    actions: tuple[str, ...]
    resource: Input[str]
    """The cloud resource, or `*` for actions that cannot be limited to a resource."""
    conditions: Mapping[str, Mapping[str, Input[str]]] = field(default_factory=dict[str, Mapping[str, Input[str]]])
    """Conditions in the notation of the cloud's policies: operator, key, value."""


@dataclass(frozen=True, kw_only=True)
class EgressRule:
    """Address range and port that a consumer must be able to reach."""

    cidr: Input[str]
    port: int
    protocol: Literal["TCP", "UDP"] = "TCP"


@dataclass(frozen=True, kw_only=True)
class PodEgressRule:
    """Pods in another namespace that a consumer must be able to reach. Their addresses are not known as a range."""

    namespace: Input[str]
    port: Input[int]


PARTITION = "$(STREAM_PARTITION)"
"""Placeholder for the number of a partition, starting at 0, in environment variables that differ for each partition (Kubernetes, Define
dependent environment variables)."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Everything that a consumer needs to read one topic."""

    settings: Mapping[str, Input[str]]
    """Plain environment variables."""
    secrets: Mapping[str, Secret]
    """Environment variables from a secret store."""
    files: Mapping[PurePosixPath, Secret]
    """Secrets that are mounted as files."""
    grants: Sequence[Grant]
    egress_rules: Sequence[EgressRule | PodEgressRule]
    partition_settings: Mapping[str, Input[str]] = field(default_factory=dict[str, Input[str]])
    """Plain environment variables that differ for each partition. They contain PARTITION as a placeholder for its number. If empty, the
    consumers are identical and each can read any partition."""
    token_audience: str | None = None
    """Audience of the service-account tokens that consumers sign in with (Platform.pod_tokens). STREAM_TOKEN_FILE is the path of the
    token. None if consumers use a cloud identity."""


PipeSettingsT = TypeVar("PipeSettingsT", bound=PipeSettings)


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Identical consumers of one topic, in one consumer group."""

    name: str
    consumer: ContainerSettings
    image: Output[str]
    """Full reference of the container image, from Registry.image."""
    replicas: Output[int]
    connections: Mapping[str, Connection]
    """One shared connection, or one per partition, as in Topic.connections."""
    secrets: Mapping[str, Secret]
    """Secrets of the stack, by the names that the consumer settings use."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """Result of running a workload on a platform."""

    replicas: Output[int]
    signals: Sequence[Signal[Any]] = ()
    """What the platform itself measures of the workload, in the terms of its cloud."""
    namespace: Output[str] | None = None
    """Kubernetes namespace of the workload. None on other platforms."""


@dataclass(frozen=True, kw_only=True)
class Redrive:
    """Job that reads and replays the dead letters of a pipe. An operator starts it."""

    workload: Workload
    """Consumers of the pipe. The job has their image."""
    deployed: Deployed
    connection: Connection
    """Connection to the dead letters and to the topic, with only the rights of the job."""


SHARED = ""
"""Key of the connection that all consumers of a topic share."""


class Topic(ComponentResource, ABC):
    """Partitioned stream, read by one consumer group."""

    topic_name: Output[str]
    partitions: Output[int]
    """Number of partitions. It is known in previews, and depends on the topic resource."""
    connections: Mapping[str, Connection]
    """Connections of the consumers: one for all of them, under the key SHARED, or one per partition, by its number. Services that use one
    stream per partition have one per partition."""
    signals: Sequence[Signal[Any]] = ()
    """What the service itself measures of the topic and its group, in the terms of its cloud."""
    unmeasured: Collection[Alarm] = ()
    """Alarms that the consumers cannot measure on this service."""
    redrive: Connection | None = None
    """Connection of the job that reads and replays the dead letters. None if the pipe has no such job."""


class Registry(ComponentResource, ABC):
    """Container registry of a stack."""

    outputs: Mapping[str, Output[str]]
    """Stack outputs of the registry."""

    @abstractmethod
    def image(self, reference: str) -> Output[str]:
        """Return the full reference of an image. An image that starts with its tag or digest (`:1.0.0`) is in this registry."""


@dataclass(frozen=True, kw_only=True)
class PodTokens:
    """Issuer and subject of the service-account tokens of the pods of one pipe."""

    issuer: Output[str]
    """URL of the issuer. OpenID Connect discovery finds the signing keys there."""
    subject: str
    """Subject claim of the tokens."""


class Platform(ComponentResource, ABC):
    """Container platform that runs the consumers."""

    outputs: Mapping[str, Output[str]]
    """Stack outputs of the platform."""

    @property
    def collector(self) -> Collector | None:
        """Return what scrapes the consumers' metrics. None if nothing does."""
        return None

    def pod_tokens(self, pipe: str, *, redrive: bool = False) -> PodTokens | None:
        """Return the issuer and subject of the tokens of a pipe's consumers, or of its redrive job. None if the platform issues no tokens."""
        _ = pipe, redrive
        return None

    @abstractmethod
    def run(self, workload: Workload, opts: ResourceOptions) -> Deployed:
        """Run the replicas of a workload."""

    @abstractmethod
    def redrive(self, redrive: Redrive, opts: ResourceOptions) -> None:
        """Make a job that does not run until an operator starts it, with an identity that has only the grants of its connection."""


class Streaming(ComponentResource, ABC, Generic[PipeSettingsT]):
    """Streaming service that provides topics."""

    outputs: Mapping[str, Output[str]]
    """Stack outputs of the service."""
    signals: Sequence[Signal[Any]] = ()
    """What the service measures of itself, in the terms of its cloud."""
    rules: Sequence[Rule] = ()
    """Rules over the service's own metrics, if the platform's collector scrapes them."""

    @abstractmethod
    def topic(self, name: str, pipe: PipeSettingsT, opts: ResourceOptions) -> Topic:
        """Create the topic of a pipe, with as many partitions as its parallelism."""

    def existing_topic(self, name: str, pipe: Any, opts: ResourceOptions) -> Topic:
        """Read the topic of a pipe that was there before. `pipe` has the type `existing_pipe` of the catalog entry.

        The settings refuse such a pipe on a service without `existing_pipe`, so that service does not override this.
        """
        raise NotImplementedError
