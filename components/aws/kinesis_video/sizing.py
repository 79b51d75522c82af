"""Sizing of Kinesis Video Streams: by cameras, not by messages."""

from typing_extensions import override

from components.aws.kinesis_video.settings import KinesisVideoSettings
from components.aws.kinesis_video.streams import VideoPipeSettings
from components.sizing import Limit, StreamingSizing


class KinesisVideoSizing(StreamingSizing[KinesisVideoSettings, VideoPipeSettings]):
    """Kinesis Video Streams has no size for a rate of messages."""

    unsized = "Kinesis Video is sized by cameras: parallelism is the number of cameras, and each has its own stream and its own consumer"

    @override
    def largest_message(self, settings: KinesisVideoSettings) -> Limit | None:
        return None
