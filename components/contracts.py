"""What the two halves of a pipeline promise each other: a streaming service gives topics, a platform runs their consumers."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, Generic, TypeAlias, TypeVar

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pydantic import AfterValidator, Field

from components.section import Cidr, Form, Mistake, QuotedText, Section

Secret: TypeAlias = Output[str]
"""A value that Pulumi keeps encrypted, made with Output.secret."""

RESERVED_ENVIRONMENT = ("STREAM_", "KAFKA_BOOTSTRAP_", "KAFKA_SECURITY_", "KAFKA_SASL_", "KAFKA_SSL_", "AWS_")
"""How the names of the variables begin that only a Connection or the platform sets."""

RESERVED_LABEL = "data-pipes/"
"""How the node labels begin that only a platform sets."""


def _free_variable(name: str) -> str:
    if name.startswith(RESERVED_ENVIRONMENT):
        begins = ", ".join(RESERVED_ENVIRONMENT)
        raise ValueError(f"is set by the pipe itself; choose a name that does not begin with {begins}")
    return name


def _free_label(name: str) -> str:
    if name.startswith(RESERVED_LABEL):
        raise ValueError(f"is set by the pipe itself; choose a label that does not begin with {RESERVED_LABEL}")
    return name


EnvironmentName = Annotated[
    str,
    Form(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable, such as LOG_LEVEL"),
    AfterValidator(_free_variable),
]
FilePath = Annotated[str, Form(r"(/[A-Za-z0-9._-]+)+", "an absolute path, such as /etc/consumer/token")]
SecretName = Annotated[
    str,
    Form(
        r"[A-Za-z][A-Za-z0-9_-]{0,62}",
        "the name of a secret (never its value): a letter, then letters, digits, - or _",
        shown=False,
    ),
]
LabelName = Annotated[
    str,
    Form(r"([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", "a Kubernetes label key"),
    AfterValidator(_free_label),
]
LabelValue = Annotated[
    QuotedText, Form(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?", "the value of a Kubernetes label")
]


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Actions on one thing that a consumer's cloud identity must be allowed."""

    actions: tuple[str, ...]
    resource: Input[str]


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Addresses and a TCP port that a consumer must be able to reach."""

    cidr: Input[str]
    port: int


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
    destinations: Sequence[Destination]


class EgressSettings(Section, frozen=True):
    """A place outside the pipe that consumers call."""

    cidr: Cidr
    """The IPv4 range to be reached, such as 10.20.0.0/16."""
    port: Annotated[int, Field(ge=1, le=65535)]
    """The TCP port to be reached."""


class ConsumerSettings(Section, frozen=True):
    """The program that reads a pipe, and the room that one replica of it needs."""

    image: Annotated[
        str,
        Form(
            r"[a-z0-9][a-zA-Z0-9.:_/-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|@sha256:[0-9a-f]{64})",
            "a container image with a tag or, better, a digest, such as registry.example.com/orders:1.0.0",
        ),
    ]
    """The container image with its registry and a tag or digest."""
    cpu: Annotated[QuotedText, Form(r"[1-9][0-9]*m?", "an amount of CPU such as 500m or 2")] = "500m"
    """The CPU that each replica is given: 500m is half a vCPU."""
    memory: Annotated[str, Form(r"[1-9][0-9]*(Mi|Gi)", "an amount of memory such as 512Mi or 2Gi")] = "512Mi"
    """The memory that each replica is given, in MiB (Mi) or GiB (Gi); a replica that takes more is ended."""
    environment: Mapping[EnvironmentName, QuotedText] = {}
    """Plain environment variables for the program, each with a text as value."""
    secrets: Mapping[EnvironmentName, SecretName] = {}
    """Environment variables and, for each, the name of the Pulumi secret under data-pipes:secrets that it holds."""
    files: Mapping[FilePath, SecretName] = {}
    """Paths in the container and, for each, the name of the Pulumi secret under data-pipes:secrets that it holds."""
    egress: tuple[EgressSettings, ...] = ()
    """The places that the program calls besides its topic, DNS and HTTPS."""
    node_selector: Mapping[LabelName, LabelValue] = {}
    """More Kubernetes labels that a node must have to run a replica."""
    grace_period_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    """The seconds that a replica has to finish and commit after it was asked to stop."""

    def mistakes(self, secrets: frozenset[str]) -> Iterator[Mistake]:
        """Yield what is wrong across the keys: two values for one name, and secrets that nobody has set."""
        for name in sorted(self.environment.keys() & self.secrets.keys()):
            yield Mistake(path=("environment", name), text="is also in secrets; keep it in one of the two")
        for section, references in (("secrets", self.secrets), ("files", self.files)):
            for name, secret in references.items():
                if secret not in secrets:
                    command = f"pulumi config set --secret --path 'data-pipes:secrets.{secret}'"
                    yield Mistake(
                        path=(section, name),
                        text=f"names the secret {secret!r}, which has no value; set it with: {command}",
                    )


class PipeSettings(Section, frozen=True):
    """One pipe: a topic and the consumers that read it; each streaming service adds what a user may say of its topics."""

    parallelism: Annotated[int, Field(ge=1, le=10_000)]
    """The number of partitions of the topic and, by that, of replicas of its consumer."""
    consumer: ConsumerSettings
    """The program that reads the pipe."""


PipeSettingsT = TypeVar("PipeSettingsT", bound=PipeSettings)


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Identical consumers of one topic, in one consumer group."""

    name: str
    consumer: ConsumerSettings
    replicas: Output[int]
    connection: Connection
    secrets: Mapping[str, Secret]
    """The stack's secrets, by the names that the consumer's settings use."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What a platform made of a workload."""

    replicas: Output[int]


