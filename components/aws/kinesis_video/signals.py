"""What Kinesis Video Streams measures of a pipe's streams (Kinesis Video Streams, Metrics; read 2026-11-30)."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pulumi import Input

from components.aws.monitoring.metrics import CloudWatchMetric, Measurement, combined, groups
from components.monitoring.alarms import OLD_RECORDS
from components.monitoring.signals import Signal, Trigger


def stream_signals(streams: Sequence[Input[str]], age_minutes: int) -> list[Signal[Measurement]]:
    """Return the signals of video streams, in groups with one alarm each.

    The age is that of the last fragment that a consumer got. It is reported only while a consumer reads, so a dead consumer is an alarm
    of the platform. Whether it grows while a camera sends nothing is unknown.
    """

    def measured(name: str, function: Literal["MAX", "SUM"]) -> Mapping[str, Measurement]:
        statistic = "Maximum" if function == "MAX" else "Sum"
        metrics = [
            CloudWatchMetric(
                namespace="AWS/KinesisVideo", name=name, dimensions={"StreamName": stream}, statistic=statistic
            )
            for stream in streams
        ]
        return {suffix: combined(function, each) for suffix, each in groups(metrics).items()}

    names = {"bytes-in": "PutMedia.IncomingBytes", "bytes-out": "GetMedia.OutgoingBytes"}
    drawn = {name: measured(metric, "SUM") for name, metric in names.items()}
    late = Trigger(alarm=OLD_RECORDS, threshold=age_minutes * 60_000, minutes=5)
    return [
        *(
            Signal(name=f"{name}{suffix}", title="Bytes per minute", metric=metrics[suffix])
            for suffix in drawn["bytes-in"]
            for name, metrics in drawn.items()
        ),
        *(
            Signal(
                name=f"old-records{suffix}",
                title="Age of the last read fragment in milliseconds",
                metric=metric,
                trigger=late,
            )
            for suffix, metric in measured("GetMedia.MillisBehindNow", "MAX").items()
        ),
    ]
