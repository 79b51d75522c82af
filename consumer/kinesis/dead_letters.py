"""Dead letters in a data stream."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from threading import Event
from typing import Any

from consumer.aws import call_aws, client, retry
from consumer.kinesis.positions import split
from consumer.record import Record

LONGEST_REASON = 10_000
"""Maximum characters of the reason, so that the dead letter fits into one record."""


def with_data(record: Record) -> Mapping[str, Any]:
    """Return the description of a data stream record, including its data in base64.

    User records of an aggregate have a sub-sequence number.
    """
    sequence, sub_sequence = split(record.position)
    return {
        "stream": record.topic,
        "shard": record.partition,
        "sequenceNumber": sequence,
        **({} if sub_sequence is None else {"subSequenceNumber": sub_sequence}),
        "partitionKey": (record.key or b"").decode(errors="backslashreplace"),
        "timestamp": record.timestamp,
        "data": b64encode(record.value or b"").decode(),
    }


@dataclass(frozen=True, kw_only=True)
class DeadLetterStream:
    """Data stream for records that could not be handled.

    Each is a JSON object, because Kinesis records have no headers.
    """

    stream: str
    region: str
    describe: Callable[[Record], Mapping[str, Any]]
    """Returns the fields of a dead letter, without reason and tries."""

    def put(self, record: Record, *, reason: str, tries: int) -> None:
        """Write a record and return when Kinesis has confirmed it. Temporary errors are retried for a minute."""
        letter = {**self.describe(record), "reason": reason[:LONGEST_REASON], "tries": tries}
        request = {
            "StreamName": self.stream,
            "PartitionKey": record.position,
            "Data": json.dumps(letter).encode(),
        }
        action = f"writing a dead letter to {self.stream}"
        retry(lambda: call_aws(action, self._kinesis.put_record, **request), Event())

    @cached_property
    def _kinesis(self) -> Any:
        return client("kinesis", self.region)