class Topic(ComponentResource, ABC):
    """A partitioned stream that one consumer group reads."""

    topic_name: Output[str]
    partitions: Output[int]
    """How many partitions the topic has: known in a preview, and only there once the topic is."""
    connection: Connection


class Streaming(ComponentResource, ABC, Generic[PipeSettingsT]):
    """A streaming service that topics are made on."""

    outputs: Mapping[str, Output[str]]
    """What the stack exports of the service."""

    @abstractmethod
    def topic(self, name: str, pipe: PipeSettingsT, opts: ResourceOptions) -> Topic:
        """Make the topic of the pipe of that name, with as many partitions as its parallelism."""


class Platform(ComponentResource, ABC):
    """A container platform that consumers run on."""

    outputs: Mapping[str, Output[str]]
    """What the stack exports of the platform."""

    @abstractmethod
    def run(self, workload: Workload, opts: ResourceOptions) -> Deployed:
        """Run as many replicas of a consumer as the workload says."""


class AccountSettings(Section, frozen=True):
    """Which account and region of a cloud a stack lives in; the keys of the provider's own namespace, such as aws:region."""


class NetworkSettings(Section, ABC, frozen=True):
    """The network that a stack lives in."""

    @property
    @abstractmethod
    def zone_count(self) -> int:
        """How many availability zones the network spans."""


class ServiceSettings(Section, ABC, frozen=True):
    """The settings of a streaming service or of a platform, with the rules that need more than one section."""

    service: str

    @abstractmethod
    def mistakes(self, network: NetworkSettings, pipes: Mapping[str, PipeSettings]) -> Iterator[Mistake]:
        """Yield what is wrong between this section, the network and the pipes, with paths from the top of the file."""


AccountT = TypeVar("AccountT", bound=AccountSettings)
NetworkSettingsT = TypeVar("NetworkSettingsT", bound=NetworkSettings)
SettingsT = TypeVar("SettingsT", bound=ServiceSettings)
NetworkT = TypeVar("NetworkT", bound=ComponentResource)


@dataclass(frozen=True, kw_only=True)
class NetworkArgs(Generic[AccountT, NetworkSettingsT]):
    """What a cloud's network is built from."""

    account: AccountT
    settings: NetworkSettingsT
    tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ServiceArgs(Generic[SettingsT, NetworkT]):
    """What every streaming service and every platform is built from."""

    settings: SettingsT
    network: NetworkT
    pipes: Mapping[str, PipeSettings]
    """The pipes that the service must have room for."""
    protect: bool
    """Whether what holds data or runs it is kept from deletion."""
