"""The fixtures for users: records in memory, and the real delivery with retries and dead letters, without pauses."""

from threading import Event
from types import SimpleNamespace

import pytest

from consumer.errors import ConsumerError
from consumer.record import Record
from consumer.testing import Deliver, MakeRecord


def refuse_odd(record: Record) -> None:
    if int(record.value or b"0") % 2:
        raise ValueError(f"odd: {record.value}")


@pytest.mark.parametrize(
    ("value", "content"),
    [
        (b"\x00", b"\x00"),
        ("é", "é".encode()),
        (None, None),
        ({"id": 7}, b'{"id": 7}'),
        ([1], b"[1]"),
        (7, b"7"),
        (False, b"false"),
    ],
)
def test_a_value_that_is_not_text_is_written_as_json(record: MakeRecord, value: object, content: bytes | None):
    assert record(value).value == content


def test_positions_count_up_in_each_partition(record: MakeRecord):
    made = [record(partition=partition) for partition in "0100"]
    assert [(each.partition, each.position) for each in made] == [("0", "0"), ("1", "0"), ("0", "1"), ("0", "2")]
    assert record(position="77").position == "77"


def test_a_record_has_what_the_test_says(record: MakeRecord):
    made = record("x", key="k", headers=[("h", b"1")], topic="payments", timestamp=5.0)
    assert (made.topic, made.key, list(made.headers), made.timestamp) == ("payments", b"k", [("h", b"1")], 5.0)


def test_a_record_that_fails_is_retried_then_goes_to_the_dead_letters_and_the_next_is_handled(
    record: MakeRecord, deliver: Deliver
):
    delivered = deliver(SimpleNamespace(handle=refuse_odd), [record("1"), record("2")])
    assert (delivered.handled, delivered.failed) == (1, 5)
    [letter] = delivered.dead_letters
    assert (letter.record.value, letter.reason, letter.tries) == (b"1", "ValueError: odd: b'1'", 5)


def test_a_record_that_is_handled_at_its_third_attempt_is_no_dead_letter(record: MakeRecord, deliver: Deliver):
    calls: list[bytes | None] = []

    def handle(each: Record) -> None:
        calls.append(each.value)
        if len(calls) < 3:
            raise OSError("no database")

    delivered = deliver(SimpleNamespace(handle=handle), [record("1")], tries=3)
    assert (delivered.handled, delivered.failed, delivered.dead_letters) == (1, 2, [])
    assert calls == [b"1"] * 3


def test_retries_have_no_pauses_and_are_as_many_as_the_test_says(
    record: MakeRecord, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
):
    def wait(*_: object) -> bool:
        raise AssertionError("a pause")

    monkeypatch.setattr(Event, "wait", wait)
    delivered = deliver(SimpleNamespace(handle=refuse_odd), [record("1")], tries=20)
    assert (delivered.failed, delivered.dead_letters[0].tries) == (20, 20)


def test_a_batch_handler_gets_the_records_of_each_partition_and_only_the_one_at_fault_is_a_dead_letter(
    record: MakeRecord, deliver: Deliver
):
    batches: list[list[bytes | None]] = []

    def handle_batch(records: list[Record]) -> None:
        batches.append([each.value for each in records])
        if b"bad" in batches[-1]:
            raise ValueError("bad")

    records = [
        record(value, partition=partition) for value, partition in [("a", "0"), ("b", "1"), ("bad", "0"), ("c", "0")]
    ]
    delivered = deliver(SimpleNamespace(handle_batch=handle_batch), records)
    assert delivered.handled == 3
    assert [letter.record.value for letter in delivered.dead_letters] == [b"bad"]
    assert batches[0] == [b"a", b"bad", b"c"]
    assert batches[-1] == [b"b"]


@pytest.mark.parametrize("handler", [SimpleNamespace(), SimpleNamespace(handle=print, handle_batch=print)])
def test_a_wrong_handler_is_refused_as_at_the_start_of_the_image(deliver: Deliver, handler: object):
    with pytest.raises(ConsumerError, match=r"must define either handle\(record\) or handle_batch\(records\), got"):
        deliver(handler, [])


def test_a_handler_that_exits_ends_the_delivery(record: MakeRecord, deliver: Deliver):
    def handle(_: Record) -> None:
        raise SystemExit(3)

    with pytest.raises(ConsumerError, match=r"orders\[0\] 0: the handler exited the process: SystemExit: 3"):
        deliver(SimpleNamespace(handle=handle), [record()])
