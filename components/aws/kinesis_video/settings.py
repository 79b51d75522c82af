"""Kinesis Video Streams settings."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from components.consumer_group import no_group
from components.dead_letters import no_redrive
from components.section import ConfigError
from components.settings_bases import ServiceSettings, ValidationContext


class KinesisVideoSettings(ServiceSettings, frozen=True):
    """Streaming section of a stack file for Kinesis Video Streams."""

    cloud_services: ClassVar = ("dynamodb",)

    service: Literal["kinesis-video"]
    """Always kinesis-video."""
    stream_quota: Annotated[int, Field(ge=1)] = 10_000
    """The account's quota of video streams in the region. Set it if AWS has raised the quota (Kinesis Video Streams, Service
    quotas)."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield consumer groups, and an error if the pipes need more video streams than the quota."""
        yield from no_group(
            context.pipes, "each video stream has one consumer, and the pipe has one table of positions"
        )
        yield from no_redrive(context.pipes, "a dead letter of Kinesis Video has no fragment that could be replayed")
        asked = sum(pipe.parallelism for pipe in context.made.values())
        if asked > self.stream_quota:
            text = (
                f"must be at least {asked}, the video streams of all pipes, got {self.stream_quota} (Kinesis Video Streams, "
                "Service quotas). Lower the pipes' parallelism, or have AWS raise the quota and set it here."
            )
            yield ConfigError(path=("streaming", "streamQuota"), text=text)
