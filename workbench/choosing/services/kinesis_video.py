"""Facts of Amazon Kinesis Video Streams."""

from components.aws.kinesis_video.settings import KinesisVideoSettings
from components.aws.kinesis_video.streams import VideoTopicSettings
from workbench.choosing.facts import (
    Effort,
    Fact,
    Lifecycle,
    Partitions,
    Records,
    Row,
    ServiceGuide,
    creation,
    most,
    not_documented,
)
from workbench.choosing.kafka import NOT_KAFKA
from workbench.choosing.sources import (
    JUDGEMENT,
    PROGRAM,
    VIDEO_API,
    VIDEO_PLAYBACK,
    VIDEO_QUOTA,
)
from workbench.cloud.aws.kinds import KINDS

_QUOTA = KinesisVideoSettings.model_fields["stream_quota"].default

ROW = Row(
    effort=Effort(
        complexity=Fact("1: one stream for each device", JUDGEMENT),
        creation=creation(KINDS["aws:kinesis/videoStream:VideoStream"]),
        migration=Fact("6: it carries media, not messages", JUDGEMENT),
        scaling=Fact("you: `parallelism` is the number of streams; AWS: the rest", PROGRAM),
        lock_in=Fact("high: its own API", JUDGEMENT),
        video=Fact("yes, with ECS only", PROGRAM),
    ),
    partitions=Partitions(
        most=Fact(f"{_QUOTA:,} streams an account; AWS raises it on request", VIDEO_QUOTA),
        growing=Fact("yes: new streams", PROGRAM),
        shrinking=Fact("yes, but the last streams are deleted with their video; refused while protected", PROGRAM),
        order=Fact("in a stream", VIDEO_API),
    ),
    records=Records(
        retention=Fact(f"{most(VideoTopicSettings, 'retention_hours') // (24 * 365)} years", VIDEO_API),
        size=not_documented(VIDEO_API),
        throughput=not_documented(VIDEO_QUOTA),
        latency=Fact("`GetMedia` (this program): not documented; HLS 3 to 5 s", VIDEO_PLAYBACK),
    ),
    kafka=NOT_KAFKA,
    lifecycle=Lifecycle(
        versions=Fact("none", JUDGEMENT),
        upgrades=Fact("none", JUDGEMENT),
        retirement=not_documented(VIDEO_QUOTA),
        billing=not_documented(VIDEO_QUOTA),
    ),
)

GUIDE = ServiceGuide(
    rows={"`kinesis-video`": ROW},
    choose=(Fact("the data is video or audio of devices: no other service here carries media", PROGRAM),),
    avoid=(
        Fact("the data is anything else: there are no messages, no keys and no consumer groups", VIDEO_API),
        Fact("consumers run on EKS: each needs its own identity, but all pods of a pipe share one", PROGRAM),
    ),
)
