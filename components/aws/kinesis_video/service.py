"""Amazon Kinesis Video Streams: one video stream for each consumer of a pipe, encrypted with the stack's KMS key."""

from pulumi import ResourceOptions
from typing_extensions import override

from components.arguments import StreamingArgs
from components.aws.encryption import account_key_policy, key
from components.aws.kinesis_video.settings import KinesisVideoSettings
from components.aws.kinesis_video.streams import VideoPipeSettings, VideoStreams, VideoStreamsArgs
from components.aws.network.network import Network
from components.contracts import Platform, Streaming, Topic


class KinesisVideo(Streaming[VideoPipeSettings]):
    """KMS key of a stack's video streams, and the method that makes the streams of a pipe."""

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
        """Make the video streams of a pipe."""
        streams = VideoStreamsArgs(
            prefix=f"{self.name}-{name}",
            pipe=pipe,
            network=self.args.network,
            key=self.key,
            protect=self.args.protect,
        )
        return VideoStreams(f"{self.name}-{name}", streams, opts)
