"""Messages are acknowledged only after they are handled, and a stuck consumer fails its probe."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from consumer.batches import Batches
from consumer.delivery import Delivery
from consumer.errors import ConsumerError, WrongEnvironmentError
from consumer.pubsub import source as pubsub
from consumer.pubsub.source import MessageHandler
from consumer.record import BatchHandler, Handler, Record
from consumer.status import LIVE_SECONDS, Status
from consumer.variables import Variables

ROOT = Path(__file__).resolve().parents[3]

PROGRAM = "import os, sys; from consumer.run import run; sys.exit(run(os.environ, lambda record: None, port=0))"

OPENED = 6
"""Number of stream openings before the library first waits up to ten seconds."""


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pubsub, "POLL_SECONDS", 0.001)


def make_single(handle: Handler, clock: Callable[[], float] = Clock()) -> MessageHandler:
    delivery = Delivery(handle=handle, tries=5, dead_letters=None, status=Status(clock=clock))
    return MessageHandler(delivery=delivery, topic="orders", partition="2")


def make_batch(
    handle_batch: BatchHandler, clock: Callable[[], float] = Clock(), *, records: int = 500
) -> MessageHandler:
    batches = Batches(handle=handle_batch, records=records, seconds=0.01)
    delivery = Delivery(
        handle=batches.handle_one, batches=batches, tries=5, dead_letters=None, status=Status(clock=clock)
    )
    return MessageHandler(delivery=delivery, topic="orders", partition="2")


MakeHandler = Callable[..., MessageHandler]


@pytest.fixture(params=["handle", "handle_batch"])
def make_handler(request: pytest.FixtureRequest) -> MakeHandler:
    """Return a function that makes a reader for a handler of single records. The other form calls it for each record."""
    if request.param == "handle":
        return make_single

    def make(handle: Handler, *arguments: Any) -> MessageHandler:
        def handle_batch(records: Sequence[Record]) -> None:
            for record in records:
                handle(record)

        return make_batch(handle_batch, *arguments)

    return make


def deliver(reader: MessageHandler, *messages: Any) -> None:
    """Receive messages and deliver them."""
    for each in messages:
        reader.receive(each)
    while not reader.messages.empty():
        reader.deliver()


def message(failure: Exception | None = None, **changes: Any) -> Any:
    """Return a message that records its acknowledgement, which may fail."""
    became: list[str] = []
    answer: Future[None] = Future()
    answer.set_exception(failure) if failure else answer.set_result(None)

    def acknowledge() -> "Future[None]":
        became.append("acknowledged")
        return answer

    known = {"message_id": "17", "ordering_key": "", "data": b"", "attributes": {}, "delivery_attempt": None}
    return SimpleNamespace(
        **{**known, "publish_time": datetime(2026, 1, 1, tzinfo=UTC), **changes},
        became=became,
        ack_with_response=acknowledge,
        nack=lambda: became.append("returned"),
    )


def test_the_handler_gets_the_published_message(make_handler: MakeHandler):
    given: list[Record] = []
    deliver(make_handler(given.append), message(ordering_key="customer", data=b"1", attributes={"kind": "new"}))
    (record,) = given
    assert (record.topic, record.partition, record.position) == ("orders", "2", "17")
    assert (record.key, record.value, list(record.headers)) == (b"customer", b"1", [("kind", b"new")])
    assert record.timestamp == datetime(2026, 1, 1, tzinfo=UTC).timestamp()


def test_a_message_is_acknowledged_once_it_is_handled(make_handler: MakeHandler):
    handling = message()
    at_work: list[list[str]] = []
    reader = make_handler(lambda _: at_work.append(list(handling.became)))
    deliver(reader, handling)
    assert (at_work, handling.became) == ([[]], ["acknowledged"])
    assert (reader.delivery.status.handled, reader.delivery.status.failed) == (1, 0)


def test_a_failed_message_is_returned_and_not_counted_as_a_dead_letter(make_handler: MakeHandler):
    def handle(_: Record) -> None:
        raise ValueError("not this one")

    reader, poison = make_handler(handle), message()
    deliver(reader, poison)
    status = reader.delivery.status
    assert poison.became == ["returned"]
    assert (status.handled, status.failed, status.dead) == (0, 1, 0)


def test_sys_exit_in_the_handler_ends_the_consumer_with_one_line_and_returns_all_messages(make_handler: MakeHandler):
    def leave(record: Record) -> None:
        sys.exit("no database")

    one = make_handler(leave)
    messages = [message(), message()]
    with pytest.raises(
        ConsumerError, match=r"^orders\[2\] 17: the handler exited the process: SystemExit: no database$"
    ):
        deliver(one, *messages)
    one.close()
    assert [each.became for each in messages] == [["returned"], ["returned"]]


def test_after_a_stop_no_message_is_handled(make_handler: MakeHandler):
    given: list[Record] = []
    reader, waiting, late = make_handler(given.append), message(), message()
    reader.receive(waiting)
    reader.delivery.stopping.set()
    reader.close()
    reader.receive(late)
    assert (given, waiting.became, late.became) == ([], ["returned"], ["returned"])


def test_a_failed_acknowledgement_is_logged(make_handler: MakeHandler, caplog: pytest.LogCaptureFixture):
    deliver(make_handler(lambda _: None), message(failure=RuntimeError("INVALID_ACK_ID")))
    (record,) = caplog.records
    assert record.getMessage() == "17: the acknowledgement failed; the message will be delivered again: INVALID_ACK_ID"


def test_it_is_live_while_idle_but_not_while_one_message_takes_too_long(make_handler: MakeHandler):
    clock, lived = Clock(), []

    def pass_time() -> bool:
        clock.now += LIVE_SECONDS
        return reader.delivery.status.live

    reader = make_handler(lambda _: lived.append(pass_time()), clock)
    for _ in range(3):
        reader.deliver()
        assert reader.delivery.status.live
        clock.now += LIVE_SECONDS / 2
    deliver(reader, message())
    assert lived == [False]
    reader.deliver()
    assert reader.delivery.status.live


def test_a_batch_handler_gets_the_waiting_messages_together():
    given: list[list[str]] = []
    reader = make_batch(lambda records: given.append([each.position for each in records]), records=3)
    messages = [message(message_id=str(number)) for number in range(7)]
    deliver(reader, *messages)
    assert given == [["0", "1", "2"], ["3", "4", "5"], ["6"]]
    assert all(each.became == ["acknowledged"] for each in messages)


def test_all_messages_of_a_batch_are_acknowledged_although_the_handler_changes_its_list():
    def handle(records: Any) -> None:
        records.clear()

    messages = [message(), message(), message()]
    deliver(make_batch(handle), *messages)
    assert all(each.became == ["acknowledged"] for each in messages)


def test_only_the_message_at_fault_in_a_batch_is_returned():
    def handle(records: Sequence[Record]) -> None:
        if any(each.position == "13" for each in records):
            raise ValueError("not this one")

    reader = make_batch(handle)
    messages = [message(message_id=str(number)) for number in range(20)]
    deliver(reader, *messages)
    assert [each.message_id for each in messages if each.became == ["returned"]] == ["13"]
    assert all(each.became == ["acknowledged"] for each in messages if each.message_id != "13")
    assert (reader.delivery.status.handled, reader.delivery.status.dead) == (19, 0)


def test_a_stop_finishes_the_current_batch_and_returns_the_rest():
    def handle(records: Sequence[Record]) -> None:
        reader.delivery.stopping.set()

    reader = make_batch(handle, records=3)
    reader.delivery.batches.size = 2
    messages = [message(), message(), message()]
    deliver(reader, *messages)
    assert [each.became for each in messages] == [["acknowledged"], ["acknowledged"], ["returned"]]


def test_sys_exit_in_a_batch_returns_all_its_messages():
    def leave(records: Sequence[Record]) -> None:
        sys.exit("no database")

    messages = [message(), message()]
    with pytest.raises(ConsumerError, match=r"^orders\[2\] 17: the handler exited the process: "):
        deliver(make_batch(leave), *messages)
    assert [each.became for each in messages] == [["returned"], ["returned"]]


def test_topic_and_subscription_are_required():
    variables = Variables({"STREAM_SERVICE": "pubsub"})
    pubsub.source(variables)
    with pytest.raises(
        WrongEnvironmentError, match=r"^STREAM_TOPIC: is required\.\nSTREAM_SUBSCRIPTION: is required\.$"
    ):
        variables.check()


@pytest.mark.parametrize("subscription", ["orders", "projects/p/topics/orders", "projects/p/subscriptions/", "a/b/c/d"])
def test_a_subscription_must_be_a_full_path(subscription: str):
    variables = Variables({"STREAM_TOPIC": "orders", "STREAM_SUBSCRIPTION": subscription})
    pubsub.source(variables)
    assert variables.errors == [
        f"STREAM_SUBSCRIPTION: must be projects/PROJECT/subscriptions/NAME, got {subscription!r}."
    ]


def test_a_consumer_that_never_reached_pubsub_stops_without_a_traceback():
    environment = {
        "PATH": os.defpath,
        "PUBSUB_EMULATOR_HOST": "127.0.0.1:1",
        "STREAM_SERVICE": "pubsub",
        "STREAM_TOPIC": "orders",
        "STREAM_SUBSCRIPTION": "projects/p/subscriptions/orders",
    }
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            refused = 0
            while refused < OPENED:
                line = process.stderr.readline()
                assert line, "it exited too early"
                refused += "the stream was closed: UNAVAILABLE" in line
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 0
    assert "Traceback" not in said
    assert "ERROR" not in said
