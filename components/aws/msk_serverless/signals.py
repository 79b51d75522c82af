"""What MSK Serverless measures of a topic (MSK, Monitor MSK Serverless clusters; read 2026-11-29)."""

from typing import Literal

from pulumi import Input

from components.aws.monitoring.metrics import CloudWatchMetric, Measurement
from components.aws.msk.signals import NAMESPACE, dead_letter_signals, lag_signals
from components.aws.msk_serverless.settings import MskServerlessPipeSettings
from components.dead_letters import SUFFIX
from components.monitoring.signals import Signal


def topic_signals(name: str, pipe: MskServerlessPipeSettings, cluster: Input[str]) -> list[Signal[Measurement]]:
    """Return the signals of a topic. MSK reports a value for each partition, so they are added up."""

    def bytes_of(
        topic: str, metric: str, statistic: Literal["Maximum", "Sum"] = "Sum", period: int = 60
    ) -> CloudWatchMetric:
        dimensions = {"Cluster Name": cluster, "Topic": topic}
        return CloudWatchMetric(
            namespace=NAMESPACE, name=metric, dimensions=dimensions, statistic=statistic, period=period
        )

    return [
        Signal(name="bytes-in", title="Bytes per second", metric=bytes_of(name, "BytesInPerSec")),
        Signal(name="bytes-out", title="Bytes per second", metric=bytes_of(name, "BytesOutPerSec")),
        *lag_signals(name, pipe, cluster, unread="Sum", topic=name),
        *dead_letter_signals(pipe, bytes_of(f"{name}{SUFFIX}", "BytesInPerSec", "Maximum", period=300)),
    ]
