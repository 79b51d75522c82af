"""Base classes of the settings of accounts, networks, services and pipes."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from components.consumer import ConsumerSettings
from components.kubernetes.nodes.capacity import Resources
from components.load import Load
from components.monitoring.limits import AlarmSettings
from components.section import ConfigError, Pattern, SettingsModel

MOST_PARALLELISM = 10_000
"""Largest parallelism of a pipe."""


class PipeSettings(SettingsModel, frozen=True):
    """Settings of a pipe: a topic and its consumers. Each streaming service adds its topic settings."""

    parallelism: Annotated[int, Field(ge=1, le=MOST_PARALLELISM)]
    """Number of partitions of the topic. The consumer gets the same number of replicas."""
    consumer: ConsumerSettings = ConsumerSettings()
    """Consumer of the pipe."""
    expect: Load | None = None
    """Expected peak load of the pipe. By default nothing is expected, and the size is not checked."""
    alarms: AlarmSettings = AlarmSettings()
    """Limits of the pipe's alarms."""

    @property
    def kept_minutes(self) -> int | None:
        """Return the minutes that the topic keeps unread records. None if it does not delete them by age."""
        return None


NOT_SET = 0
"""Parallelism of a pipe that leaves it out."""


TOPIC_NAME = Pattern(
    r"(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}",
    "the name of a topic: 1 to 249 letters, digits, dots, underscores and hyphens, such as Orders.v1",
)
"""Names of topics (Apache Kafka, org.apache.kafka.common.internals.Topic). Grants contain the name, so it has no wildcards."""


class ExistingTopicSettings(SettingsModel, frozen=True):
    """Settings of a topic that was there before. The program only reads it."""

    existing: Literal[True]
    """Always true. The program reads the topic's number of partitions and never changes the topic."""
    name: Annotated[str, TOPIC_NAME] | None = None
    """The name of the topic. The default is the name of the pipe."""


class ExistingPipeSettings(PipeSettings, frozen=True):
    """Settings of a pipe whose topic was there before. Each streaming service adds its topic settings."""

    parallelism: Annotated[int, Field(ge=1, le=MOST_PARALLELISM, json_schema_extra={"default": None})] = NOT_SET
    """Number of partitions of the topic. It can be left out. If it is set and the topic has another number, the deployment stops."""
    topic: ExistingTopicSettings
    """The topic's settings."""


def made(pipes: Mapping[str, PipeSettings]) -> Mapping[str, PipeSettings]:
    """Return the pipes whose topics the stack makes."""
    return {name: pipe for name, pipe in pipes.items() if not isinstance(pipe, ExistingPipeSettings)}


def adopted(pipes: Mapping[str, PipeSettings]) -> Mapping[str, ExistingPipeSettings]:
    """Return the pipes whose topics were there before."""
    return {name: pipe for name, pipe in pipes.items() if isinstance(pipe, ExistingPipeSettings)}


class AccountSettings(SettingsModel, frozen=True):
    """Account and region of a stack: keys in the namespace of the provider, such as aws:region."""

    stack_name: ClassVar[Pattern]
    """Additional rule of the cloud for the name of a stack."""
    most_tags: ClassVar[int]
    """Maximum number of tags in a stack file."""
    tag_name: ClassVar[Pattern]
    """Rule for names of tags. It excludes the tags that the program sets."""
    tag_value: ClassVar[Pattern]
    """Rule of the cloud for values of tags."""


class NetworkSettings(SettingsModel, ABC, frozen=True):
    """Network settings of a stack."""

    @property
    @abstractmethod
    def zone_count(self) -> int:
        """Return the number of availability zones of the network."""

    def idle(self, cloud_services: Collection[str]) -> Iterator[ConfigError]:
        """Yield network settings for cloud services that the stack does not call. The default yields none."""
        _ = cloud_services
        yield from ()


@dataclass(frozen=True, kw_only=True)
class SystemWorkloads:
    """Pods of a streaming service that run on the platform together with the consumers."""

    pods: Sequence[tuple[Resources, int]] = ()
    """Resources of one pod, and the number of such pods."""
    volumes: bool = False
    """Whether the pods use volumes."""


@dataclass(frozen=True, kw_only=True)
class ValidationContext:
    """Context for validation across sections."""

    stack: str
    """Prefix of all resource names in the stack."""
    account: AccountSettings | None
    """None if the account settings have errors."""
    network: NetworkSettings
    system_workloads: SystemWorkloads
    pipes: Mapping[str, PipeSettings]

    @property
    def made(self) -> Mapping[str, PipeSettings]:
        """Return the pipes whose topics the stack makes."""
        return made(self.pipes)


class ServiceSettings(SettingsModel, ABC, frozen=True):
    """Settings of a streaming service or platform, with the rules across sections."""

    cloud_services: ClassVar[Sequence[str]] = ()
    """Cloud services that are called from inside the network, by the names of their private endpoints."""

    age_resolution: ClassVar[int] = 1
    """Smallest age of unread records that the service can measure, in minutes."""
    counts_unread: ClassVar[bool] = False
    """Whether an alarm is on the number of unread records."""

    service: str

    @property
    def secrets(self) -> Mapping[str, str]:
        """Return the names of the secrets with the service's own credentials, by their keys in its section."""
        return {}

    @property
    def images(self) -> Sequence[str]:
        """Return the container images of the service's own workloads."""
        return ()

    @property
    def system_workloads(self) -> SystemWorkloads:
        """Return the service's own workloads on the platform."""
        return SystemWorkloads()

    @property
    def warnings(self) -> Sequence[str]:
        """Return warnings about valid settings. Each starts with the key."""
        return ()

    @property
    def can_grow(self) -> bool:
        """Return whether an existing topic can get more partitions."""
        return True

    @abstractmethod
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors between this section and the rest of the file. Paths start at the top of the file."""
