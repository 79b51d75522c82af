"""Where consumers of a pipe on Kinesis set records aside that they cannot handle: a data stream with one shard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import pulumi_aws as aws
from pulumi import ComponentResource, Input, ResourceOptions
from pydantic import Field

from components.aws.kinesis.access import for_stream
from components.contracts import Grant
from components.dead_letters import SUFFIX, DeadLetterSettings

LARGEST_LETTER_KIB = 2048
"""The size of the largest dead letter in KiB: a record of 1 MiB, which is Kinesis' own limit, takes a third more in base64, and
what is said of it comes on top (Kinesis Data Streams, Quotas and limits)."""


class KinesisDeadLetterSettings(DeadLetterSettings, frozen=True):
    """What becomes of a record that the consumers cannot handle."""

    retention_hours: Annotated[int, Field(ge=24, le=8760)] = 336
    """The hours that records set aside are kept, read or not (Kinesis API, IncreaseStreamRetentionPeriod); a lower number deletes
    those that are older."""


@dataclass(frozen=True, kw_only=True)
class DeadLettersArgs:
    """What the dead letters of a pipe are built from."""

    topic_name: str
    """The name of the pipe's stream, or how those of its video streams begin."""
    settings: KinesisDeadLetterSettings
    region: str
    key: aws.kms.Key
    """What encrypts them: the key of what they were read from."""
    protect: bool


class DeadLetters(ComponentResource):
    """A data stream with one shard, whatever the pipe's parallelism, that the pipe's consumers may write to and not read."""

    variables: Mapping[str, Input[str]]
    """What consumers are told."""
    grants: Sequence[Grant]
    """What consumers need to set a record aside."""

    def __init__(self, name: str, args: DeadLettersArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:DeadLetters", name, None, opts)
        stream_name = f"{args.topic_name}{SUFFIX}"
        stream = aws.kinesis.Stream(
            f"{name}-stream",
            name=stream_name,
            shard_count=1,
            stream_mode_details=aws.kinesis.StreamStreamModeDetailsArgs(stream_mode="PROVISIONED"),
            retention_period=args.settings.retention_hours,
            max_record_size_in_kib=LARGEST_LETTER_KIB,
            encryption_type="KMS",
            kms_key_id=args.key.key_id,
            enforce_consumer_deletion=True,
            tags={"Name": stream_name},
            opts=ResourceOptions(parent=self, protect=args.protect),
        )
        self.variables = args.settings.variables(stream.name)
        self.grants = [
            Grant(actions=("kinesis:PutRecord",), resource=stream.arn),
            Grant(
                actions=("kms:GenerateDataKey",), resource=args.key.arn, conditions=for_stream(stream.arn, args.region)
            ),
        ]
        self.register_outputs({"streamName": stream.name})
