"""The consumer on a video stream of Kinesis, which is simulated: fragments come in order, whatever happens to connections."""

import json
import os
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.dataplane.kinesis_consumer import POISON
from tests.dataplane.kinesis_replica import Replica, replica, until
from tests.dataplane.matroska import fragment
from tests.dataplane.moto_server import REGION
from tests.dataplane.video_server import Video, served


@pytest.fixture
def serve() -> Iterator[Callable[[Video], Video]]:
    with ExitStack() as ended:
        yield lambda video: ended.enter_context(served(video))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[Video], Replica]]:
    with ExitStack() as ended:

        def started(video: Video) -> Replica:
            environment = {
                "AWS_ENDPOINT_URL": video.url,
                "AWS_ACCESS_KEY_ID": os.urandom(8).hex(),
                "AWS_SECRET_ACCESS_KEY": os.urandom(16).hex(),
                "AWS_REGION": REGION,
                "STREAM_SERVICE": "kinesis-video",
                "STREAM_TOPIC": "cameras-0",
                "STREAM_PARTITION": "0",
                "STREAM_DEAD_LETTERS": "cameras.dead-letters",
                "STREAM_MAX_DELIVERY_ATTEMPTS": "2",
            }
            return ended.enter_context(replica(tmp_path, environment))

        yield started


def clips(number: int) -> dict[str, bytes]:
    return {str(each): fragment(str(each), os.urandom(5000)) for each in range(1, number + 1)}


def test_every_fragment_is_handled_once_in_order_over_connections_that_break(serve, start):
    video = serve(Video(clips(7), at_once=3))
    reader = start(video)
    until("all are handled", lambda: len(reader.handled) == 7)
    assert [(each["position"], each["value"].encode("latin-1")) for each in reader.handled] == list(
        video.fragments.items()
    )
    assert [start.get("AfterFragmentNumber") for start in video.starts[:3]] == [None, "3", "6"]
    assert video.starts[0] == {"StartSelectorType": "EARLIEST"}


def test_it_is_ready_once_it_reads_and_ends_at_once_where_nothing_comes(serve, start):
    video = serve(Video({}, at_once=3))
    reader = start(video)
    until("it is ready", lambda: reader.ready)
    assert reader.stop(seconds=20) == 0


def test_one_that_starts_again_begins_with_the_oldest_fragment(serve, start):
    video = serve(Video(clips(3), at_once=9))
    first = start(video)
    until("all are handled", lambda: len(first.handled) == 3)
    first.process.kill()
    second = start(video)
    until("all are handled again", lambda: len(second.handled) == 3)


def test_a_fragment_that_cannot_be_handled_is_named_in_the_dead_letters_and_holds_up_nothing(serve, start):
    video = serve(Video({**clips(1), "2": fragment("2", POISON), "3": fragment("3", b"fine")}, at_once=9))
    reader = start(video)
    until("the others are handled", lambda: [each["position"] for each in reader.handled] == ["1", "3"])
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


def test_what_is_refused_ends_it_with_one_line(serve, start):
    reader = start(serve(Video({}, at_once=1, refusal="AccessDeniedException")))
    assert reader.end() == "consumer: reading the video stream cameras-0: AWS refused it: AccessDeniedException: no"
