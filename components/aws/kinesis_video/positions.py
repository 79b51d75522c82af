"""Read positions of a video pipe's consumers: a DynamoDB table with one item for each video stream."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.contracts import Grant

KEY = "stream"
"""The hash key of the table. Its value is the name of the video stream."""

SUFFIX = ".positions"
"""Suffix of the table's name. The prefix is that of the streams' names."""

ACTIONS = ("dynamodb:GetItem", "dynamodb:PutItem")
"""Permissions for reading and writing a position."""


@dataclass(frozen=True, kw_only=True)
class VideoPositionsArgs:
    """Arguments of VideoPositions."""

    topic_name: str
    """The prefix of the video streams' names."""
    protect: bool


class VideoPositions(ComponentResource):
    """DynamoDB table with the read positions of a pipe. Kinesis Video has no checkpoints, so consumers store their own here."""

    variables: Mapping[str, Input[str]]
    """Environment variables of the consumers."""
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
        """Return the grants of one stream's reader, limited to its own item.

        Source: DynamoDB, IAM policy conditions for fine-grained access control.
        """
        return [
            Grant(
                actions=ACTIONS,
                resource=self.table_arn,
                conditions={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": stream_name}},
            )
        ]
