"""The video streams of a pipe on Kinesis Video Streams: each a partition of its own."""

from dataclasses import dataclass
from typing import Annotated

import pulumi_aws as aws
from pulumi import Output, ResourceOptions
from pydantic import Field

from components.aws.kinesis.dead_letters import DeadLetters, DeadLettersArgs, KinesisDeadLetterSettings
from components.aws.kinesis_video.positions import VideoPositions, VideoPositionsArgs
from components.aws.network.network import Network
from components.contracts import Connection, Grant, Topic
from components.section import Pattern, SettingsModel
from components.settings_bases import PipeSettings

READ_ACTIONS = ("kinesisvideo:GetDataEndpoint", "kinesisvideo:GetMedia")
"""What reading a video stream takes: GetMedia is called at the endpoint that GetDataEndpoint names (Kinesis Video Streams API, GetMedia)."""


class VideoTopicSettings(SettingsModel, frozen=True):
    """What a user may say of the video streams of a pipe."""

    retention_hours: Annotated[int, Field(ge=1, le=87_600)] = 168
    """The hours that video is kept, read or not; at least one, since without any Kinesis drops what nobody has read within five
    minutes (Kinesis Video Streams API, CreateStream).

    A new number takes new streams in place of the old ones, so it is refused while they are protected.
    """
    media_type: Annotated[
        str,
        Pattern(
            r"(?=.{1,128}$)[A-Za-z0-9_.+-]+/[A-Za-z0-9_.+-]+(,[A-Za-z0-9_.+-]+/[A-Za-z0-9_.+-]+)*",
            "a media type such as video/h264, or several with commas between them",
        ),
    ] = "video/h264"
    """The media type of the streams, which their consumers are told (Kinesis Video Streams API, CreateStream)."""
    dead_letter: KinesisDeadLetterSettings = KinesisDeadLetterSettings()
    """What becomes of fragments that the consumers cannot handle: which ones they are is written to a data stream, and they stay where
    they are for as long as video is kept."""


class VideoPipeSettings(PipeSettings, frozen=True):
    """A pipe on Kinesis Video Streams."""

    parallelism: Annotated[int, Field(ge=1, le=10_000)]
    """The number of video streams of the pipe and, by that, of its consumers, one for each.

    A lower number takes the last streams away with their video, so it is refused while they are protected.
    """
    topic: VideoTopicSettings = VideoTopicSettings()
    """The video streams' own settings."""


@dataclass(frozen=True, kw_only=True)
class VideoStreamsArgs:
    """What the video streams of a pipe are built from."""

    prefix: str
    """How the names of the streams begin; their numbers follow."""
    pipe: VideoPipeSettings
    network: Network
    key: aws.kms.Key
    """What encrypts the video."""
    protect: bool


class VideoStreams(Topic):
    """As many video streams as the pipe's parallelism, numbered from 0, each for one consumer that may read it alone.

    Beside them is what the consumers write: how far they have read, and dead letters.
    """

    def __init__(self, name: str, args: VideoStreamsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:VideoStreams", name, None, opts)
        self.name = name
        self.args = args
        streams = [
            aws.kinesis.VideoStream(
                f"{name}-{number}",
                name=f"{args.prefix}-{number}",
                data_retention_in_hours=args.pipe.topic.retention_hours,
                media_type=args.pipe.topic.media_type,
                kms_key_id=args.key.key_id,
                tags={"Name": f"{args.prefix}-{number}"},
                opts=ResourceOptions(parent=self, protect=args.protect),
            )
            for number in range(args.pipe.parallelism)
        ]
        self.positions = VideoPositions(
            f"{name}-positions",
            VideoPositionsArgs(topic_name=args.prefix, protect=args.protect),
            ResourceOptions(parent=self),
        )
        self.dead_letters = self._dead_letters() if args.pipe.topic.dead_letter.enabled else None
        self.topic_name = Output.from_input(args.prefix)
        self.partitions = Output.all(*(stream.name for stream in streams)).apply(len)
        self.connections = {str(number): self._connection(number, stream) for number, stream in enumerate(streams)}
        self.register_outputs({"topicName": self.topic_name, "partitions": self.partitions})

    def _dead_letters(self) -> DeadLetters:
        """One stream for the dead letters of all video streams."""
        return DeadLetters(
            f"{self.name}-dead-letters",
            DeadLettersArgs(
                topic_name=self.args.prefix,
                settings=self.args.pipe.topic.dead_letter,
                region=self.args.network.account.region,
                key=self.args.key,
                protect=self.args.protect,
            ),
            ResourceOptions(parent=self),
        )

    def _connection(self, number: int, stream: aws.kinesis.VideoStream) -> Connection:
        """How the one reader of a stream reaches it."""
        return Connection(
            settings={
                "AWS_REGION": self.args.network.account.region,
                "STREAM_SERVICE": "kinesis-video",
                "STREAM_TOPIC": stream.name,
                "STREAM_PARTITION": str(number),
                **self.positions.variables,
                **(self.dead_letters.variables if self.dead_letters else {}),
            },
            secrets={},
            files={},
            grants=[
                Grant(actions=READ_ACTIONS, resource=stream.arn),
                Grant(actions=("kms:Decrypt",), resource=self.args.key.arn),
                *self.positions.grants(stream.name),
                *(self.dead_letters.grants if self.dead_letters else ()),
            ],
            egress_rules=[],
        )
