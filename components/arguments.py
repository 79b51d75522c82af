"""What the components of every cloud are built from: their constructors' arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pulumi import ComponentResource

from components.contracts import Platform, Registry, Secret
from components.settings_bases import AccountSettings, NetworkSettings, PipeSettings, ServiceSettings, SystemWorkloads

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
    system_workloads: SystemWorkloads
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
