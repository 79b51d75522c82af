"""Consumer on a simulated Kinesis video stream: fragments stay in order although connections fail."""

import json
import os
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from components.aws.kinesis_video.positions import ACTIONS, KEY
from tests.dataplane.kinesis_consumer import POISON
from tests.dataplane.kinesis_replica import FORMS, Replica, replica, until
from tests.dataplane.matroska import fragment
from tests.dataplane.moto_server import REGION, MotoServer, moto_server
from tests.dataplane.video_server import Video, served

STREAM = "cameras-0"


@pytest.fixture(scope="session")
def moto() -> Iterator[MotoServer]:
    with moto_server() as server:
        yield server


@pytest.fixture(scope="session")
def rights(moto: MotoServer) -> dict[str, str]:
    """Credentials of a consumer, with exactly the permissions on positions that the stack grants."""
    return moto.user("consumer", ACTIONS)


@pytest.fixture
def table(moto: MotoServer) -> str:
    """Table of positions, as in the stack."""
    name = f"cameras-{uuid4().hex[:8]}.positions"
    moto.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": KEY, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": KEY, "AttributeType": "S"}],
    )
    return name


@pytest.fixture
def noted(moto: MotoServer, table: str) -> Callable[[], str]:
    """Return a function that reads the stored fragment number."""

    def number() -> str:
        [item] = moto.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
        assert item[KEY] == {"S": STREAM}
        return item["fragmentNumber"]["S"]

    return number


@pytest.fixture
def serve() -> Iterator[Callable[[Video], Video]]:
    with ExitStack() as ended:
        yield lambda video: ended.enter_context(served(video))


@pytest.fixture
def start(moto: MotoServer, rights: dict[str, str], table: str, tmp_path: Path) -> Iterator[Callable[..., Replica]]:
    """Return a function that starts a consumer with a handling time and changed variables."""
    with ExitStack() as ended:

        def started(video: Video, *, seconds: float = 0.0, form: str = "handle", **variables: str) -> Replica:
            environment = {
                "AWS_ENDPOINT_URL": video.url,
                "AWS_ENDPOINT_URL_DYNAMODB": moto.url,
                **rights,
                "AWS_REGION": REGION,
                "STREAM_SERVICE": "kinesis-video",
                "STREAM_TOPIC": STREAM,
                "STREAM_GROUP": table,
                "STREAM_PARTITION": "0",
                "STREAM_DEAD_LETTERS": "cameras.dead-letters",
                "STREAM_MAX_DELIVERY_ATTEMPTS": "2",
                **variables,
            }
            if form == "handle_batch":
                environment |= {"STREAM_BATCH_RECORDS": "4"}
            return ended.enter_context(replica(tmp_path, environment, seconds=seconds, form=form))

        yield started


def positions(reader: Replica) -> list[str]:
    return [each["position"] for each in reader.handled]


def clips(number: int) -> dict[str, bytes]:
    return {str(each): fragment(str(each), os.urandom(5000)) for each in range(1, number + 1)}


def test_every_fragment_is_handled_once_in_order_although_connections_fail(serve, start):
    video = serve(Video(clips(7), at_once=3))
    reader = start(video)
    until("all are handled", lambda: len(reader.handled) == 7)
    assert [(each["position"], each["value"].encode("latin-1")) for each in reader.handled] == list(
        video.fragments.items()
    )
    assert [start.get("AfterFragmentNumber") for start in video.starts[:3]] == [None, "3", "6"]
    assert video.starts[0] == {"StartSelectorType": "EARLIEST"}


def test_it_is_ready_while_it_reads_and_stops_at_once_without_fragments(serve, start):
    video = serve(Video({}, at_once=3))
    reader = start(video)
    until("it is ready", lambda: reader.ready)
    assert reader.stop(seconds=20) == 0


@FORMS
def test_a_restart_continues_after_the_last_handled_fragment(serve, start, form):
    video = serve(Video(clips(20), at_once=99))
    first = start(video, seconds=0.2, form=form)
    until("it is in the middle of it", lambda: len(first.handled) > 2)
    assert first.stop() == 0
    assert len(first.handled) < 20
    second = start(video, form=form)
    until("the others are handled", lambda: len(first.handled) + len(second.handled) == 20)
    assert positions(first) + positions(second) == list(video.fragments), "each once, and in order"


