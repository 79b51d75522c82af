"""Positions and gaps of a video stream's reader."""

import io
from itertools import islice
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from consumer.aws import AwsError, RetryWindow
from consumer.batches import Batches
from consumer.delivery import Delivery
from consumer.kinesis_video import source as kinesis_video
from consumer.kinesis_video.fragments import fragments
from consumer.kinesis_video.position import Position
from consumer.kinesis_video.source import KinesisVideoSource, VideoRecord, source, start_after, without_data
from consumer.status import Status
from consumer.variables import Variables
from tests.dataplane.matroska import fragment, tags

ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "STREAM_TOPIC": "cameras-0",
    "STREAM_GROUP": "cameras.positions",
    "STREAM_PARTITION": "0",
}


class Table:
    """Table with one item, whose first calls fail."""

    def __init__(self, errors=()):
        self.errors = list(errors)
        self.item = {}
        self.asked = []

    def get_item(self, **request):
        self.asked.append(request)
        self._refuse()
        return {"Item": self.item} if self.item else {}

    def put_item(self, **request):
        self.asked.append(request)
        self._refuse()
        self.item = request["Item"]
        return {}

    def _refuse(self):
        if self.errors:
            raise ClientError({"Error": {"Code": self.errors.pop(0), "Message": "no"}}, "")


def position(table, retry_seconds=60.0):
    return Position(table, table="cameras.positions", stream="cameras-0", retry_seconds=retry_seconds)


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_each_variable_is_required(name):
    variables = Variables({**ENVIRONMENT, name: ""})
    source(variables)
    assert variables.errors == [f"{name}: is required."]


def test_a_written_position_is_read_back():
    table = Table()
    assert position(table).read() is None
    position(table).write("7", Event())
    assert position(table).read() == "7"
    assert table.item["stream"] == {"S": "cameras-0"}
    assert {request["TableName"] for request in table.asked} == {"cameras.positions"}
    assert table.asked[-1]["ConsistentRead"] is True, "the read is consistent"


def test_a_write_is_retried_after_a_temporary_error():
    table = Table(["ThrottlingException"])
    position(table).write("7", Event())
    assert position(table).read() == "7"


@pytest.mark.parametrize(
    ("code", "retry_seconds"),
    [
        pytest.param("AccessDeniedException", 60.0, id="permanent"),
        pytest.param("ThrottlingException", -1.0, id="too long"),
    ],
)
def test_permanent_errors_and_expired_retries_of_a_write_are_raised(code, retry_seconds):
    table, stopping = Table([code] * 2), Event()
    with pytest.raises(AwsError, match=f"writing to the table cameras.positions: AWS returned an error: {code}"):
        position(table, retry_seconds).write("7", stopping)
    assert len(table.asked) == 1


def test_a_stop_ends_the_retries_of_a_write():
    table, stopping = Table(["ThrottlingException"] * 2), Event()
    stopping.set()
    position(table).write("7", stopping)
    assert len(table.asked) == 1
    assert table.item == {}, "the fragment will be delivered again"


def test_a_tag_that_is_not_utf_8_does_not_prevent_the_dead_letter():
    record = VideoRecord(
        topic="cameras-0", partition="0", position="7", value=b"", headers=(("tag", b"\xe4"),), timestamp=0.0
    )
    assert without_data(record)["tags"] == {"tag": "\\xe4"}


class Media:
    """Data of one connection, and the error that ends it, if any."""

    def __init__(self, *sent: bytes, error: AwsError | None = None):
        self.sent = io.BytesIO(b"".join(sent))
        self.error = error

    def read(self, amt):
        found = self.sent.read(amt)
        if not found and self.error:
            raise self.error
        return found

    def close(self):
        """Do nothing."""


LOST_FRAGMENT = tags(ERROR_CODE="FRAGMENT_NOT_FOUND", ERROR_ID="4000")


def refused(code):
    return AwsError(f"reading the video stream cameras-0: AWS returned an error: {code}", code=code, retryable=False)


def passes():
    return AwsError("reading the video stream cameras-0: cannot reach AWS", retryable=True)


class Connections(KinesisVideoSource):
    """Source with given connections or errors. Records the start positions."""

    given: list
    starts: list

    def _media(self, action, start):
        self.starts.append(start.get("AfterFragmentNumber"))
        given = self.given.pop(0)
        if isinstance(given, AwsError):
            raise given
        return given


def followed(monkeypatch, number, given, wanted):
    """Return the fragments' numbers and gaps, and the start positions."""
    monkeypatch.setattr(kinesis_video, "RETRY_PAUSE_SECONDS", 0.0)
    made = Connections(region="eu-west-1", stream="cameras-0", group="positions", partition="0", dead_letters=None)
    object.__setattr__(made, "given", list(given))
    object.__setattr__(made, "starts", [])
    coming = made._fragments(start_after(number), Event(), Event())
    return [(each.tag("FRAGMENT_NUMBER"), each.after_gap) for each in islice(coming, wanted)], made.starts


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param(Media(LOST_FRAGMENT), id="error inside the stream"),
        pytest.param(refused("InvalidArgumentException"), id="refused"),
    ],
)
def test_if_the_last_fragment_is_no_longer_kept_the_next_one_follows_a_gap(monkeypatch, lost):
    found, starts = followed(monkeypatch, "2", [lost, passes(), Media(fragment("8", b""), fragment("9", b""))], 2)
    assert found == [("8", True), ("9", False)]
    assert starts == ["2", None, None]


