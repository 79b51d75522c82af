"""What the two halves of a pipeline promise each other: a streaming service gives topics, a platform runs their consumers."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Annotated, ClassVar, Generic, Literal, TypeAlias, TypeVar

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pydantic import Field

from components.consumer import ConsumerSettings, ContainerSettings
from components.kubernetes.nodes.capacity import Room
from components.section import Form, Mistake, Section

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
class Destination:
    """Addresses and a port that a consumer must be able to reach."""

    cidr: Input[str]
    port: int
    protocol: Literal["TCP", "UDP"] = "TCP"


@dataclass(frozen=True, kw_only=True)
class PodDestination:
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
    destinations: Sequence[Destination | PodDestination]
    partition_settings: Mapping[str, Input[str]] = field(default_factory=dict[str, Input[str]])
    """Plain environment variables that each partition's only reader has its own of, with PARTITION where its number stands; where
    there are none, readers are alike and any may read any partition."""
    token_audience: str | None = None
    """For whom the tokens are that readers sign in with, where they sign in as pods and not as somebody whom the cloud knows
    (Platform.pod_tokens); they find theirs in the file that STREAM_TOKEN_FILE names."""


class PipeSettings(Section, frozen=True):
    """One pipe: a topic and the consumers that read it; each streaming service adds what a user may say of its topics."""

    parallelism: Annotated[int, Field(ge=1, le=10_000)]
    """The number of partitions of the topic and, by that, of replicas of its consumer."""
    consumer: ConsumerSettings = ConsumerSettings()
    """The program that reads the pipe."""


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


class AccountSettings(Section, frozen=True):
    """Which account and region of a cloud a stack lives in; the keys of the provider's own namespace, such as aws:region."""

    stack_name: ClassVar[Form]
    """The names of stacks that the cloud takes, among those that every stack may have."""
    most_tags: ClassVar[int]
    """How many tags a stack may give to everything in it, besides the program's own."""
    tag_name: ClassVar[Form]
    """The names of tags that the cloud takes and that are not the program's own."""
    tag_value: ClassVar[Form]
    """The values of tags that the cloud takes."""


class NetworkSettings(Section, ABC, frozen=True):
    """The network that a stack lives in."""

    @property
    @abstractmethod
    def zone_count(self) -> int:
        """How many availability zones the network spans."""

    def idle(self, cloud_services: Collection[str]) -> Iterator[Mistake]:
        """Yield what it says of services that the stack does not call; by default it says nothing of any."""
        _ = cloud_services
        yield from ()


@dataclass(frozen=True, kw_only=True)
class Residents:
    """What a streaming service itself runs on the platform, beside the consumers."""

    pods: Sequence[tuple[Room, int]] = ()
    """The room of one pod, and how many of that size there are."""
    volumes: bool = False
    """Whether they claim volumes."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """The rest of a stack file, as far as a service's own rules need it."""

    stack: str
    """The name that all names in the stack begin with."""
    account: AccountSettings | None
    """None where its own keys are wrong."""
    network: NetworkSettings
    residents: Residents
    pipes: Mapping[str, PipeSettings]


class ServiceSettings(Section, ABC, frozen=True):
    """The settings of a streaming service or of a platform, with the rules that need more than one section."""

    cloud_services: ClassVar[Sequence[str]] = ()
    """The services of the cloud that are called from inside the network, by the names of their private endpoints."""

    service: str

    @property
    def secrets(self) -> Mapping[str, str]:
        """The names of the Pulumi secrets that the service itself is reached with, by their keys in its section."""
        return {}

    @property
    def images(self) -> Sequence[str]:
        """The container images that the service itself runs, besides the consumers'."""
        return ()

    @property
    def residents(self) -> Residents:
        """What the service itself runs on the platform."""
        return Residents()

    @property
    def warnings(self) -> Sequence[str]:
        """What the deployer should know of this section, though nothing in it is wrong: each begins with the key."""
        return ()

    @property
    def can_grow(self) -> bool:
        """Whether a topic can get more partitions after it was made."""
        return True

    @abstractmethod
    def mistakes(self, rest: Surroundings) -> Iterator[Mistake]:
        """Yield what is wrong between this section and the rest of the file, with paths from the top of the file."""


AccountT = TypeVar("AccountT", bound=AccountSettings)
NetworkSettingsT = TypeVar("NetworkSettingsT", bound=NetworkSettings)
SettingsT = TypeVar("SettingsT", bound=ServiceSettings)
NetworkT = TypeVar("NetworkT", bound=ComponentResource)
RegistryT = TypeVar("RegistryT", bound=Registry)
PlatformT = TypeVar("PlatformT", bound=Platform)


@dataclass(frozen=True, kw_only=True)
class NetworkArgs(Generic[AccountT, NetworkSettingsT]):
    """What a cloud's network is built from."""

    account: AccountT
    settings: NetworkSettingsT
    cloud_services: Sequence[str]
    """The services of the cloud that the stack calls, by the names of their private endpoints."""
    tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class RegistryArgs(Generic[NetworkT]):
    """What a stack's registry is built from."""

    network: NetworkT
    images: Sequence[str]
    """Every image that the stack runs, as the stack file names it."""
    protect: bool
    """Whether images are kept from deletion."""


@dataclass(frozen=True, kw_only=True)
class PlatformArgs(Generic[SettingsT, NetworkT, RegistryT]):
    """What every platform is built from."""

    settings: SettingsT
    network: NetworkT
    registry: RegistryT
    pipes: Mapping[str, PipeSettings]
    """The pipes whose consumers the platform must have room for."""
    residents: Residents
    """What else it must have room for."""
    protect: bool
    """Whether what holds data or runs it is kept from deletion."""


@dataclass(frozen=True, kw_only=True)
class StreamingArgs(Generic[SettingsT, NetworkT, PlatformT]):
    """What every streaming service is built from."""

    settings: SettingsT
    network: NetworkT
    registry: Registry
    platform: PlatformT
    """For services that run in the cluster, or make their topics from there; the others leave it alone and never wait for it."""
    pipes: Mapping[str, PipeSettings]
    """The pipes whose topics the service must have room for."""
    secrets: Mapping[str, Secret]
    """What the service itself is reached with, by the keys of ServiceSettings.secrets."""
    protect: bool
    """Whether what holds data is kept from deletion."""
