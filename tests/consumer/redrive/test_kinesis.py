"""Reading dead letters of Kinesis."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from consumer.redrive import kinesis
from consumer.redrive.kinesis import KinesisLetters, letter_of

NOW = datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC)
DATE = "Mon, 30 Nov 2026 12:00:00 GMT"
LETTER = {"stream": "orders", "shard": "s", "sequenceNumber": "1", "partitionKey": "k", "reason": "r", "data": "AA=="}


class FakeKinesis:
    """Shard whose reads return records with these arrival times, in seconds after NOW."""

    def __init__(self, *reads: Sequence[int], behind: int = 1000) -> None:
        self.reads = list(reads)
        self.behind = behind

    def list_shards(self, StreamName: str) -> Mapping[str, Any]:  # noqa: N803 - the name of the API
        return {"Shards": [{"ShardId": "s"}]}

    def get_shard_iterator(self, **request: str) -> Mapping[str, Any]:
        return {"ShardIterator": "next"}

    def get_records(self, ShardIterator: str) -> Mapping[str, Any]:  # noqa: N803 - as above
        arrivals = self.reads.pop(0)
        return {
            "Records": [
                {
                    "SequenceNumber": str(arrival),
                    "Data": json.dumps(LETTER).encode(),
                    "ApproximateArrivalTimestamp": datetime.fromtimestamp(NOW.timestamp() + arrival, UTC),
                }
                for arrival in arrivals
            ],
            "MillisBehindLatest": self.behind,
            "NextShardIterator": "next",
            "ResponseMetadata": {"HTTPHeaders": {"date": DATE}},
        }


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(kinesis, "QUICK_PAUSE", 0)


def test_records_that_arrive_after_the_start_are_not_returned():
    """Otherwise a replay with a handler that still fails would never end."""
    letters = KinesisLetters("orders.dead-letters", FakeKinesis([-9, -5], [], [-1, 0, 1, 2], [3]))
    assert [each.position for each in letters.letters()] == ["-9", "-5", "-1", "0"]


def test_reading_ends_with_the_newest_record():
    letters = KinesisLetters("orders.dead-letters", FakeKinesis([-9, -5], behind=0))
    assert [each.position for each in letters.letters()] == ["-9", "-5"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"1",
        json.dumps({**LETTER, "data": "*"}).encode(),
        json.dumps({**LETTER, "partitionKey": "\ud800"}).encode(),
        json.dumps({name: value for name, value in LETTER.items() if name != "data"}).encode(),
    ],
)
def test_anything_else_is_no_dead_letter(data):
    letter = letter_of("1", data)
    assert (letter.incomplete, letter.value) == ("is no dead letter", data)
    assert letter_of("1", json.dumps(LETTER).encode()).incomplete == ""
