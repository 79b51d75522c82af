"""Settings of a Kafka cluster that Strimzi runs in the platform's cluster, and that was there before the stack."""

from collections.abc import Iterator
from typing import Annotated, Literal, cast

from typing_extensions import override

from components.consumer_group import group_errors
from components.kafka.client_files import file_errors
from components.kafka.config import pipe_config_errors
from components.kafka.existing_topic import ExistingKafkaPipeSettings, ExistingKafkaTopicSettings
from components.kafka.topic_settings import KafkaPipeSettings, KafkaTopicSettings
from components.section import ConfigError, Pattern, SettingsModel
from components.settings_bases import ServiceSettings, ValidationContext

NEWEST = "4.3.1"
"""Release of the topic setting definitions. The version of the cluster is only known in a preview."""

KubernetesName = Annotated[
    str, Pattern(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "a Kubernetes name: lower-case letters, digits and hyphens")
]


class StrimziInPlaceTopicSettings(KafkaTopicSettings, frozen=True):
    """Settings of a topic on an existing Strimzi cluster. It has as many copies as the cluster's default.replication.factor."""


class StrimziInPlacePipeSettings(KafkaPipeSettings, frozen=True):
    """A pipe on an existing Strimzi cluster."""

    topic: StrimziInPlaceTopicSettings = StrimziInPlaceTopicSettings()
    """The topic's settings."""


class ExistingStrimziTopicSettings(ExistingKafkaTopicSettings, frozen=True):
    """Settings of a topic that was there before as a KafkaTopic. The program only reads it."""

    name: (
        Annotated[
            str,
            Pattern(
                r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?",
                "the name of a KafkaTopic: lower-case letters, digits, hyphens and dots, such as orders-v1 (Kafka's name of the topic is in "
                "its spec.topicName)",
            ),
        ]
        | None
    ) = None
    """The name of the KafkaTopic resource, in the namespace of the Kafka cluster. The default is the name of the pipe. If the KafkaTopic has
    a spec.topicName, that is the topic which the consumers read. The KafkaTopic must be ready and have spec.partitions."""


class ExistingStrimziPipeSettings(ExistingKafkaPipeSettings, frozen=True):
    """A pipe whose topic was there before as a KafkaTopic. The program makes its dead-letter topic and its consumers."""

    topic: ExistingStrimziTopicSettings
    """The topic's settings."""


class ExistingStrimziCluster(SettingsModel, frozen=True):
    """An existing Kafka cluster, run by Strimzi in the cluster of the platform. Its owner manages it and its operators."""

    namespace: KubernetesName
    """The namespace of the Kafka resource. Its entity operator must watch this namespace."""
    cluster: KubernetesName
    """The name of the Kafka resource. It must be ready, serve the API version kafka.strimzi.io/v1, have an entity operator, authorization
    simple, and an internal listener with TLS and authentication tls."""


class ExistingStrimziSettings(ServiceSettings, frozen=True):
    """Streaming section for an existing Kafka cluster of Strimzi. The program adds topics and users to it."""

    service: Literal["kafka"]
    """Always kafka."""
    existing: ExistingStrimziCluster
    """The existing cluster. It is in the cluster of the platform, which must be an existing one too."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield topic settings that Kafka rejects, files inside the directory of the certificates, and the cluster's namespace as a pipe."""
        pipes = cast("dict[str, StrimziInPlacePipeSettings]", context.made)
        yield from pipe_config_errors({name: pipe.topic.config for name, pipe in pipes.items()}, NEWEST)
        yield from group_errors(context.pipes)
        yield from file_errors(context.pipes)
        if self.existing.namespace in context.pipes:
            text = "must not be the namespace of the Kafka cluster (each pipe gets a namespace with its name). Rename the pipe."
            yield ConfigError(path=("pipes", self.existing.namespace), text=text)
