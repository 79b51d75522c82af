"""Kafka in containers, run by Strimzi in the Kubernetes cluster of the platform."""

from components.existing_sizing import ExistingServiceSizing
from components.kubernetes.strimzi.existing import ExistingStrimzi
from components.kubernetes.strimzi.existing_settings import (
    ExistingStrimziPipeSettings,
    ExistingStrimziSettings,
    StrimziInPlacePipeSettings,
)
from components.kubernetes.strimzi.pipe_settings import StrimziPipeSettings
from components.kubernetes.strimzi.service import Strimzi
from components.kubernetes.strimzi.settings import StrimziSettings
from components.kubernetes.strimzi.sizing import StrimziSizing
from components.service import Count, StreamingService

TOPICS = Count("kubernetes:kafka.strimzi.io/v1:KafkaTopic", "spec.partitions")

REFUSED_ON = {"ecs": "its brokers run on Kubernetes, in the cluster of the platform"}

SERVICE = StreamingService(
    "Kafka in containers (Strimzi)",
    StrimziSettings,
    StrimziPipeSettings,
    Strimzi,
    TOPICS,
    StrimziSizing(),
    refused_on=REFUSED_ON,
    topics_not_adopted="the stack makes this Kafka, so its pipes make all of its topics",
    existing=StreamingService(
        "Kafka in containers (Strimzi), existing cluster",
        ExistingStrimziSettings,
        StrimziInPlacePipeSettings,
        ExistingStrimzi,
        TOPICS,
        ExistingServiceSizing(),
        refused_on=REFUSED_ON,
        existing_pipe=ExistingStrimziPipeSettings,
        in_place=True,
    ),
)
