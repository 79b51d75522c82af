"""What MSK Serverless measures of a topic (MSK, Monitor MSK Serverless clusters; read 2026-11-29)."""

from typing import Literal

from pulumi import Input

from components.aws.monitoring.metrics import CloudWatchMetric, Measurement
from components.aws.msk.signals import NAMESPACE, lag_signals
from components.aws.msk_serverless.settings import MskServerlessPipeSettings
from components.dead_letters import SUFFIX
from components.monitoring.alarms import DEAD_LETTERS
from components.monitoring.signals import Signal, Trigger


def topic_signals(name: str, pipe: MskServerlessPipeSettings, cluster: Input[str]) -> list[Signal[Measurement]]:
    """Return the signals of a topic. MSK reports a value for each partition, so they are added up."""

    def sum_of(
        topic: str, metric: Literal["BytesInPerSec", "BytesOutPerSec", "MessagesInPerSec"], period: int = 60
    ) -> CloudWatchMetric:
        dimensions = {"Cluster Name": cluster, "Topic": topic}
        return CloudWatchMetric(namespace=NAMESPACE, name=metric, dimensions=dimensions, statistic="Sum", period=period)

    dead_letters = Signal[Measurement](
        name="dead-letters",
        title="Dead letters per second",
        metric=sum_of(f"{name}{SUFFIX}", "MessagesInPerSec", period=300),
        trigger=Trigger(alarm=DEAD_LETTERS, threshold=0, minutes=5),
    )
    return [
        Signal(name="bytes-in", title="Bytes per second", metric=sum_of(name, "BytesInPerSec")),
        Signal(name="bytes-out", title="Bytes per second", metric=sum_of(name, "BytesOutPerSec")),
        *lag_signals(name, pipe, cluster, unread="Sum"),
        *([dead_letters] if pipe.topic.dead_letter.enabled else []),
    ]
