"""The one table of what runs where: a new streaming service or platform is a file of its own and a line here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi import ComponentResource, ProviderResource, ResourceOptions

from components.arguments import NetworkArgs, PlatformArgs, RegistryArgs, StreamingArgs
from components.aws.account import AwsSettings, aws_provider
from components.aws.confluent.service import confluent as confluent_on_aws
from components.aws.ecs.platform import Ecs
from components.aws.ecs.settings import EcsSettings
from components.aws.eks.compute import eks
from components.aws.eks.settings import EksSettings
from components.aws.kinesis.service import Kinesis
from components.aws.kinesis.settings import KinesisSettings
from components.aws.kinesis.stream import KinesisPipeSettings
from components.aws.kinesis_video.service import KinesisVideo
from components.aws.kinesis_video.settings import KinesisVideoSettings
from components.aws.kinesis_video.streams import VideoPipeSettings
from components.aws.msk.service import Msk
from components.aws.msk.settings import MskSettings
from components.aws.msk.topic import MskPipeSettings
from components.aws.msk_serverless.service import MskServerless
from components.aws.msk_serverless.settings import MskServerlessPipeSettings, MskServerlessSettings
from components.aws.network.network import AwsNetworkSettings, Network
from components.aws.registry import EcrRegistry
from components.azure.account import AzureSettings, azure_provider
from components.azure.aks.platform import Aks
from components.azure.aks.settings import AksSettings
from components.azure.confluent.service import confluent as confluent_on_azure
from components.azure.event_hubs.service import EventHubs
from components.azure.event_hubs.settings import EventHubsSettings
from components.azure.event_hubs.topic import EventHubsPipeSettings
from components.azure.hdinsight.service import HdInsight
from components.azure.hdinsight.settings import HdInsightPipeSettings, HdInsightSettings
from components.azure.network.network import AzureNetworkSettings
from components.azure.network.network import Network as AzureNetwork
from components.azure.registry import AcrRegistry
from components.confluent.settings import ConfluentSettings
from components.confluent.topic_settings import ConfluentPipeSettings
from components.contracts import Platform, Registry, Streaming
from components.gcp.account import GcpSettings, gcp_provider
from components.gcp.confluent.service import confluent as confluent_on_gcp
from components.gcp.gke.platform import Gke
from components.gcp.gke.settings import GkeSettings
from components.gcp.managed_kafka.service import ManagedKafka
from components.gcp.managed_kafka.settings import ManagedKafkaSettings
from components.gcp.managed_kafka.topic import ManagedKafkaPipeSettings
from components.gcp.network.network import GcpNetworkSettings
from components.gcp.network.network import Network as GcpNetwork
from components.gcp.pubsub.service import PubSub
from components.gcp.pubsub.settings import PubSubSettings
from components.gcp.pubsub.topic_settings import PubSubPipeSettings
from components.gcp.registry import ArtifactRegistry
from components.kubernetes.strimzi.service import Strimzi
from components.kubernetes.strimzi.settings import StrimziSettings
from components.kubernetes.strimzi.topic import StrimziPipeSettings
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

    settings: type[ServiceSettings]
    pipe: type[PipeSettings]
    component: Callable[[str, StreamingArgs[Any, Any, Any], ResourceOptions], Streaming[Any]]
    partitions: Count
    refused_on: Mapping[str, str] = field(default_factory=dict[str, str])
    """The platforms of its cloud that cannot read it, each with the reason."""
    cloud_services: Sequence[str] = ()
    """What it calls of its cloud where its settings, which are the same on every cloud, cannot say so."""


@dataclass(frozen=True)
class ContainerPlatform:
    """A container platform: its settings, the component that builds it, and where replicas count."""

    settings: type[ServiceSettings]
    component: Callable[[str, PlatformArgs[Any, Any, Any], ResourceOptions], Platform]
    replicas: Sequence[Count]


KUBERNETES_REPLICAS = (
    Count("kubernetes:apps/v1:Deployment", "spec.replicas"),
    Count("kubernetes:apps/v1:StatefulSet", "spec.replicas"),
)
"""Where replicas count on Kubernetes: consumers that are alike, and those that each read a partition of their own."""


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """A cloud: its account and provider, its network and registry, and what runs in that network."""

    namespace: str
    """The namespace of the provider's own keys in a stack file, such as aws:region."""
    account: type[AccountSettings]
    provider: Callable[[str, Any, Mapping[str, str]], ProviderResource]
    network_settings: type[NetworkSettings]
    network: Callable[[str, NetworkArgs[Any, Any], ResourceOptions], ComponentResource]
    registry: Callable[[str, RegistryArgs[Any], ResourceOptions], Registry]
    streaming: Mapping[str, StreamingService]
    platforms: Mapping[str, ContainerPlatform]


