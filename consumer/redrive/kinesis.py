"""Dead letters in a Kinesis data stream. Kinesis keeps no marks, so replayed ones are offered again."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from threading import Event
from typing import Any

from consumer.aws import call_aws, client, retry
from consumer.errors import ConsumerError
from consumer.kinesis.shards import QUICK_PAUSE
from consumer.redrive.letter import Letter
from consumer.variables import Variables

DATE_SECONDS = 1.0
"""Resolution of the server's time in an HTTP response."""

TEXTS = ("stream", "shard", "sequenceNumber", "partitionKey", "reason", "data")
"""Fields of a dead letter that are strings."""


def store(variables: Variables) -> "KinesisLetters":
    """Return the dead letters that the environment names."""
    name, region = variables.required("STREAM_DEAD_LETTERS"), variables.required("AWS_REGION")
    variables.check()
    return KinesisLetters(name, client("kinesis", region))


class KinesisLetters:
    """Dead letters of a stream, in another stream."""

    unmarked = "Kinesis cannot mark or delete single records: the dead letters stay until their retention ends."

    def __init__(self, name: str, kinesis: Any) -> None:
        self.name = name
        self.kinesis = kinesis

    def letters(self) -> Iterator[Letter]:
        """Yield the dead letters that exist now."""
        shards = self._call(f"listing the shards of {self.name}", self.kinesis.list_shards, StreamName=self.name)
        for shard in shards["Shards"]:
            yield from self._shard(shard["ShardId"])

    def replay(self, letters: Sequence[Letter]) -> Sequence[str | ConsumerError]:
        """Write records to their stream one after the other, so that they keep their order."""
        return [self._put(letter) for letter in letters]

    def mark(self, letters: Sequence[Letter]) -> None:
        """Do nothing: Kinesis keeps no marks."""

    def close(self) -> None:
        """Close the connections."""
        self.kinesis.close()

    def _shard(self, shard: str) -> Iterator[Letter]:
        """Yield the dead letters of a shard that arrived before the first read.

        Records that fail again after their replay arrive later. Without this limit, a handler that is not fixed would
        never let the replay end.
        """
        action = f"reading {self.name}"
        request = {"StreamName": self.name, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
        iterator = self._call(action, self.kinesis.get_shard_iterator, **request)["ShardIterator"]
        end = None
        while iterator:
            answer = self._call(action, self.kinesis.get_records, ShardIterator=iterator)
            end = end or _server_time(answer) + DATE_SECONDS
            for record in answer["Records"]:
                if record["ApproximateArrivalTimestamp"].timestamp() >= end:
                    return
                yield letter_of(record["SequenceNumber"], record["Data"])
            if not answer["MillisBehindLatest"]:
                return
            iterator = answer.get("NextShardIterator")
            Event().wait(QUICK_PAUSE)

    def _put(self, letter: Letter) -> str | ConsumerError:
        request = {
            "StreamName": letter.topic,
            "PartitionKey": (letter.key or b"").decode(),
            "Data": letter.value,
        }
        try:
            answer = self._call(f"writing to {letter.topic}", self.kinesis.put_record, **request)
        except ConsumerError as error:
            return error
        return f"{letter.topic}[{answer['ShardId']}] {answer['SequenceNumber']}"

    def _call(self, action: str, call: Any, **request: Any) -> Mapping[str, Any]:
        """Make a call, with retries of temporary errors for a minute."""
        answer = retry(lambda: call_aws(action, call, **request), Event())
        return answer or {}


def letter_of(position: str, data: bytes) -> Letter:
    """Return a record of the dead letters."""
    try:
        found: Mapping[str, Any] = json.loads(data)
        stream, shard, sequence, key, reason, value = (str(found[name]) for name in TEXTS)
        sub_sequence = f":{found['subSequenceNumber']}" if "subSequenceNumber" in found else ""
        return Letter(
            position=position,
            topic=stream,
            partition=shard,
            origin=f"{sequence}{sub_sequence}",
            reason=reason,
            tries=str(found.get("tries", "")),
            key=key.encode(),
            value=b64decode(value, validate=True),
            headers=(),
        )
    except (ValueError, KeyError, TypeError):
        return Letter(
            position=position,
            topic="",
            partition="",
            origin="",
            reason="",
            tries="",
            key=None,
            value=data,
            headers=(),
            incomplete="is no dead letter",
        )


def _server_time(answer: Mapping[str, Any]) -> float:
    """Return the server's time of a response, in seconds since 1970."""
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp()
