"""Permissions to read and write a Kinesis data stream: the pipe's consumers, and the producers and readers in its settings."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import Input, Output

from components.aws.kinesis.leases import LEASE_INDEX, LeaseTables
from components.aws.policy import document
from components.contracts import Grant

READ_ACTIONS = (
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)
"""Permissions for reading a stream (Kinesis Data Streams, IAM permissions required for KCL consumer applications)."""

WRITE_ACTIONS = ("kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:PutRecord", "kinesis:PutRecords")
"""Permissions for writing to a stream (Kinesis Data Streams, Example resource-based policies)."""

FAN_OUT_ACTIONS = ("kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard")
"""Additional permissions for enhanced fan-out, on the registered consumer (source as for READ_ACTIONS)."""

TABLE_ACTIONS = (
    "dynamodb:DeleteItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
)
"""Permissions that KCL needs on its existing tables (source as for READ_ACTIONS)."""


def consumer_grants(
    *,
    region: str,
    stream_arn: Output[str],
    key_arn: Output[str],
    fan_out_arn: Output[str] | None,
    tables: LeaseTables,
) -> list[Grant]:
    """Return the minimum grants of a KCL application that reads one stream.

    AWS also lists permissions to create tables and register consumers. They are left out, because both exist before the application
    starts (Kinesis Data Streams, IAM permissions required for KCL consumer applications).
    """
    return [
        Grant(actions=READ_ACTIONS, resource=stream_arn),
        *([Grant(actions=FAN_OUT_ACTIONS, resource=fan_out_arn)] if fan_out_arn else []),
        Grant(actions=("kms:Decrypt",), resource=key_arn, conditions=for_stream(stream_arn, region)),
        *(Grant(actions=TABLE_ACTIONS, resource=arn) for arn in (tables.lease_table_arn, *tables.state_table_arns)),
        Grant(actions=("dynamodb:Query",), resource=Output.concat(tables.lease_table_arn, "/index/", LEASE_INDEX)),
        Grant(
            actions=("cloudwatch:PutMetricData",),
            resource="*",
            conditions={"StringEquals": {"cloudwatch:namespace": tables.application}},
        ),
    ]


def write_grants(stream_arn: Input[str], key_arn: Input[str], region: str) -> list[Grant]:
    """Return the grants for writing single records to a stream."""
    return [
        Grant(actions=("kinesis:PutRecord",), resource=stream_arn),
        Grant(actions=("kms:GenerateDataKey",), resource=key_arn, conditions=for_stream(stream_arn, region)),
    ]


def for_stream(stream_arn: Input[str], region: str) -> Mapping[str, Mapping[str, Input[str]]]:
    """Return the condition that limits a key to one Kinesis stream (Kinesis Data Streams, Permissions to use user-generated KMS keys)."""
    return {
        "StringEquals": {
            "kms:ViaService": f"kinesis.{region}.amazonaws.com",
            "kms:EncryptionContext:aws:kinesis:arn": stream_arn,
        }
    }


def key_statements(
    stream_arn: str, region: str, *, producers: Sequence[str], readers: Sequence[str]
) -> list[Mapping[str, Any]]:
    """Return the key policy statements that allow producers and readers to use a key for the records of one stream."""
    return [
        {
            "Effect": "Allow",
            "Principal": {"AWS": list(principals)},
            "Action": [action],
            "Resource": "*",
            "Condition": for_stream(stream_arn, region),
        }
        for principals, action in ((producers, "kms:GenerateDataKey"), (readers, "kms:Decrypt"))
        if principals
    ]


def resource_policy(stream_arn: str, *, producers: Sequence[str], readers: Sequence[str]) -> str:
    """Return the resource policy of a stream for its producers and readers."""
    statements = [
        {
            "Effect": "Allow",
            "Principal": {"AWS": list(principals)},
            "Action": list(actions),
            "Resource": stream_arn,
        }
        for principals, actions in ((producers, WRITE_ACTIONS), (readers, READ_ACTIONS))
        if principals
    ]
    return document(*statements)
