"""Settings of an existing Managed Service for Apache Kafka cluster."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, cast

from typing_extensions import override

from components.consumer_group import group_errors
from components.gcp.managed_kafka.settings import VERSIONS
from components.gcp.managed_kafka.topic import LIMITS, ManagedKafkaPipeSettings
from components.gcp.network.network import GcpNetworkSettings
from components.kafka.config import pipe_config_errors
from components.section import ConfigError, Pattern, SettingsModel
from components.settings_bases import ServiceSettings, ValidationContext

KEY = "streaming.existing.cluster"


class ExistingManagedKafkaCluster(SettingsModel, frozen=True):
    """An existing Managed Kafka cluster. Its owner manages its size, version and ACLs."""

    cluster: Annotated[
        str,
        Pattern(
            r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?",
            "the name of a Managed Kafka cluster without its project and location, such as events",
        ),
    ]
    """The name of the cluster, in the project and the region of the stack."""


class ExistingManagedKafkaSettings(ServiceSettings, frozen=True):
    """Streaming section for an existing Managed Kafka cluster. The program makes topics, ACLs of its own topics and groups, and grants."""

    cloud_services: ClassVar = ("managedkafka",)
    counts_unread: ClassVar = True

    service: Literal["managed-kafka"]
    """Always managed-kafka."""
    existing: ExistingManagedKafkaCluster
    """The existing cluster. Its own ACLs and those of other topics do not change."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield errors about topic settings, groups, and a new network, which has no addresses of the brokers."""
        pipes = cast("Mapping[str, ManagedKafkaPipeSettings]", context.made)
        yield from pipe_config_errors(
            {name: pipe.topic.config for name, pipe in pipes.items()}, VERSIONS.default, LIMITS
        )
        yield from group_errors(context.pipes)
        if isinstance(context.network, GcpNetworkSettings) and context.network.existing is None:
            text = (
                "is required with streaming.existing (the brokers have no address in a new network). Set it to a network that the cluster is "
                "accessible from, or set platform.existing to a GKE cluster in one."
            )
            yield ConfigError(path=("network", "existing"), text=text)
