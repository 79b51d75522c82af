"""Kafka in containers, run by Strimzi in the Kubernetes cluster of the platform."""

from components.kubernetes.strimzi.service import Strimzi
from components.kubernetes.strimzi.settings import StrimziSettings
from components.kubernetes.strimzi.sizing import StrimziSizing
from components.kubernetes.strimzi.topic import StrimziPipeSettings
from components.service import Count, StreamingService

SERVICE = StreamingService(
    "Kafka in containers (Strimzi)",
    StrimziSettings,
    StrimziPipeSettings,
    Strimzi,
    Count("kubernetes:kafka.strimzi.io/v1:KafkaTopic", "spec.partitions"),
    StrimziSizing(),
    refused_on={"ecs": "its brokers run on Kubernetes, in the cluster of the platform"},
)
