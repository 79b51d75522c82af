"""Position in a video stream, stored in DynamoDB. Kinesis Video has no checkpoints, so consumers store their own here."""

from threading import Event
from typing import Protocol

from consumer.aws import RETRY_SECONDS, Call, call_aws, retry

KEY, FRAGMENT_NUMBER = "stream", "fragmentNumber"
"""Attributes of an item: name of the video stream, and number of the last handled fragment."""


class DynamoDb(Protocol):
    """The boto3 client methods that a position uses."""

    get_item: Call
    put_item: Call


class Position:
    """Position of the one reader of a video stream, in one item."""

    def __init__(self, dynamodb: DynamoDb, *, table: str, stream: str, retry_seconds: float = RETRY_SECONDS) -> None:
        self.dynamodb = dynamodb
        self.table = table
        self.stream = stream
        self.retry_seconds = retry_seconds

    def read(self) -> str | None:
        """Return the number of the last handled fragment. None if there is none."""
        answer = call_aws(
            f"reading the table {self.table}",
            self.dynamodb.get_item,
            TableName=self.table,
            Key={KEY: {"S": self.stream}},
            ConsistentRead=True,
        )
        return answer["Item"][FRAGMENT_NUMBER]["S"] if "Item" in answer else None

    def write(self, number: str, stopping: Event) -> None:
        """Store the number of the last handled fragment and return when DynamoDB has confirmed it.

        Retries temporary AWS failures until the consumer stops. If it stops first or AwsError is raised, the fragment
        is delivered again.
        """
        item = {KEY: {"S": self.stream}, FRAGMENT_NUMBER: {"S": number}}
        action = f"writing to the table {self.table}"
        retry(
            lambda: call_aws(action, self.dynamodb.put_item, TableName=self.table, Item=item),
            stopping,
            self.retry_seconds,
        )
