"""What the two halves of a pipeline promise each other: a streaming service gives topics, a platform runs their consumers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Generic, Literal, TypeAlias, TypeVar

from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.consumer import ContainerSettings
from components.settings_bases import PipeSettings

Secret: TypeAlias = Output[str]
"""A value that Pulumi keeps encrypted, made with Output.secret."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Actions on one thing that a consumer's cloud identity must be allowed."""

    actions: tuple[str, ...]
    resource: Input[str]
    """The thing, or `*` for an action that no cloud can bind to a thing."""
    conditions: Mapping[str, Mapping[str, Input[str]]] = field(default_factory=dict[str, Mapping[str, Input[str]]])
    """Under which conditions, as the cloud's policies write them: operator, key, value."""


@dataclass(frozen=True, kw_only=True)
class EgressRule:
    """Addresses and a port that a consumer must be able to reach."""

    cidr: Input[str]
    port: int
    protocol: Literal["TCP", "UDP"] = "TCP"


@dataclass(frozen=True, kw_only=True)
class PodEgressRule:
    """Pods of another namespace that a consumer must be able to reach: their addresses are not those of a network."""

    namespace: Input[str]
    port: int


PARTITION = "$(STREAM_PARTITION)"
"""Stands for a partition's number, from 0 on, in what each partition's only reader has its own of (Kubernetes, Define dependent
environment variables)."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """How a consumer reaches one topic."""

    settings: Mapping[str, Input[str]]
    """Plain environment variables."""
    secrets: Mapping[str, Secret]
    """Environment variables from a secret store."""
    files: Mapping[PurePosixPath, Secret]
    """Secrets that are read as files."""
    grants: Sequence[Grant]
    egress_rules: Sequence[EgressRule | PodEgressRule]
    partition_settings: Mapping[str, Input[str]] = field(default_factory=dict[str, Input[str]])
    """Plain environment variables that each partition's only reader has its own of, with PARTITION where its number stands; where
    there are none, readers are alike and any may read any partition."""
    token_audience: str | None = None
    """For whom the tokens are that readers sign in with, where they sign in as pods and not as somebody whom the cloud knows
    (Platform.pod_tokens); they find theirs in the file that STREAM_TOKEN_FILE names."""


PipeSettingsT = TypeVar("PipeSettingsT", bound=PipeSettings)


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Identical consumers of one topic, in one consumer group."""

    name: str
    consumer: ContainerSettings
    image: Output[str]
    """The full reference of the container image, from Registry.image."""
    replicas: Output[int]
    connections: Mapping[str, Connection]
    """As in Topic: one that all replicas share, or one for each."""
    secrets: Mapping[str, Secret]
    """The stack's secrets, by the names that the consumer's settings use."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What a platform made of a workload."""

    replicas: Output[int]


SHARED = ""
"""The key of a connection that all consumers of a topic share."""


class Topic(ComponentResource, ABC):
    """A partitioned stream that one consumer group reads."""

    topic_name: Output[str]
    partitions: Output[int]
    """How many partitions the topic has: known in a preview, and only there once the topic is."""
    connections: Mapping[str, Connection]
    """How consumers reach the topic: one connection that they all share, under the key SHARED; or, where every partition is a
    stream of its own, one for each partition's only reader, by the partition's number."""


class Registry(ComponentResource, ABC):
    """Where a stack keeps its container images."""

    outputs: Mapping[str, Output[str]]
    """What the stack exports of the registry."""

    @abstractmethod
    def image(self, reference: str) -> Output[str]:
        """The full reference of an image; one that begins with its tag or digest (`:1.0.0`) is in this registry."""


@dataclass(frozen=True, kw_only=True)
class PodTokens:
    """How others know the tokens that a platform gives the pods of one pipe, and no other pods."""

    issuer: Output[str]
    """The URL of who signs them, under which OpenID Connect finds the keys."""
    subject: str
    """Whom they name."""


class Platform(ComponentResource, ABC):
    """A container platform that consumers run on."""

    outputs: Mapping[str, Output[str]]
    """What the stack exports of the platform."""

    def pod_tokens(self, pipe: str) -> PodTokens | None:
        """How others know the consumers of a pipe by their tokens; by default a platform gives none."""
        _ = pipe
        return None

    @abstractmethod
    def run(self, workload: Workload, opts: ResourceOptions) -> Deployed:
        """Run as many replicas of a consumer as the workload says."""


class Streaming(ComponentResource, ABC, Generic[PipeSettingsT]):
    """A streaming service that topics are made on."""

    outputs: Mapping[str, Output[str]]
    """What the stack exports of the service."""

    @abstractmethod
    def topic(self, name: str, pipe: PipeSettingsT, opts: ResourceOptions) -> Topic:
        """Make the topic of the pipe of that name, with as many partitions as its parallelism."""