CLOUDS: Mapping[str, Cloud] = {
    "aws": Cloud(
        namespace="aws",
        account=AwsSettings,
        provider=aws_provider,
        network_settings=AwsNetworkSettings,
        network=Network,
        registry=EcrRegistry,
        streaming={
            "msk": StreamingService(MskSettings, MskPipeSettings, Msk, Count("aws:msk/topic:Topic", "partitionCount")),
            "msk-serverless": StreamingService(
                MskServerlessSettings,
                MskServerlessPipeSettings,
                MskServerless,
                Count("kubernetes:batch/v1:Job", 'metadata.annotations["data-pipes/partitions"]'),
                refused_on={
                    "ecs": "no AWS API makes its topics, so a job in Kubernetes does, and ECS has no job that a deployment waits for"
                },
            ),
            "kinesis": StreamingService(
                KinesisSettings, KinesisPipeSettings, Kinesis, Count("aws:kinesis/stream:Stream", "shardCount")
            ),
            "kinesis-video": StreamingService(
                KinesisVideoSettings,
                VideoPipeSettings,
                KinesisVideo,
                Count("aws:kinesis/videoStream:VideoStream"),
                refused_on={
                    "eks": "each consumer reads a video stream of its own, and the pods of a pipe are identical, under one identity"
                },
            ),
            "kafka": StreamingService(
                StrimziSettings,
                StrimziPipeSettings,
                Strimzi,
                Count("kubernetes:kafka.strimzi.io/v1:KafkaTopic", "spec.partitions"),
                refused_on={"ecs": "its brokers run on Kubernetes, in the cluster of the platform"},
            ),
            "confluent": StreamingService(
                ConfluentSettings,
                ConfluentPipeSettings,
                confluent_on_aws,
                Count("confluentcloud:index/kafkaTopic:KafkaTopic", "partitionsCount"),
            ),
        },
        platforms={
            "eks": ContainerPlatform(EksSettings, eks, KUBERNETES_REPLICAS),
            "ecs": ContainerPlatform(EcsSettings, Ecs, (Count("aws:ecs/service:Service", "desiredCount"),)),
        },
    ),
    "azure": Cloud(
        namespace="azure-native",
        account=AzureSettings,
        provider=azure_provider,
        network_settings=AzureNetworkSettings,
        network=AzureNetwork,
        registry=AcrRegistry,
        streaming={
            "event-hubs": StreamingService(
                EventHubsSettings,
                EventHubsPipeSettings,
                EventHubs,
                Count("azure-native:eventhub:EventHub", "partitionCount"),
            ),
            "hdinsight": StreamingService(
                HdInsightSettings,
                HdInsightPipeSettings,
                HdInsight,
                Count("kubernetes:batch/v1:Job", 'metadata.annotations["data-pipes/partitions"]'),
            ),
            "kafka": StreamingService(
                StrimziSettings,
                StrimziPipeSettings,
                Strimzi,
                Count("kubernetes:kafka.strimzi.io/v1:KafkaTopic", "spec.partitions"),
            ),
            "confluent": StreamingService(
                ConfluentSettings,
                ConfluentPipeSettings,
                confluent_on_azure,
                Count("confluentcloud:index/kafkaTopic:KafkaTopic", "partitionsCount"),
                cloud_services=("confluent",),
            ),
        },
        platforms={
            "aks": ContainerPlatform(AksSettings, Aks, KUBERNETES_REPLICAS),
        },
    ),
    "gcp": Cloud(
        namespace="gcp",
        account=GcpSettings,
        provider=gcp_provider,
        network_settings=GcpNetworkSettings,
        network=GcpNetwork,
        registry=ArtifactRegistry,
        streaming={
            "pubsub": StreamingService(
                PubSubSettings,
                PubSubPipeSettings,
                PubSub,
                Count("gcp:pubsub/subscription:Subscription", "labels.data-pipes-subscribers"),
            ),
            "managed-kafka": StreamingService(
                ManagedKafkaSettings,
                ManagedKafkaPipeSettings,
                ManagedKafka,
                Count("gcp:managedkafka/topic:Topic", "partitionCount"),
            ),
            "kafka": StreamingService(
                StrimziSettings,
                StrimziPipeSettings,
                Strimzi,
                Count("kubernetes:kafka.strimzi.io/v1:KafkaTopic", "spec.partitions"),
            ),
            "confluent": StreamingService(
                ConfluentSettings,
                ConfluentPipeSettings,
                confluent_on_gcp,
                Count("confluentcloud:index/kafkaTopic:KafkaTopic", "partitionsCount"),
                cloud_services=("dns",),
            ),
        },
        platforms={
            "gke": ContainerPlatform(GkeSettings, Gke, KUBERNETES_REPLICAS),
        },
    ),
}
