"""What Pub/Sub measures of a topic and its subscriptions (Cloud Monitoring, Google Cloud metrics: P through Z; read 2026-11-30)."""

from collections.abc import Sequence

from pulumi import Input, Output

from components.gcp.monitoring.metric import PERIOD, CloudMonitoringMetric
from components.gcp.pubsub.topic_settings import SubscribedPipe
from components.monitoring.alarms import DEAD_LETTERS, OLD_RECORDS
from components.monitoring.signals import Signal, Trigger

AGE_RESOLUTION = 3
"""Smallest age in minutes that can be measured: the age is sampled every 60 seconds and visible after up to 120 seconds."""

MOVED = 15
"""Minutes in which a dead letter is an alarm. The count is visible after up to 240 seconds."""

PubSubSignal = Signal[CloudMonitoringMetric]


def pubsub_signals(
    pipe: SubscribedPipe, *, topic: Input[str], subscriptions: Input[str], shared: Input[str] | None
) -> Sequence[PubSubSignal]:
    """Return the signals of a pipe. One alarm watches the subscriptions of all partitions.

    Args:
        pipe: Settings of the pipe.
        topic: Name of the topic.
        subscriptions: Start of the names of the subscriptions of partitions. A dot and a number follow.
        shared: Name of the shared subscription. None in mode partitioned.
    """

    def measured(name: str, *, aligner: str, reducer: str, period: int = PERIOD) -> CloudMonitoringMetric:
        return CloudMonitoringMetric(
            type=f"pubsub.googleapis.com/subscription/{name}",
            resource="pubsub_subscription",
            labels={"subscription_id": shared} if shared else {},
            patterns={} if shared else {"subscription_id": Output.concat(subscriptions, "[.][0-9]+")},
            aligner=aligner,
            reducer=reducer,
            period=period,
        )

    signals: list[PubSubSignal] = [
        Signal(
            name="published",
            title="Published messages per second",
            metric=CloudMonitoringMetric(
                type="pubsub.googleapis.com/topic/send_message_operation_count",
                resource="pubsub_topic",
                labels={"topic_id": topic},
                aligner="ALIGN_RATE",
                reducer="REDUCE_SUM",
            ),
        ),
        Signal(
            name="acknowledged",
            title="Acknowledged messages per second",
            metric=measured("ack_message_count", aligner="ALIGN_RATE", reducer="REDUCE_SUM"),
        ),
        Signal(
            name="unread",
            title="Unread messages",
            metric=measured("num_undelivered_messages", aligner="ALIGN_MEAN", reducer="REDUCE_SUM"),
        ),
        Signal(
            name=OLD_RECORDS.name,
            title="Age of the oldest unread message in seconds",
            metric=measured("oldest_unacked_message_age", aligner="ALIGN_MAX", reducer="REDUCE_MAX"),
            trigger=Trigger(alarm=OLD_RECORDS, threshold=pipe.alarms.age_minutes * 60, minutes=1),
        ),
    ]
    if pipe.topic.dead_letter.enabled:
        # It also counts failed moves. The number of kept dead letters would be an alarm until somebody removes them.
        metric = measured("dead_letter_message_count", aligner="ALIGN_DELTA", reducer="REDUCE_SUM", period=MOVED * 60)
        signals.append(
            Signal(
                name=DEAD_LETTERS.name,
                title=f"Dead letters in {MOVED} minutes",
                metric=metric,
                trigger=Trigger(alarm=DEAD_LETTERS, threshold=0, minutes=1),
            )
        )
    return signals
