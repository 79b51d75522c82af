"""Amazon Kinesis Video Streams: as many video streams for each pipe as it has consumers, all encrypted with the stack's own key."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pulumi import ResourceOptions
from pydantic import Field
from typing_extensions import override

from components.aws.encryption import account_key_policy, key
from components.aws.kinesis_video_streams import VideoPipeSettings, VideoStreams, VideoStreamsArgs
from components.aws.network import Network
from components.contracts import Platform, ServiceSettings, Streaming, StreamingArgs, Surroundings, Topic
from components.section import Mistake


class KinesisVideoSettings(ServiceSettings, frozen=True):
    """The streaming section of a stack file, for Kinesis Video Streams."""

    cloud_services: ClassVar = ("dynamodb",)

    service: Literal["kinesis-video"]
    """Always kinesis-video."""
    stream_quota: Annotated[int, Field(ge=1)] = 10_000
    """The number of video streams that the account may have in the region; another one where AWS has raised it (Kinesis Video
    Streams, Service quotas)."""

    @override
    def mistakes(self, rest: Surroundings) -> Iterator[Mistake]:
        """Yield more video streams than the account may have."""
        asked = sum(pipe.parallelism for pipe in rest.pipes.values())
        if asked > self.stream_quota:
            text = (
                f"the pipes ask for {asked} video streams, and the account may have {self.stream_quota} (Kinesis Video Streams, "
                "Service quotas); lower their parallelism, or have AWS raise the quota and write the new one here"
            )
            yield Mistake(path=("streaming", "streamQuota"), text=text)


class KinesisVideo(Streaming[VideoPipeSettings]):
    """The key of a stack's video streams, and the way to make those of a pipe."""

    def __init__(
        self,
        name: str,
        args: StreamingArgs[KinesisVideoSettings, Network, Platform],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("data-pipes:aws:KinesisVideo", name, None, opts)
        self.name = name
        self.args = args
        self.key = key(
            f"{name}-video-key",
            purpose=f"Encrypts the video of {name} at rest",
            policy=account_key_policy(args.network.account),
            parent=self,
            protect=args.protect,
        )
        self.outputs = {}
        self.register_outputs({"keyArn": self.key.arn})

    @override
    def topic(self, name: str, pipe: VideoPipeSettings, opts: ResourceOptions) -> Topic:
        """Make the video streams of the pipe of that name."""
        streams = VideoStreamsArgs(
            prefix=f"{self.name}-{name}",
            pipe=pipe,
            network=self.args.network,
            key=self.key,
            protect=self.args.protect,
        )
        return VideoStreams(f"{self.name}-{name}", streams, opts)
