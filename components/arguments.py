"""Constructor arguments of the components of each cloud."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pulumi import ComponentResource

from components.contracts import Platform, Registry, Secret
from components.monitoring.collector import Collector
from components.monitoring.pipe import WatchedPipe
from components.monitoring.rules import Rule
from components.monitoring.settings import MonitoringSettings
from components.monitoring.signals import Signal
from components.settings_bases import (
    AccountSettings,
    ExistingPipeSettings,
    NetworkSettings,
    PipeSettings,
    ServiceSettings,
    SystemWorkloads,
)

AccountT = TypeVar("AccountT", bound=AccountSettings)
NetworkSettingsT = TypeVar("NetworkSettingsT", bound=NetworkSettings)
SettingsT = TypeVar("SettingsT", bound=ServiceSettings)
NetworkT = TypeVar("NetworkT", bound=ComponentResource)
RegistryT = TypeVar("RegistryT", bound=Registry)
PlatformT = TypeVar("PlatformT", bound=Platform)
MonitoringT = TypeVar("MonitoringT", bound=MonitoringSettings)


@dataclass(frozen=True, kw_only=True)
class NetworkArgs(Generic[AccountT, NetworkSettingsT]):
    """Arguments of a network component."""

    account: AccountT
    settings: NetworkSettingsT
    platform: ServiceSettings
    """Settings of the platform. The network of an existing cluster is looked up with them."""
    cloud_services: Sequence[str]
    """Cloud services that the stack calls, by the names of their private endpoints."""
    tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class RegistryArgs(Generic[NetworkT]):
    """Arguments of a registry component."""

    network: NetworkT
    images: Sequence[str]
    """All images of the stack, as written in the stack file."""
    protect: bool
    """Whether images are protected from deletion."""


@dataclass(frozen=True, kw_only=True)
class PlatformArgs(Generic[SettingsT, NetworkT, RegistryT]):
    """Arguments of a platform component."""

    settings: SettingsT
    network: NetworkT
    registry: RegistryT
    pipes: Mapping[str, PipeSettings]
    """Pipes whose consumers run on the platform."""
    system_workloads: SystemWorkloads
    """Pods of the streaming service that also run on the platform."""
    monitoring: MonitoringSettings
    protect: bool
    """Whether data resources and clusters are protected from deletion."""


@dataclass(frozen=True, kw_only=True)
class StreamingArgs(Generic[SettingsT, NetworkT, PlatformT]):
    """Arguments of a streaming service component."""

    settings: SettingsT
    network: NetworkT
    registry: Registry
    platform: PlatformT
    """Used by services that run in the cluster or create their topics from there. Others do not use it and do not wait for it."""
    pipes: Mapping[str, PipeSettings]
    """Pipes whose topics the service makes."""
    existing_pipes: Mapping[str, ExistingPipeSettings]
    """Pipes whose topics were there before."""
    secrets: Mapping[str, Secret]
    """The service's own credentials, by the keys of ServiceSettings.secrets."""
    protect: bool
    """Whether data resources are protected from deletion."""


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs(Generic[MonitoringT, NetworkT]):
    """Arguments of a monitoring component. It is created last, from what all others say of themselves."""

    settings: MonitoringT
    network: NetworkT
    collector: Collector | None
    """Evaluates the rules. None if nothing scrapes the consumers."""
    pipes: Mapping[str, WatchedPipe]
    signals: Sequence[Signal[Any]]
    """What the streaming service measures of itself."""
    rules: Sequence[Rule]
    """Rules over the streaming service's own metrics."""
    tags: Mapping[str, str]
