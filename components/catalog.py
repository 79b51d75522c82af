"""Catalog of the streaming services and platforms of each cloud. To add one, create its package and add a line here.

Each module is imported only when its entry is used, so a stack imports only the SDKs of its own cloud and services.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Generic, TypeVar

from typing_extensions import override

from components.service import CloudBase, ContainerPlatform, StreamingService

EntryT = TypeVar("EntryT", CloudBase, ContainerPlatform, StreamingService)


class Entries(Mapping[str, EntryT], Generic[EntryT]):
    """Entries by name. Each entry is a constant of a module."""

    def __init__(self, kind: type[EntryT], constant: str, modules: Mapping[str, str]) -> None:
        self._kind = kind
        self._constant = constant
        self._modules = modules

    @override
    def __getitem__(self, name: str) -> EntryT:
        return exported(self._kind, self._constant, self._modules[name])

    @override
    def __contains__(self, name: object) -> bool:
        return name in self._modules  # without an import

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    @override
    def __len__(self) -> int:
        return len(self._modules)

    def without(self, names: Set[str]) -> "Entries[EntryT]":
        """Return the other entries, without an import."""
        others = {name: module for name, module in self._modules.items() if name not in names}
        return Entries(self._kind, self._constant, others)


def exported(kind: type[EntryT], constant: str, module: str) -> EntryT:
    """Return the constant of a module. Raise TypeError if it has another type."""
    entry = getattr(import_module(module), constant)
    if not isinstance(entry, kind):
        raise TypeError(f"{module}.{constant} must be a {kind.__name__}, got {type(entry).__name__}")
    return entry


def _services(modules: Mapping[str, str]) -> Entries[StreamingService]:
    return Entries(StreamingService, "SERVICE", modules)


def _platforms(modules: Mapping[str, str]) -> Entries[ContainerPlatform]:
    return Entries(ContainerPlatform, "PLATFORM", modules)


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """A cloud with its streaming services and platforms."""

    namespace: str
    """Namespace of the provider's keys in a stack file, such as aws:region. Empty if the cloud has no account."""
    module: str
    """Module with the constant CLOUD, which has the other parts."""
    streaming: Entries[StreamingService]
    platforms: Entries[ContainerPlatform]
    external: Set[str] = frozenset()
    """Services and platforms that are always there before the stack, so nothing proposes them."""

    @property
    def base(self) -> CloudBase:
        """Return the parts of every stack on the cloud."""
        return exported(CloudBase, "CLOUD", self.module)


CLOUDS: Mapping[str, Cloud] = {
    "aws": Cloud(
        namespace="aws",
        module="components.aws.cloud",
        streaming=_services(
            {
                "msk": "components.aws.msk",
                "msk-serverless": "components.aws.msk_serverless",
                "kinesis": "components.aws.kinesis",
                "kinesis-video": "components.aws.kinesis_video",
                "kafka": "components.kubernetes.strimzi",
                "confluent": "components.aws.confluent",
                "kafka-external": "components.aws.kafka_external",
            }
        ),
        platforms=_platforms(
            {
                "eks": "components.aws.eks",
                "ecs": "components.aws.ecs",
            }
        ),
        external={"kafka-external"},
    ),
    "azure": Cloud(
        namespace="azure-native",
        module="components.azure.cloud",
        streaming=_services(
            {
                "event-hubs": "components.azure.event_hubs",
                "hdinsight": "components.azure.hdinsight",
                "kafka": "components.kubernetes.strimzi",
                "confluent": "components.azure.confluent",
                "kafka-external": "components.kafka.external",
            }
        ),
        platforms=_platforms(
            {
                "aks": "components.azure.aks",
            }
        ),
        external={"kafka-external"},
    ),
    "gcp": Cloud(
        namespace="gcp",
        module="components.gcp.cloud",
        streaming=_services(
            {
                "pubsub": "components.gcp.pubsub",
                "managed-kafka": "components.gcp.managed_kafka",
                "kafka": "components.kubernetes.strimzi",
                "confluent": "components.gcp.confluent",
                "kafka-external": "components.kafka.external",
            }
        ),
        platforms=_platforms(
            {
                "gke": "components.gcp.gke",
            }
        ),
        external={"kafka-external"},
    ),
    "kubernetes": Cloud(
        namespace="",
        module="components.kubernetes.cloud",
        streaming=_services(
            {
                "kafka": "components.kubernetes.strimzi",
                "kafka-external": "components.kafka.external",
                "confluent": "components.kubernetes.confluent",
            }
        ),
        platforms=_platforms(
            {
                "kubernetes": "components.kubernetes.existing",
            }
        ),
        external={"kafka-external", "confluent", "kubernetes"},
    ),
}


def _proposed(cloud: Cloud) -> Cloud:
    external = cloud.external
    return replace(cloud, streaming=cloud.streaming.without(external), platforms=cloud.platforms.without(external))


PROPOSED: Mapping[str, Cloud] = {
    name: cloud for name, cloud in {name: _proposed(each) for name, each in CLOUDS.items()}.items() if cloud.platforms
}
"""What `size`, `new` and docs/choosing.md propose: the clouds, services and platforms that the program can make."""