def test_a_kill_repeats_at_most_the_current_fragment(serve, start):
    video = serve(Video(clips(20), at_once=99))
    first = start(video, seconds=0.2)
    until("it is in the middle of it", lambda: len(first.handled) > 2)
    first.process.kill()
    first.process.wait()
    last = int(positions(first)[-1])
    assert last < 20
    second = start(video)
    until("the last one is handled", lambda: positions(second)[-1:] == ["20"])
    assert positions(second)[0] in (str(last), str(last + 1))
    assert positions(second) == list(video.fragments)[int(positions(second)[0]) - 1 :]


@pytest.mark.parametrize("refused", [False, True])
def test_if_the_last_fragment_is_no_longer_kept_it_continues_with_the_oldest_and_logs_it(serve, start, noted, refused):
    first = start(serve(Video(clips(2), at_once=9)))
    until("both are noted", lambda: len(first.handled) == 2 and noted() == "2")
    first.process.kill()
    later = serve(
        Video({"8": fragment("8", b"eight"), "9": fragment("9", b"nine")}, at_once=9, unknown_refused=refused)
    )
    second = start(later)
    until("what is kept is handled", lambda: positions(second) == ["8", "9"])
    assert [start.get("AfterFragmentNumber") for start in later.starts[:2]] == ["2", None]
    assert "Continuing with the oldest available fragment" in second.log
    assert "cameras-0: fragments after number 2 were deleted before they were read" in second.log
    assert "the first available fragment is 8" in second.log
    assert second.lost == 1
    until("it is noted", lambda: noted() == "9")


def test_if_the_position_cannot_be_written_it_ends_and_the_fragment_is_redelivered(serve, start, moto, table):
    video = serve(Video(clips(2), at_once=9))
    told = start(video, **moto.user(f"{table}-reader", ["dynamodb:GetItem"]))
    last = told.end()
    assert last.startswith(f"consumer: writing to the table {table}: AWS returned an error: "), last
    assert "not authorized to perform: dynamodb:PutItem" in last
    assert positions(told) == ["1"]
    second = start(video)
    until("all are handled", lambda: positions(second) == ["1", "2"])


def test_if_the_position_cannot_be_read_it_handles_nothing_and_ends_with_one_line(serve, start, moto, table):
    told = start(serve(Video(clips(2), at_once=9)), **moto.user(f"{table}-writer", ["dynamodb:PutItem"]))
    last = told.end()
    assert last.startswith(f"consumer: reading the table {table}: AWS returned an error: "), last
    assert "not authorized to perform: dynamodb:GetItem" in last
    assert told.handled == []


def test_a_kill_in_the_middle_of_a_batch_repeats_at_most_that_batch(serve, start):
    video = serve(Video(clips(20), at_once=99))
    first = start(video, seconds=0.2, form="handle_batch")
    until("it is in the middle of a batch", lambda: len(first.handled) > 5)
    first.process.kill()
    first.process.wait()
    last = int(positions(first)[-1])
    assert last < 20
    second = start(video, form="handle_batch")
    until("the last one is handled", lambda: positions(second)[-1:] == ["20"])
    again = int(positions(second)[0])
    assert last - 4 < again <= last + 1
    assert positions(second) == list(video.fragments)[again - 1 :]


@FORMS
def test_a_failed_fragment_is_named_in_the_dead_letters_and_does_not_block_others(serve, start, noted, form):
    video = serve(Video({**clips(1), "2": fragment("2", POISON), "3": fragment("3", b"fine")}, at_once=9))
    reader = start(video, form=form)
    until("the others are handled", lambda: list(dict.fromkeys(positions(reader))) == ["1", "3"])
    until("the last one is noted", lambda: noted() == "3")
    [request] = video.letters
    assert request["StreamName"] == "cameras.dead-letters"
    letter = json.loads(b64decode(request["Data"]))
    assert letter.pop("tags")["AWS_KINESISVIDEO_PRODUCER_TIMESTAMP"] == "1767225600.25"
    assert letter == {
        "stream": "cameras-0",
        "partition": "0",
        "fragmentNumber": "2",
        "timestamp": 1767225600.5,
        "reason": "ValueError: this one cannot be handled",
        "tries": 2,
    }


def test_permanent_errors_end_it_with_one_line(serve, start):
    reader = start(serve(Video({}, at_once=1, refusal="AccessDeniedException")))
    assert (
        reader.end() == "consumer: reading the video stream cameras-0: AWS returned an error: AccessDeniedException: no"
    )


def test_temporary_errors_at_the_start_are_retried(serve, start):
    video = serve(Video(clips(2), at_once=9, unavailable=7))
    reader = start(video)
    until("all are handled", lambda: positions(reader) == ["1", "2"])
    assert "AWS returned an error: 503" in reader.log
    assert reader.stop() == 0
