"""Amazon Kinesis Video Streams."""

from components.aws.kinesis_video.service import KinesisVideo
from components.aws.kinesis_video.settings import KinesisVideoSettings
from components.aws.kinesis_video.sizing import KinesisVideoSizing
from components.aws.kinesis_video.streams import VideoPipeSettings
from components.service import Count, StreamingService

SERVICE = StreamingService(
    "Amazon Kinesis Video Streams",
    KinesisVideoSettings,
    VideoPipeSettings,
    KinesisVideo,
    Count("aws:kinesis/videoStream:VideoStream"),
    KinesisVideoSizing(),
    reports_lag=True,
    topics_not_adopted="a pipe is one video stream for each partition, and AWS does not say which streams belong together",
    refused_on={
        "eks": "each consumer reads its own video stream with its own identity, but all pods of a pipe share one identity"
    },
)
