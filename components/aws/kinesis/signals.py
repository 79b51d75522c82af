"""What Kinesis Data Streams measures of a stream (Kinesis Data Streams, Monitor with CloudWatch; read 2026-11-29)."""

from collections.abc import Mapping
from typing import Literal

from pulumi import Input

from components.aws.monitoring.metrics import CloudWatchMetric, Combined, Measurement
from components.monitoring.alarms import DEAD_LETTERS, OLD_RECORDS, THROTTLED
from components.monitoring.signals import Signal, Trigger


def metric(
    name: str, dimensions: Mapping[str, Input[str]], statistic: Literal["Maximum", "Sum"], period: int = 60
) -> CloudWatchMetric:
    """Return a metric of Kinesis Data Streams."""
    return CloudWatchMetric(
        namespace="AWS/Kinesis", name=name, dimensions=dimensions, statistic=statistic, period=period
    )


def stream_signals(age_minutes: int, *, stream: Input[str], fan_out: Input[str] | None) -> list[Signal[Measurement]]:
    """Return the signals of a stream. `fan_out` is the name of the consumer with enhanced fan-out.

    Without enhanced fan-out, Kinesis reports the oldest position of all readers. If nobody reads, it reports no age, which is an alarm.
    """
    dimensions = {"StreamName": stream}
    if fan_out is None:
        age, read, reader = "GetRecords.IteratorAgeMilliseconds", "GetRecords.Records", dimensions
    else:
        age, read = "SubscribeToShard.MillisBehindLatest", "SubscribeToShardEvent.Records"
        reader = {**dimensions, "ConsumerName": fan_out}
    rejected = [metric(f"{each}ProvisionedThroughputExceeded", dimensions, "Sum", 300) for each in ("Read", "Write")]
    return [
        Signal(name="records-in", title="Records per minute", metric=metric("IncomingRecords", dimensions, "Sum")),
        Signal(name="records-out", title="Records per minute", metric=metric(read, reader, "Sum")),
        Signal(
            name="old-records",
            title="Age of the oldest unread record in milliseconds",
            metric=metric(age, reader, "Maximum"),
            trigger=Trigger(alarm=OLD_RECORDS, threshold=age_minutes * 60_000, minutes=5, missing="alarm"),
        ),
        Signal(
            name="throttled",
            title="Rejected reads and writes in 5 minutes",
            metric=Combined(function="SUM", metrics=rejected),
            trigger=Trigger(alarm=THROTTLED, threshold=0, minutes=15),
        ),
    ]


def dead_letter_signal(stream: Input[str]) -> Signal[Measurement]:
    """Return the signal of a dead-letter stream."""
    return Signal(
        name="dead-letters",
        title="Dead letters in 5 minutes",
        metric=metric("IncomingRecords", {"StreamName": stream}, "Sum", 300),
        trigger=Trigger(alarm=DEAD_LETTERS, threshold=0, minutes=5),
    )
