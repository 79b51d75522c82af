"""Settings of an existing Kafka cluster on HDInsight."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, cast

from pydantic import Field
from typing_extensions import override

from components.azure.existing import GroupName
from components.azure.hdinsight.settings import (
    KAFKA_VERSION,
    LEAST_BROKERS,
    MOST_BROKERS,
    HdInsightPipeSettings,
    shared_identities,
)
from components.azure.network.network import AzureNetworkSettings
from components.consumer import Image, SecretName
from components.consumer_group import group_errors
from components.kafka.config import pipe_config_errors
from components.kubernetes.jobs.topic import name_errors, parallelism_errors
from components.section import ConfigError, Pattern, SettingsModel
from components.settings_bases import ServiceSettings, ValidationContext


class GatewayCredentials(SettingsModel, frozen=True):
    """User of the cluster's gateway (Ambari), which knows the brokers."""

    hidden = True

    username: Annotated[str, Pattern(r"[A-Za-z][A-Za-z0-9]{0,19}", "the name of the gateway's user")] = "admin"
    """The name of the user."""
    password: SecretName
    """The name of the Pulumi secret under data-pipes:secrets with the user's password."""


class ExistingHdInsightCluster(SettingsModel, frozen=True):
    """An existing Kafka cluster on HDInsight. Its owner manages its machines and settings."""

    name: Annotated[str, Pattern(r"[A-Za-z0-9][A-Za-z0-9-]{1,57}[A-Za-z0-9]", "the name of an HDInsight cluster")]
    """The name of the cluster. It must run Kafka 3.2 (HDInsight 5.1)."""
    resource_group: GroupName
    """The resource group of the cluster, in the stack's subscription."""
    brokers: Annotated[int, Field(ge=LEAST_BROKERS, le=MOST_BROKERS)]
    """The number of brokers (worker nodes). Change it when the owner of the cluster adds some."""
    credentials: GatewayCredentials
    """The user of the cluster's gateway. Only the Job that finds the brokers gets its password."""


class ExistingHdInsightSettings(ServiceSettings, frozen=True):
    """Streaming section for an existing Kafka cluster on HDInsight.

    Brokers do not authenticate clients: every client in the network can read and write every topic.
    """

    service: Literal["hdinsight"]
    """Always hdinsight."""
    existing: ExistingHdInsightCluster
    """The existing cluster. The program makes topics on it, and changes nothing else of it."""
    topic_image: Image = ":topic-1.0.0"
    """The container image that finds the brokers and creates the topics, built from topic/. The default is in the stack's own
    registry."""

    @property
    @override
    def secrets(self) -> Mapping[str, str]:
        """Secret name of the gateway's password."""
        return {"existing.credentials.password": self.existing.credentials.password}

    @property
    @override
    def images(self) -> Sequence[str]:
        """The image that finds the brokers and creates the topics."""
        return (self.topic_image,)

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield invalid topic settings, pipe names that Jobs cannot use, and a network without a route to the brokers."""
        pipes = cast("Mapping[str, HdInsightPipeSettings]", context.made)
        yield from pipe_config_errors({name: pipe.topic.config for name, pipe in pipes.items()}, KAFKA_VERSION)
        yield from group_errors(context.pipes)
        yield from name_errors(context)
        yield from parallelism_errors(context, self.service)
        yield from shared_identities(context.pipes)
        if isinstance(context.network, AzureNetworkSettings) and context.network.existing is None:
            text = (
                "is required with streaming.existing (a new virtual network has no route to the brokers). Set it to the virtual network of the "
                "cluster, or to one that is connected with it."
            )
            yield ConfigError(path=("network", "existing"), text=text)
