"""What a reader of a video stream is told, and how it notes how far it is."""

from threading import Event

import pytest
from botocore.exceptions import ClientError

from consumer.kinesis_aws import AwsError
from consumer.kinesis_video import VideoRecord, source, without_data
from consumer.kinesis_video_position import Position
from consumer.variables import Variables

ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "STREAM_TOPIC": "cameras-0",
    "STREAM_GROUP": "cameras.positions",
    "STREAM_PARTITION": "0",
}


class Table:
    """A table with one item, which answers its first calls with errors."""

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


def position(table, patience_seconds=60.0):
    return Position(table, table="cameras.positions", stream="cameras-0", patience_seconds=patience_seconds)


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_each_variable_must_be_set(name):
    variables = Variables({**ENVIRONMENT, name: ""})
    source(variables)
    assert variables.mistakes == [f"{name}: must be set"]


def test_what_is_noted_is_what_the_next_one_reads():
    table = Table()
    assert position(table).read() is None
    position(table).note("7", Event())
    assert position(table).read() == "7"
    assert table.item["stream"] == {"S": "cameras-0"}
    assert {request["TableName"] for request in table.asked} == {"cameras.positions"}
    assert table.asked[-1]["ConsistentRead"] is True, "as it was written last"


def test_what_aws_does_not_take_for_a_while_is_written_again():
    table = Table(["ThrottlingException"])
    position(table).note("7", Event())
    assert position(table).read() == "7"


@pytest.mark.parametrize(
    ("code", "patience_seconds"),
    [
        pytest.param("AccessDeniedException", 60.0, id="what will not mend"),
        pytest.param("ThrottlingException", -1.0, id="too long"),
    ],
)
def test_what_aws_does_not_take_is_told_and_not_tried_for_ever(code, patience_seconds):
    table, stopping = Table([code] * 2), Event()
    with pytest.raises(AwsError, match=f"writing to the table cameras.positions: AWS refused it: {code}"):
        position(table, patience_seconds).note("7", stopping)
    assert len(table.asked) == 1


def test_what_aws_does_not_take_just_now_does_not_hold_up_a_stop():
    table, stopping = Table(["ThrottlingException"] * 2), Event()
    stopping.set()
    position(table).note("7", stopping)
    assert len(table.asked) == 1
    assert table.item == {}, "the fragment comes again"


def test_what_is_wrong_with_a_tag_is_no_reason_to_lose_its_dead_letter():
    record = VideoRecord(
        topic="cameras-0", partition="0", position="7", value=b"", headers=(("tag", b"\xe4"),), timestamp=0.0
    )
    assert without_data(record)["tags"] == {"tag": "\\xe4"}
