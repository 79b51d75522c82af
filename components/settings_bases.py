"""What the settings of every account, network, service and pipe have in common."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from components.consumer import ConsumerSettings
from components.kubernetes.nodes.capacity import Resources
from components.section import ConfigError, Pattern, SettingsModel


class PipeSettings(SettingsModel, frozen=True):
    """One pipe: a topic and the consumers that read it; each streaming service adds what a user may say of its topics."""

    parallelism: Annotated[int, Field(ge=1, le=10_000)]
    """The number of partitions of the topic and, by that, of replicas of its consumer."""
    consumer: ConsumerSettings = ConsumerSettings()
    """The program that reads the pipe."""


class AccountSettings(SettingsModel, frozen=True):
    """Which account and region of a cloud a stack lives in; the keys of the provider's own namespace, such as aws:region."""

    stack_name: ClassVar[Pattern]
    """The names of stacks that the cloud takes, among those that every stack may have."""
    most_tags: ClassVar[int]
    """How many tags a stack may give to everything in it, besides the program's own."""
    tag_name: ClassVar[Pattern]
    """The names of tags that the cloud takes and that are not the program's own."""
    tag_value: ClassVar[Pattern]
    """The values of tags that the cloud takes."""


class NetworkSettings(SettingsModel, ABC, frozen=True):
    """The network that a stack lives in."""

    @property
    @abstractmethod
    def zone_count(self) -> int:
        """How many availability zones the network spans."""

    def idle(self, cloud_services: Collection[str]) -> Iterator[ConfigError]:
        """Yield what it says of services that the stack does not call; by default it says nothing of any."""
        _ = cloud_services
        yield from ()


@dataclass(frozen=True, kw_only=True)
class SystemWorkloads:
    """What a streaming service itself runs on the platform, beside the consumers."""

    pods: Sequence[tuple[Resources, int]] = ()
    """The room of one pod, and how many of that size there are."""
    volumes: bool = False
    """Whether they claim volumes."""


@dataclass(frozen=True, kw_only=True)
class ValidationContext:
    """The rest of a stack file, as far as a service's own rules need it."""

    stack: str
    """The name that all names in the stack begin with."""
    account: AccountSettings | None
    """None where its own keys are wrong."""
    network: NetworkSettings
    system_workloads: SystemWorkloads
    pipes: Mapping[str, PipeSettings]


class ServiceSettings(SettingsModel, ABC, frozen=True):
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
    def system_workloads(self) -> SystemWorkloads:
        """What the service itself runs on the platform."""
        return SystemWorkloads()

    @property
    def warnings(self) -> Sequence[str]:
        """What the deployer should know of this section, though nothing in it is wrong: each begins with the key."""
        return ()

    @property
    def can_grow(self) -> bool:
        """Whether a topic can get more partitions after it was made."""
        return True

    @abstractmethod
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield what is wrong between this section and the rest of the file, with paths from the top of the file."""
