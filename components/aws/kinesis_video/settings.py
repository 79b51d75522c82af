"""The settings of Kinesis Video Streams."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from components.section import ConfigError
from components.settings_bases import ServiceSettings, ValidationContext


class KinesisVideoSettings(ServiceSettings, frozen=True):
    """The streaming section of a stack file, for Kinesis Video Streams."""

    cloud_services: ClassVar = ("dynamodb",)

    service: Literal["kinesis-video"]
    """Always kinesis-video."""
    stream_quota: Annotated[int, Field(ge=1)] = 10_000
    """The number of video streams that the account may have in the region; another one where AWS has raised it (Kinesis Video
    Streams, Service quotas)."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield more video streams than the account may have."""
        asked = sum(pipe.parallelism for pipe in context.pipes.values())
        if asked > self.stream_quota:
            text = (
                f"the pipes ask for {asked} video streams, and the account may have {self.stream_quota} (Kinesis Video Streams, "
                "Service quotas); lower their parallelism, or have AWS raise the quota and write the new one here"
            )
            yield ConfigError(path=("streaming", "streamQuota"), text=text)
