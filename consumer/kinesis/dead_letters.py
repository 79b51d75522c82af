"""Sets records aside in a data stream of their own."""

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
"""Characters of a reason that are kept, so that it fits in beside the record."""


def with_data(record: Record) -> Mapping[str, Any]:
    """A record of a data stream, whole: where it stood, and its data in base64. A record out of an aggregate has a sub-sequence number."""
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
    """The data stream that takes what cannot be handled, each as a JSON object, since records of Kinesis have no headers."""

    stream: str
    region: str
    describe: Callable[[Record], Mapping[str, Any]]
    """What is said of a record besides the reason and the tries."""

    def put(self, record: Record, *, reason: str, tries: int) -> None:
        """Keep a record, and return once Kinesis has it; what may pass is tried again for a minute."""
        letter = {**self.describe(record), "reason": reason[:LONGEST_REASON], "tries": tries}
        request = {
            "StreamName": self.stream,
            "PartitionKey": record.position,
            "Data": json.dumps(letter).encode(),
        }
        what = f"setting a record aside in {self.stream}"
        retry(lambda: call_aws(what, self._kinesis.put_record, **request), Event())

    @cached_property
    def _kinesis(self) -> Any:
        return client("kinesis", self.region)
