"""Catalog entries: streaming services, container platforms and clouds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi import ComponentResource, ProviderResource, ResourceOptions

from components.arguments import MonitoringArgs, NetworkArgs, PlatformArgs, RegistryArgs, StreamingArgs
from components.contracts import Platform, Registry, Streaming
from components.monitoring.settings import MonitoringSettings
from components.settings_bases import (
    AccountSettings,
    ExistingPipeSettings,
    NetworkSettings,
    PipeSettings,
    ServiceSettings,
)
from components.sizing import PlatformSizing, StreamingSizing


@dataclass(frozen=True)
class Count:
    """How to count partitions or replicas in a plan: a resource type, and the path of its property.

    Without a path, each resource of the type counts as one.
    """

    type: str
    property_path: str | None = None


@dataclass(frozen=True)
class StreamingService:
    """Streaming service: settings, settings of its pipes, component, and how to count partitions."""

    title: str
    """The vendor's name of the service."""
    settings: type[ServiceSettings]
    pipe: type[PipeSettings]
    component: Callable[[str, StreamingArgs[Any, Any, Any], ResourceOptions], Streaming[Any]]
    partitions: Count
    sizing: StreamingSizing[Any, Any]
    """Sizes for a load of messages."""
    refused_on: Mapping[str, str] = field(default_factory=dict[str, str])
    """Platforms that cannot read it, each with the reason."""
    reports_lag: bool = False
    """Whether the cloud measures the group's lag, also without a collector."""
    cloud_services: Sequence[str] = ()
    """Cloud APIs this service needs on this cloud. Set here because the settings class is shared by all clouds."""
    in_place: bool = False
    """Whether it was there before, in the cluster of the platform. So the platform must be an existing one too."""
    prefixes_topics: bool = False
    """Whether the names of the topics that it makes begin with the name of the stack. If not, a topic has the name of its pipe."""
    existing_pipe: type[ExistingPipeSettings] | None = None
    """Settings of a pipe whose topic was there before. None if the service's topics cannot be adopted."""
    topics_not_adopted: str = "its topics cannot be looked up"
    """Why topics cannot be adopted if `existing_pipe` is None."""
    existing: "StreamingService | None" = None
    """The form for a section with the key `existing`: the service was there before. None if it cannot be adopted."""


@dataclass(frozen=True)
class ContainerPlatform:
    """Container platform: settings, component, and how to count replicas."""

    title: str
    """The vendor's name of the platform."""
    settings: type[ServiceSettings]
    component: Callable[[str, PlatformArgs[Any, Any, Any], ResourceOptions], Platform]
    replicas: Sequence[Count]
    sizing: PlatformSizing[Any]
    """Sizes for the replicas of all pipes."""
    collectors: Sequence[str] = ("none",)
    """Values of monitoring.collector that the platform has."""
    base: "CloudBase | None" = None
    """Parts of the stack that differ from those of its cloud: an existing cluster has a network. None if none differ."""
    sized: bool = True
    """Whether the program makes the nodes, so it must know the number of replicas before it looks up an existing topic."""
    existing: "ContainerPlatform | None" = None
    """The form for a section with the key `existing`: the platform was there before. None if it cannot be adopted."""


@dataclass(frozen=True, kw_only=True)
class CloudBase:
    """Parts of every stack on a cloud: account, provider, network, registry and monitoring."""

    account: type[AccountSettings]
    first_account: Mapping[str, str]
    """Account keys of a new stack file, the region first. Values of the other keys are examples to replace."""
    provider: Callable[[str, Any, Mapping[str, str]], ProviderResource | None]
    """Makes the provider of the cloud. It returns None if the platform makes the only provider."""
    network_settings: type[NetworkSettings]
    network: Callable[[str, NetworkArgs[Any, Any], ResourceOptions], ComponentResource]
    registry: Callable[[str, RegistryArgs[Any], ResourceOptions], Registry]
    makes_registry: bool = True
    """Whether the stack has its own registry. If not, all images must have full references."""
    monitoring_settings: type[MonitoringSettings]
    cheap_collector: bool
    """Whether the managed collector costs little, so that every stack has it."""
    monitoring: Callable[[str, MonitoringArgs[Any, Any], ResourceOptions], ComponentResource]
