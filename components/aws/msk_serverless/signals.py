"""What MSK Serverless measures of a topic (MSK, Monitor MSK Serverless clusters; read 2026-11-29)."""

from typing import Literal

from pulumi import Input

from components.aws.monitoring.metrics import CloudWatchMetric, Measurement
from components.aws.msk.signals import NAMESPACE, dead_letter_signals, lag_signals
from components.dead_letters import SUFFIX
from components.kafka.existing_topic import KafkaPipe
from components.monitoring.signals import Signal


def topic_signals(name: str, pipe: KafkaPipe, cluster: Input[str], topic: str) -> list[Signal[Measurement]]:
    """Return the signals of the topic of a pipe. MSK reports a value for each partition, so they are added up."""

    def bytes_of(
        topic: str, metric: str, statistic: Literal["Maximum", "Sum"] = "Sum", period: int = 60
    ) -> CloudWatchMetric:
        dimensions = {"Cluster Name": cluster, "Topic": topic}
        return CloudWatchMetric(
            namespace=NAMESPACE, name=metric, dimensions=dimensions, statistic=statistic, period=period
        )

    return [
        Signal(name="bytes-in", title="Bytes per second", metric=bytes_of(topic, "BytesInPerSec")),
        Signal(name="bytes-out", title="Bytes per second", metric=bytes_of(topic, "BytesOutPerSec")),
        *lag_signals(name, pipe, cluster, unread="Sum", topic=topic),
        *dead_letter_signals(pipe, bytes_of(f"{name}{SUFFIX}", "BytesInPerSec", "Maximum", period=300)),
    ]
