"""What Managed Service for Apache Kafka measures of a topic and its consumer group.

Google's list of the metrics could not be read. Names, resources and labels are those of a public dashboard whose author saw points for
each (read 2026-11-30). No source was found for the CPU and disk metrics, so they have no alarm.
"""

from collections.abc import Sequence

from pulumi import Input

from components.gcp.monitoring.metric import PERIOD, CloudMonitoringMetric
from components.monitoring.alarms import DEAD_LETTERS, MANY_UNREAD_RECORDS
from components.monitoring.pipe import unread_limit
from components.monitoring.signals import Signal, Trigger
from components.settings_bases import PipeSettings

ARRIVED = 15
"""Minutes in which a dead letter is an alarm after it arrived."""

KafkaSignal = Signal[CloudMonitoringMetric]


def kafka_signals(
    pipe: PipeSettings, *, cluster: Input[str], topic: Input[str], group: Input[str], dead_letters: Input[str] | None
) -> Sequence[KafkaSignal]:
    """Return the signals of a pipe. `dead_letters` is the name of its dead-letter topic."""
    signals = [
        Signal(
            name="written",
            title="Written records per second",
            metric=_written(cluster, topic, aligner="ALIGN_RATE"),
        ),
        Signal(
            name=MANY_UNREAD_RECORDS.name,
            title="Unread records",
            metric=CloudMonitoringMetric(
                # Despite its name, managedkafka.googleapis.com/consumer_lag is about replicas of a partition.
                type="managedkafka.googleapis.com/offset_lag",
                resource="managedkafka.googleapis.com/TopicPartitionConsumerGroup",
                labels={"cluster_id": cluster, "topic_id": topic, "consumer_group_id": group},
                aligner="ALIGN_MEAN",
                reducer="REDUCE_SUM",
            ),
            trigger=Trigger(alarm=MANY_UNREAD_RECORDS, threshold=unread_limit(pipe), minutes=5),
        ),
    ]
    return [*signals, _dead_letters(cluster, dead_letters)] if dead_letters else signals


def _dead_letters(cluster: Input[str], topic: Input[str]) -> KafkaSignal:
    return Signal(
        name=DEAD_LETTERS.name,
        title=f"Dead letters in {ARRIVED} minutes",
        metric=_written(cluster, topic, aligner="ALIGN_DELTA", period=ARRIVED * 60),
        trigger=Trigger(alarm=DEAD_LETTERS, threshold=0, minutes=1),
    )


def _written(cluster: Input[str], topic: Input[str], *, aligner: str, period: int = PERIOD) -> CloudMonitoringMetric:
    """Return the number of records that producers write to a topic."""
    return CloudMonitoringMetric(
        type="managedkafka.googleapis.com/message_in_count",
        resource="managedkafka.googleapis.com/Topic",
        labels={"cluster_id": cluster, "topic_id": topic},
        aligner=aligner,
        reducer="REDUCE_SUM",
        period=period,
    )
