"""How far a video stream is handled, noted in DynamoDB: Kinesis itself remembers it of no reader."""

from threading import Event
from typing import Protocol

from consumer.aws import RETRY_SECONDS, Call, call_aws, retry

KEY, FRAGMENT_NUMBER = "stream", "fragmentNumber"
"""The attributes of an item: the name of the video stream, and the number of the last fragment that was handled."""


class DynamoDb(Protocol):
    """The calls that a position takes, as boto3's client has them."""

    get_item: Call
    put_item: Call


class Position:
    """The position of the one reader of a video stream, in an item of its own."""

    def __init__(self, dynamodb: DynamoDb, *, table: str, stream: str, retry_seconds: float = RETRY_SECONDS) -> None:
        self.dynamodb = dynamodb
        self.table = table
        self.stream = stream
        self.retry_seconds = retry_seconds

    def read(self) -> str | None:
        """The number of the last fragment that was handled; None where none was."""
        answer = call_aws(
            f"reading the table {self.table}",
            self.dynamodb.get_item,
            TableName=self.table,
            Key={KEY: {"S": self.stream}},
            ConsistentRead=True,
        )
        return answer["Item"][FRAGMENT_NUMBER]["S"] if "Item" in answer else None

    def write(self, number: str, stopping: Event) -> None:
        """Write down which fragment was handled last, and return once DynamoDB has it.

        Waits while AWS is out of reach, unless the consumer is to stop; then, and when AwsError is raised, the fragment comes again.
        """
        item = {KEY: {"S": self.stream}, FRAGMENT_NUMBER: {"S": number}}
        what = f"writing to the table {self.table}"
        retry(
            lambda: call_aws(what, self.dynamodb.put_item, TableName=self.table, Item=item),
            stopping,
            self.retry_seconds,
        )
