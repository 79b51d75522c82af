"""Dead letters of a pipe on Kinesis: a data stream with one shard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import pulumi_aws as aws
from pulumi import ComponentResource, Input, ResourceOptions
from pydantic import Field

from components.aws.kinesis.access import for_stream, write_grants
from components.aws.kinesis.signals import dead_letter_signal
from components.aws.monitoring.metrics import Measurement
from components.contracts import Grant
from components.dead_letters import SUFFIX, DeadLetterSettings
from components.monitoring.signals import Signal

LARGEST_LETTER_KIB = 2048
"""Maximum size of a dead letter in KiB. A record has at most 1 MiB (Kinesis Data Streams, Quotas and limits). Base64 adds a third,
and the dead letter also contains metadata."""


class KinesisDeadLetterSettings(DeadLetterSettings, frozen=True):
    """Dead-letter settings of a pipe on Kinesis."""

    retention_hours: Annotated[int, Field(ge=24, le=8760)] = 336
    """The hours that dead letters are kept, whether they were read or not (Kinesis API, IncreaseStreamRetentionPeriod). Lowering it
    deletes older dead letters."""


@dataclass(frozen=True, kw_only=True)
class DeadLettersArgs:
    """Arguments of DeadLetters."""

    topic_name: str
    """The name of the pipe's data stream, or the prefix of its video streams' names."""
    settings: KinesisDeadLetterSettings
    region: str
    key: aws.kms.Key
    """The KMS key of the source stream. It also encrypts the dead letters."""
    protect: bool


class DeadLetters(ComponentResource):
    """Dead-letter data stream of a pipe, always with one shard. The pipe's consumers may write to it but not read it."""

    variables: Mapping[str, Input[str]]
    """Environment variables of the consumers."""
    grants: Sequence[Grant]
    """Grants for writing dead letters."""
    read_grants: Sequence[Grant]
    """Grants for reading dead letters. Consumers do not have them."""
    signals: Sequence[Signal[Measurement]]

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
        self.signals = [dead_letter_signal(stream.name)]
        self.grants = write_grants(stream.arn, args.key.arn, args.region)
        self.read_grants = [
            Grant(
                actions=("kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"), resource=stream.arn
            ),
            Grant(actions=("kms:Decrypt",), resource=args.key.arn, conditions=for_stream(stream.arn, args.region)),
        ]
        self.register_outputs({"streamName": stream.name})
