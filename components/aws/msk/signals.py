"""What MSK measures of a cluster and of its topics (MSK, Metrics for monitoring Standard brokers, and Express brokers; read 2026-11-30)."""

from collections.abc import Sequence
from typing import Literal

from pulumi import Input

from components.aws.monitoring.metrics import Across, CloudWatchMetric, LimitShare, Measurement
from components.consumer_group import consumer_group
from components.dead_letters import SUFFIX
from components.kafka.existing_topic import KafkaPipe
from components.monitoring.alarms import (
    BUSY_SERVICE,
    DEAD_LETTERS,
    DISK_FULL,
    OFFLINE_PARTITIONS,
    OLD_RECORDS,
    THROTTLED,
    UNDER_REPLICATED,
)
from components.monitoring.pipe import unread_limit
from components.monitoring.signals import Signal, Trigger

NAMESPACE = "AWS/Kafka"

MOST_DISK = 85
LEAST_IDLE = 40
"""Percent of a broker's disk, and of its CPU (MSK, Best practices: alarm at 85 % of the disk, keep the CPU below 60 %)."""

LEAST_DEAD_LETTERS = 0.1
"""Bytes per second. MSK does not say whether BytesInPerSec is Kafka's moving average over a minute. Such an average falls after a record
without reaching 0. A record has at least 61 bytes with its batch (Kafka, Message format; not re-read): 1 byte per second for a minute."""

MINUTES = 15
"""Minutes until a state is an alarm that also occurs for a short time, such as when MSK restarts a broker."""


def lag_signals(
    name: str, pipe: KafkaPipe, cluster: Input[str], *, unread: Literal["Maximum", "Sum"], topic: str
) -> list[Signal[Measurement]]:
    """Return the lag of a pipe's group: an estimate of its time, the number of unread records, and one alarm on both.

    A group without members may have no estimate, but it has unread records. MSK reports no lag while the group rebalances and before it
    commits for the first time (MSK, Monitor consumer lags). `name` is the pipe's, `unread` is the statistic of the number.
    """
    dimensions = {"Cluster Name": cluster, "Consumer Group": consumer_group(name, pipe), "Topic": topic}

    def metric(metric_name: str, statistic: Literal["Maximum", "Sum"] = "Maximum") -> CloudWatchMetric:
        return CloudWatchMetric(namespace=NAMESPACE, name=metric_name, dimensions=dimensions, statistic=statistic)

    time, records = metric("EstimatedMaxTimeLag"), metric("SumOffsetLag", unread)
    limits = [pipe.alarms.age_minutes * 60, unread_limit(pipe)]
    return [
        Signal(
            name="old-records",
            title="Time to catch up or unread records, as a share of the limit",
            metric=LimitShare(metrics=[time, records], limits=limits),
            trigger=Trigger(alarm=OLD_RECORDS, threshold=1, minutes=5),
        ),
        Signal(name="time-to-catch-up", title="Estimated time to catch up in seconds", metric=time),
        Signal(name="unread-records", title="Unread records", metric=records),
    ]


def topic_signals(name: str, pipe: KafkaPipe, cluster: Input[str], topic: str) -> list[Signal[Measurement]]:
    """Return the signals of the topic of a pipe. Each broker reports its own bytes of a topic, so they are added up."""

    def bytes_of(topic: str, metric: str, function: Literal["MAX", "SUM"] = "SUM", period: int = 60) -> Across:
        dimensions = {"Cluster Name": cluster, "Topic": topic}
        return Across(function=function, namespace=NAMESPACE, name=metric, dimensions=dimensions, period=period)

    return [
        Signal(name="bytes-in", title="Written bytes per second", metric=bytes_of(topic, "BytesInPerSec")),
        Signal(name="bytes-out", title="Read bytes per second", metric=bytes_of(topic, "BytesOutPerSec")),
        *lag_signals(name, pipe, cluster, unread="Maximum", topic=topic),
        *dead_letter_signals(pipe, bytes_of(f"{name}{SUFFIX}", "BytesInPerSec", "MAX", period=300)),
    ]


def dead_letter_signals(pipe: KafkaPipe, written: Measurement) -> list[Signal[Measurement]]:
    """Return the signal of a pipe's dead letters, if it has any. `written` are the bytes per second of their topic.

    The topic has one partition, so the highest rate of 5 minutes is that of the topic.
    """
    if not pipe.topic.dead_letter.enabled:
        return []
    trigger = Trigger(alarm=DEAD_LETTERS, threshold=LEAST_DEAD_LETTERS, minutes=5)
    return [Signal(name="dead-letters", title="Dead letters in bytes per second", metric=written, trigger=trigger)]


def cluster_signals(cluster: Input[str], *, express: bool) -> Sequence[Signal[Measurement]]:
    """Return the signals of a cluster. An alarm of a broker covers all brokers, also those that are added later.

    Express brokers have no disks to fill, and MSK manages their copies.
    """

    def brokers(function: Literal["MAX", "MIN", "SUM"], metric: str, period: int = 60) -> Across:
        return Across(
            function=function, namespace=NAMESPACE, name=metric, dimensions={"Cluster Name": cluster}, period=period
        )

    throttled = Trigger(alarm=THROTTLED, threshold=0, minutes=MINUTES)
    busy = Signal[Measurement](
        name="busy-service",
        title="Idle CPU of the busiest broker in percent",
        metric=brokers("MIN", "CpuIdle"),
        trigger=Trigger(alarm=BUSY_SERVICE, threshold=LEAST_IDLE, minutes=MINUTES, beyond="below"),
    )
    if express:
        return [
            busy,
            Signal(
                name="throttled-writes",
                title="Delay of throttled writes in milliseconds",
                metric=brokers("MAX", "ProduceThrottleTime"),
                trigger=throttled,
            ),
            Signal(
                name="throttled-reads",
                title="Delay of throttled reads in milliseconds",
                metric=brokers("MAX", "FetchThrottleTime"),
                trigger=throttled,
            ),
        ]
    offline = CloudWatchMetric(
        namespace=NAMESPACE,
        name="OfflinePartitionsCount",
        dimensions={"Cluster Name": cluster},
        statistic="Maximum",
    )
    return [
        busy,
        Signal(
            name="disk-full",
            title="Disk of the fullest broker in percent",
            metric=brokers("MAX", "KafkaDataLogsDiskUsed"),
            trigger=Trigger(alarm=DISK_FULL, threshold=MOST_DISK, minutes=5),
        ),
        Signal(
            name="throttled",
            title="Packets delayed by the limit of the network",
            metric=brokers("SUM", "TrafficShaping", period=300),
            trigger=throttled,
        ),
        Signal(
            name="under-replicated",
            title="Partitions with missing copies",
            metric=brokers("MAX", "UnderReplicatedPartitions"),
            trigger=Trigger(alarm=UNDER_REPLICATED, threshold=0, minutes=MINUTES),
        ),
        Signal(
            name="under-min-isr",
            title="Partitions with too few copies to write",
            metric=brokers("MAX", "UnderMinIsrPartitionCount"),
        ),
        Signal(
            name="offline-partitions",
            title="Partitions without a leader",
            metric=offline,
            trigger=Trigger(alarm=OFFLINE_PARTITIONS, threshold=0, minutes=5),
        ),
    ]
