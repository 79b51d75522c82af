"""The settings of Kinesis Data Streams."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, cast

from pydantic import BeforeValidator, Field
from typing_extensions import override

from components.aws.account import AwsSettings
from components.aws.kinesis.stream import KinesisPipeSettings
from components.section import ConfigError
from components.settings_bases import ServiceSettings, ValidationContext

SHARD_QUOTAS: Mapping[str, int] = {"us-east-1": 20_000, "us-west-2": 20_000, "eu-west-1": 20_000}
"""Shards that an account may have by default, by region (Kinesis Data Streams, Quotas and limits)."""

OTHER_SHARD_QUOTA = 1000
"""The same elsewhere: 1,000 or 6,000, without saying where (Kinesis Data Streams, Quotas and limits)."""


def _not_on_demand(mode: object) -> object:
    if mode == "on-demand":
        raise ValueError(
            "must be provisioned, not on-demand: there Kinesis moves the number of shards on its own, so it would not stay "
            "that of the consumers; set provisioned, and each pipe's parallelism to what it needs"
        )
    return mode


class KinesisSettings(ServiceSettings, frozen=True):
    """The streaming section of a stack file, for Kinesis Data Streams."""

    cloud_services: ClassVar = ("dynamodb", "kinesis-streams", "monitoring")

    service: Literal["kinesis"]
    """Always kinesis."""
    mode: Annotated[Literal["provisioned"], BeforeValidator(_not_on_demand)] = "provisioned"
    """Always provisioned: the number of shards is each pipe's parallelism."""
    shard_quota: Annotated[int, Field(ge=1)] | None = None
    """The number of shards that the account may have in the region, where AWS has raised it; by default 20,000 in us-east-1,
    us-west-2 and eu-west-1, and 1,000 elsewhere (Kinesis Data Streams, Quotas and limits)."""

    @override
    def config_errors(self, context: ValidationContext) -> Iterator[ConfigError]:
        """Yield more shards than the account may have."""
        if not isinstance(context.account, AwsSettings):
            return
        region = context.account.region
        quota = self.shard_quota or SHARD_QUOTAS.get(region, OTHER_SHARD_QUOTA)
        pipes = cast("Mapping[str, KinesisPipeSettings]", context.pipes)
        asked = sum(pipe.parallelism + pipe.topic.dead_letter.enabled for pipe in pipes.values())
        if asked > quota:
            text = (
                f"the pipes ask for {asked} shards with those of their dead letters, and the account may have {quota} in {region} "
                "(Kinesis Data Streams, Quotas and limits); lower their parallelism, or have AWS raise the quota and write the new "
                "one here"
            )
            yield ConfigError(path=("streaming", "shardQuota"), text=text)
