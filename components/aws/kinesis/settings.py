"""Kinesis Data Streams settings."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, cast

from pydantic import BeforeValidator, Field
from typing_extensions import override

from components.aws.account import AwsSettings
from components.aws.kinesis.stream import KinesisPipeSettings
from components.consumer_group import no_group
from components.section import ConfigError
from components.settings_bases import ServiceSettings, ValidationContext

SHARD_QUOTAS: Mapping[str, int] = {"us-east-1": 20_000, "us-west-2": 20_000, "eu-west-1": 20_000}
"""Default shard quota of an account, by region (Kinesis Data Streams, Quotas and limits)."""

OTHER_SHARD_QUOTA = 1000
"""Default shard quota in other regions. AWS gives 1,000 or 6,000 without naming the regions (Kinesis Data Streams, Quotas and limits)."""


def _refuse_on_demand(mode: object) -> object:
    if mode == "on-demand":
        raise ValueError(
            "must be provisioned, got on-demand (Kinesis would change the number of shards, but each shard needs one consumer). "
            "Use provisioned, and set each pipe's parallelism to the number of shards that it needs."
        )
    return mode


class KinesisSettings(ServiceSettings, frozen=True):
    """Streaming section of a stack file for Kinesis Data Streams."""

    cloud_services: ClassVar = ("dynamodb", "kinesis-streams", "monitoring")

    service: Literal["kinesis"]
    """Always kinesis."""
    mode: Annotated[Literal["provisioned"], BeforeValidator(_refuse_on_demand)] = "provisioned"
    """Always provisioned. The number of shards of a stream is its pipe's parallelism."""
    shard_quota: Annotated[int, Field(ge=1)] | None = None
    """The account's shard quota in the region. Set it if AWS has raised the quota. The default is 20,000 in us-east-1, us-west-2 and
    eu-west-1, and 1,000 in other regions (Kinesis Data Streams, Quotas and limits)."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield consumer groups, and an error if the pipes need more shards than the quota."""
        yield from no_group(context.pipes, "the KCL application and its lease table have the name of the stream")
        if not isinstance(context.account, AwsSettings):
            return
        region = context.account.region
        quota = self.shard_quota or SHARD_QUOTAS.get(region, OTHER_SHARD_QUOTA)
        pipes = cast("Mapping[str, KinesisPipeSettings]", context.made)
        asked = sum(pipe.parallelism + pipe.topic.dead_letter.enabled for pipe in pipes.values())
        if asked > quota:
            text = (
                f"must be at least {asked}, the shards of all pipes and their dead letters, got {quota} for {region} "
                "(Kinesis Data Streams, Quotas and limits). Lower the pipes' parallelism, or have AWS raise the quota and set it here."
            )
            yield ConfigError(path=("streaming", "shardQuota"), text=text)