def test_fragments_deleted_during_handling_are_a_gap(monkeypatch):
    found, starts = followed(
        monkeypatch, None, [Media(fragment("1", b""), LOST_FRAGMENT), Media(fragment("8", b""))], 2
    )
    assert found == [("1", False), ("8", True)]
    assert starts == [None, None]


@pytest.mark.parametrize("quiet", [Media(), Media(error=passes())], ids=["that ends", "without fragments"])
def test_a_stream_without_fragments_for_longer_than_the_retention_has_no_gap(monkeypatch, quiet):
    given = [Media(fragment("1", b"")), quiet, passes(), Media(LOST_FRAGMENT), Media(fragment("8", b""))]
    found, starts = followed(monkeypatch, None, given, 2)
    assert found == [("1", False), ("8", False)]
    assert starts == [None, "1", "1", "1", None]


def test_a_fragment_has_an_age_while_it_is_handled(monkeypatch):
    seen: list[float | None] = []

    class Source(KinesisVideoSource):
        def _position(self):
            return position(Table())

        def _fragments(self, start, closed, connected):
            connected.set()
            yield from fragments(io.BytesIO(fragment("1", b"")).read)
            closed.wait()

    def handle(record):
        seen.append(delivery.status.oldest["0"])

    def pause(seconds):
        if seen:
            seen.append(delivery.status.oldest["0"])
            delivery.stopping.set()

    delivery = Delivery(handle=handle, tries=1, dead_letters=None, status=Status())
    monkeypatch.setattr(delivery.stopping, "wait", pause)
    Source(region="eu-west-1", stream="cameras-0", group="positions", partition="0", dead_letters=None).run(delivery)
    assert seen == [1767225600.5, None]


def test_an_unreachable_stream_is_retried_for_a_limited_time(monkeypatch):
    found, _ = followed(monkeypatch, None, [passes(), passes(), Media(fragment("1", b""))], 1)
    assert found == [("1", False)]
    monkeypatch.setattr(kinesis_video, "RetryWindow", lambda: RetryWindow(-1))
    with pytest.raises(AwsError, match="cannot reach AWS"):
        followed(monkeypatch, None, [passes()], 1)


class Written:
    """Position that records what is written."""

    def __init__(self):
        self.numbers: list[str] = []

    def read(self):
        return None

    def write(self, number, stopping):
        self.numbers.append(number)


class Batched:
    """Handler of batches, and a source with eight fragments that it reads until the last one is handled."""

    def __init__(self, monkeypatch, *, poison=None, **limits):
        self.calls, self.letters, self.position = [], [], Written()
        self.poison = poison
        batches = Batches(handle=self.handle, **{"records": 4, "seconds": 60.0, "bytes": 1_000_000, **limits})
        dead_letters: Any = SimpleNamespace(put=lambda record, **_: self.letters.append(record.position))
        self.delivery = Delivery(
            handle=batches.handle_one, batches=batches, tries=1, dead_letters=dead_letters, status=Status()
        )
        monkeypatch.setattr(kinesis_video, "PAUSE", 0.001)
        monkeypatch.setattr(Connections, "_position", lambda _: self.position)
        made = Connections(region="r", stream="cameras-0", group="g", partition="0", dead_letters=dead_letters)
        object.__setattr__(made, "given", [Media(*(fragment(str(number), b"") for number in range(1, 9)))])
        object.__setattr__(made, "starts", [])
        made.run(self.delivery)

    def handle(self, records):
        numbers = [each.position for each in records]
        self.calls.append(numbers)
        if self.poison in numbers:
            raise ValueError("not this one")
        if numbers[-1] == "8":
            self.delivery.stopping.set()


def test_a_batch_handler_gets_fragments_in_order_and_the_position_is_written_after_the_batch(monkeypatch):
    batched = Batched(monkeypatch)
    assert batched.calls == [["1", "2", "3", "4"], ["5", "6", "7", "8"]]
    assert batched.position.numbers == ["4", "8"]


def test_a_batch_of_fragments_ends_at_its_bytes(monkeypatch):
    batched = Batched(monkeypatch, bytes=2 * len(fragment("1", b"")))
    assert [len(call) for call in batched.calls] == [2, 2, 2, 2]


def test_only_the_fragment_at_fault_in_a_batch_is_a_dead_letter(monkeypatch):
    batched = Batched(monkeypatch, poison="3")
    assert batched.letters == ["3"]
    assert batched.position.numbers == ["2", "3", "4", "6", "8"]
