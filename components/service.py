"""What the catalog knows of a streaming service, of a container platform and of a cloud; their packages say it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi import ComponentResource, ProviderResource, ResourceOptions

from components.arguments import NetworkArgs, PlatformArgs, RegistryArgs, StreamingArgs
from components.contracts import Platform, Registry, Streaming
from components.settings_bases import AccountSettings, NetworkSettings, PipeSettings, ServiceSettings


@dataclass(frozen=True)
class Count:
    """Where one side of the equation can be counted in a plan: a resource type, and the path of its property.

    Without a path, each resource of the type counts as one.
    """

    type: str
    property_path: str | None = None


@dataclass(frozen=True)
class StreamingService:
    """A streaming service: its settings, those of a pipe on it, the component that builds it, where partitions count."""

    title: str
    """The vendor's name of the service."""
    settings: type[ServiceSettings]
    pipe: type[PipeSettings]
    component: Callable[[str, StreamingArgs[Any, Any, Any], ResourceOptions], Streaming[Any]]
    partitions: Count
    refused_on: Mapping[str, str] = field(default_factory=dict[str, str])
    """The platforms that cannot read it, each with the reason."""
    cloud_services: Sequence[str] = ()
    """What it calls of its cloud where its settings, which are the same on every cloud, cannot say so."""


@dataclass(frozen=True)
class ContainerPlatform:
    """A container platform: its settings, the component that builds it, and where replicas count."""

    title: str
    """The vendor's name of the platform."""
    settings: type[ServiceSettings]
    component: Callable[[str, PlatformArgs[Any, Any, Any], ResourceOptions], Platform]
    replicas: Sequence[Count]


@dataclass(frozen=True, kw_only=True)
class CloudBase:
    """What every stack on a cloud has: its account and provider, its network and registry."""

    account: type[AccountSettings]
    provider: Callable[[str, Any, Mapping[str, str]], ProviderResource]
    network_settings: type[NetworkSettings]
    network: Callable[[str, NetworkArgs[Any, Any], ResourceOptions], ComponentResource]
    registry: Callable[[str, RegistryArgs[Any], ResourceOptions], Registry]
