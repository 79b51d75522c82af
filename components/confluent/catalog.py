"""Catalog entry of existing clusters on Confluent Cloud, the same on every cloud."""

from collections.abc import Callable
from typing import Any

from pulumi import ResourceOptions

from components.arguments import StreamingArgs
from components.confluent.existing_settings import ExistingConfluentSettings
from components.confluent.topic_settings import ConfluentPipeSettings, ExistingConfluentPipeSettings
from components.contracts import Streaming
from components.existing_sizing import ExistingServiceSizing
from components.service import Count, StreamingService

TOPICS = Count("confluentcloud:index/kafkaTopic:KafkaTopic", "partitionsCount")


def existing(
    component: Callable[[str, StreamingArgs[Any, Any, Any], ResourceOptions], Streaming[Any]],
) -> StreamingService:
    """Return the entry of an existing cluster. `component` adds the network of the consumers."""
    return StreamingService(
        "Confluent Cloud, existing cluster",
        ExistingConfluentSettings,
        ConfluentPipeSettings,
        component,
        TOPICS,
        ExistingServiceSizing(),
        existing_pipe=ExistingConfluentPipeSettings,
    )
