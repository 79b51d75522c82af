"""Video streams of a pipe on Kinesis Video Streams. Each stream is one partition."""

from dataclasses import dataclass
from typing import Annotated

import pulumi_aws as aws
from pulumi import Output, ResourceOptions
from pydantic import Field
from typing_extensions import override

from components.aws.kinesis.dead_letters import DeadLetters, DeadLettersArgs, KinesisDeadLetterSettings
from components.aws.kinesis_video.positions import VideoPositions, VideoPositionsArgs
from components.aws.network.network import Network
from components.contracts import Connection, Grant, Topic
from components.section import Pattern, SettingsModel
from components.settings_bases import MOST_PARALLELISM, PipeSettings

READ_ACTIONS = ("kinesisvideo:GetDataEndpoint", "kinesisvideo:GetMedia")
"""Permissions for reading a video stream. GetDataEndpoint returns the endpoint for GetMedia (Kinesis Video Streams API, GetMedia)."""


class VideoTopicSettings(SettingsModel, frozen=True):
    """Video stream settings of a pipe."""

    retention_hours: Annotated[int, Field(ge=1, le=87_600)] = 168
    """The hours that video is kept, whether it was read or not. The minimum is one, because with zero Kinesis drops video that was
    not read within five minutes (Kinesis Video Streams API, CreateStream).

    Changing it replaces the streams, so a change is refused while they are protected.
    """
    media_type: Annotated[
        str,
        Pattern(
            r"(?=.{1,128}$)[A-Za-z0-9_.+-]+/[A-Za-z0-9_.+-]+(,[A-Za-z0-9_.+-]+/[A-Za-z0-9_.+-]+)*",
            "a media type such as video/h264, or several with commas between them",
        ),
    ] = "video/h264"
    """The media type of the streams, which their consumers receive (Kinesis Video Streams API, CreateStream)."""
    dead_letter: KinesisDeadLetterSettings = KinesisDeadLetterSettings()
    """The handling of fragments that the consumers cannot process. A data stream records which fragments they are. The fragments stay
    in the video stream for its retention period."""


class VideoPipeSettings(PipeSettings, frozen=True):
    """Pipe on Kinesis Video Streams."""

    parallelism: Annotated[int, Field(ge=1, le=MOST_PARALLELISM)]
    """The number of video streams of the pipe. Each stream has one consumer.

    Lowering it deletes the last streams with their video, so it is refused while they are protected.
    """
    topic: VideoTopicSettings = VideoTopicSettings()
    """The settings of the video streams."""

    @property
    @override
    def kept_minutes(self) -> int:
        """Return the minutes that the streams keep fragments."""
        return self.topic.retention_hours * 60


@dataclass(frozen=True, kw_only=True)
class VideoStreamsArgs:
    """Arguments of VideoStreams."""

    prefix: str
    """The prefix of the streams' names. The suffix is the stream's number."""
    pipe: VideoPipeSettings
    network: Network
    key: aws.kms.Key
    """The KMS key that encrypts the video."""
    protect: bool


class VideoStreams(Topic):
    """Video streams of a pipe, numbered from 0, with their read positions and dead letters.

    Each stream has one consumer, which may read only this stream.
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
        """Make the data stream with the dead letters of all video streams."""
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
        """Return the connection of a stream's reader."""
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
