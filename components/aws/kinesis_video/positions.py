"""Where the consumers of a video pipe note how far they have read: a DynamoDB table with an item for each of its streams."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.contracts import Grant

KEY = "stream"
"""The attribute by which an item is found: the name of its video stream."""

SUFFIX = ".positions"
"""What the name of the table adds to that of the streams."""

ACTIONS = ("dynamodb:GetItem", "dynamodb:PutItem")
"""What reading and writing a position takes."""


@dataclass(frozen=True, kw_only=True)
class VideoPositionsArgs:
    """What the table of a pipe is built from."""

    topic_name: str
    """How the names of the pipe's video streams begin."""
    protect: bool


class VideoPositions(ComponentResource):
    """One table for a pipe, whatever its parallelism: Kinesis itself remembers of no reader where it is in a video stream."""

    variables: Mapping[str, Input[str]]
    """What consumers are told."""
    table_arn: Output[str]

    def __init__(self, name: str, args: VideoPositionsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:VideoPositions", name, None, opts)
        table_name = f"{args.topic_name}{SUFFIX}"
        table = aws.dynamodb.Table(
            f"{name}-table",
            name=table_name,
            billing_mode="PAY_PER_REQUEST",
            hash_key=KEY,
            attributes=[aws.dynamodb.TableAttributeArgs(name=KEY, type="S")],
            point_in_time_recovery=aws.dynamodb.TablePointInTimeRecoveryArgs(enabled=True),
            deletion_protection_enabled=args.protect,
            tags={"Name": table_name},
            opts=ResourceOptions(parent=self, protect=args.protect),
        )
        self.variables = {"STREAM_GROUP": table.name}
        self.table_arn = table.arn
        self.register_outputs({"tableName": table.name})

    def grants(self, stream_name: Input[str]) -> Sequence[Grant]:
        """What the reader of one stream needs: its own item, no other's (DynamoDB, IAM policy conditions for fine-grained access control)."""
        return [
            Grant(
                actions=ACTIONS,
                resource=self.table_arn,
                conditions={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": stream_name}},
            )
        ]
