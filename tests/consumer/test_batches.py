"""A failed batch is split until the record at fault is found. No record is lost, and all are handled in order."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from consumer import delivery as program
from consumer.batches import BYTES, MILLISECONDS, RECORDS, Batches, Waiting, read
from consumer.delivery import Delivery
from consumer.errors import ConsumerError
from consumer.record import BatchHandler, Record
from consumer.status import Status
from consumer.variables import Variables
from tests.consumer.test_delivery import Letter, Shelf, raising


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(program, "FIRST_PAUSE", 0.0)


class Failing:
    """Batch handler that handles the records before a faulty one, and then raises."""

    def __init__(self, *faulty: int):
        self.faulty = {str(each) for each in faulty}
        self.calls: list[list[int]] = []
        self.handled: list[int] = []

    def __call__(self, records: Sequence[Record]) -> None:
        self.calls.append([int(each.position) for each in records])
        for each in records:
            if each.position in self.faulty:
                raise ValueError(f"no {each.position}")
            self.handled.append(int(each.position))

    @property
    def first_times(self) -> list[int]:
        """Handled records in the order of their first handling."""
        return list(dict.fromkeys(self.handled))


def make_delivery(handle: BatchHandler, shelf: Shelf | None = None, *, records: int = 500, **changes: Any) -> Delivery:
    batches = Batches(handle=handle, records=records)
    known = {"tries": 3, "dead_letters": shelf, "status": Status(), **changes}
    return Delivery(handle=batches.handle_one, batches=batches, **known)


def letters(number: int) -> list[Letter]:
    return [Letter(str(each)) for each in range(number)]


def deliver(one: Delivery, records: Sequence[Record]) -> int:
    """Deliver records as the sources do, until a stop. Return how many are done."""
    done = 0
    while done < len(records) and not one.stopping.is_set():
        done += one.deliver_next(records[done:])
    return done


def test_records_that_are_handled_at_once_are_handled_in_one_call():
    handler = Failing()
    one = make_delivery(handler)
    assert deliver(one, letters(500)) == 500
    assert handler.calls == [list(range(500))]
    assert (one.status.handled, one.status.failed) == (500, 0)


def test_a_batch_has_at_most_as_many_records_as_configured():
    handler = Failing()
    deliver(make_delivery(handler, records=3), letters(7))
    assert handler.calls == [[0, 1, 2], [3, 4, 5], [6]]


def test_a_failed_batch_is_split_in_halves_until_the_record_at_fault_is_left():
    handler, shelf = Failing(5), Shelf()
    one = make_delivery(handler, shelf)
    assert deliver(one, letters(16)) == 16
    assert handler.calls == [
        list(range(16)),
        [0, 1, 2, 3, 4, 5, 6, 7],
        [0, 1, 2, 3],
        [4, 5],
        [4],
        *[[5]] * 3,
        [6],
        [7, 8],
        [9, 10, 11, 12],
        [13, 14, 15],
    ]
    assert shelf.kept == [("5", "ValueError: no 5", 3)], "as many attempts as a single record"
    assert (one.status.handled, one.status.dead, one.status.failed) == (15, 1, 6)


@pytest.mark.parametrize("faulty", [[], [0], [99], [0, 99], [41, 42], [0, 7, 50, 51, 52, 98], list(range(100))])
@pytest.mark.parametrize("records", [1, 2, 7, 100])
def test_only_the_records_at_fault_are_dead_letters_and_all_others_are_handled_in_order(faulty, records):
    handler, shelf = Failing(*faulty), Shelf()
    one = make_delivery(handler, shelf, records=records)
    assert deliver(one, letters(100)) == 100
    assert [int(position) for position, _, tries in shelf.kept if tries == 3] == faulty
    assert handler.first_times == [each for each in range(100) if each not in faulty]
    assert (one.status.handled, one.status.dead) == (100 - len(faulty), len(faulty))


def test_one_record_at_fault_costs_few_calls():
    for faulty in range(0, 500, 17):
        handler = Failing(faulty)
        deliver(make_delivery(handler, Shelf()), letters(500))
        assert len(handler.calls) <= 30


def test_while_everything_fails_records_are_tried_one_by_one():
    handler = Failing(*range(100))
    deliver(make_delivery(handler, Shelf()), letters(100))
    assert sum(len(call) > 1 for call in handler.calls) <= 7, "the first batch is split, and no batch comes after it"


@pytest.mark.parametrize("attempt", [None, "attempt 1"])
def test_after_a_single_record_that_fails_the_next_batch_has_one_record(attempt):
    handler = Failing(0)
    one = make_delivery(handler, Shelf())
    if attempt:
        assert not one.deliver_once(Letter("0"), attempt)
    else:
        assert one.deliver_next([Letter("0")]) == 1
    handler.calls.clear()
    deliver(one, letters(8)[1:])
    assert handler.calls == [[1], [2, 3], [4, 5, 6, 7]]


def test_after_a_short_outage_no_record_is_a_dead_letter_and_batches_grow_again():
    handled: list[int] = []
    failures = iter(range(12))

    def handle(records: Sequence[Record]) -> None:
        if next(failures, None) is not None:
            raise ConnectionError
        handled.append(len(records))

    shelf = Shelf()
    deliver(make_delivery(handle, shelf, tries=5), letters(1000))
    assert shelf.kept == []
    assert handled[-1] > 100
    assert sum(handled) == 1000


def test_a_record_that_only_fails_in_a_batch_is_handled_alone():
    def handle(records: Sequence[Record]) -> None:
        if len(records) > 1:
            raise ValueError("only one, please")

    shelf = Shelf()
    one = make_delivery(handle, shelf)
    assert deliver(one, letters(20)) == 20
    assert (shelf.kept, one.status.handled) == ([], 20)


def test_a_handler_may_change_its_list():
    given: list[str] = []

    def handle(records: Any) -> None:
        while records:
            given.append(records.pop(0).position)
            if len(given) == 1:
                raise ValueError

    one = make_delivery(handle, Shelf())
    assert deliver(one, letters(10)) == 10
    assert one.status.handled == 10
    assert given == ["0", *map(str, range(10))]


def test_without_dead_letters_the_record_at_fault_ends_the_consumer_and_those_before_it_are_done():
    handler = Failing(5)
    one = make_delivery(handler)
    with pytest.raises(ConsumerError, match=r"^orders\[1\] 5: cannot be handled.*ValueError: no 5$"):
        deliver(one, letters(16))
    assert handler.first_times == [0, 1, 2, 3, 4]
    assert one.status.handled == 5


def test_a_stop_ends_the_split_and_the_rest_is_not_done():
    handler = Failing(12)
    one = make_delivery(handler, Shelf())

    def handle(records: Sequence[Record]) -> None:
        try:
            handler(records)
        finally:
            if len(records) == 8:
                one.stopping.set()

    one.batches.handle = handle
    assert deliver(one, letters(16)) == 8
    assert handler.calls == [list(range(16)), list(range(8))]


@pytest.mark.parametrize("make", [lambda: SystemExit(3), KeyboardInterrupt], ids=["SystemExit: 3", "KeyboardInterrupt"])
def test_sys_exit_in_the_handler_ends_the_consumer_with_one_line_and_no_dead_letter(make, request):
    shelf = Shelf()
    one = make_delivery(raising(make), shelf)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ConsumerError) as error:
        one.deliver_next(letters(8))
    assert str(error.value) == f"orders[1] 0: the handler exited the process: {request.node.callspec.id}"
    assert (shelf.kept, one.status.handled) == ([], 0)


@pytest.mark.parametrize("make", [asyncio.CancelledError, lambda: GeneratorExit("over")])
def test_exceptions_that_are_not_errors_split_the_batch_too(make: Callable[[], BaseException]):
    shelf = Shelf()
    one = make_delivery(raising(make), shelf)  # pyright: ignore[reportArgumentType]
    assert deliver(one, letters(3)) == 3
    assert [position for position, _, _ in shelf.kept] == ["0", "1", "2"]


def test_the_log_of_a_failed_batch_names_its_first_record_and_contains_no_value(caplog):
    deliver(make_delivery(Failing(1), Shelf()), letters(4))
    assert "orders[1] 0: the batch of 4 records that starts here failed: ValueError" in caplog.text
    assert "orders[1] 1: attempt 1 of 3 failed: ValueError" in caplog.text
    assert "secret" not in caplog.text


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_batch_waits_until_it_is_complete_or_its_first_record_has_waited_long_enough():
    clock = Clock()
    waiting: Waiting[Letter] = Waiting(Batches(records=3, seconds=10.0, bytes=100), clock)
    waiting.add(Letter("0"))
    clock.now = 4
    waiting.add(Letter("1"))
    assert waiting.seconds_left == 6
    clock.now = 11
    assert waiting.seconds_left == 0
    clock.now = 5
    waiting.add(Letter("2"))
    assert waiting.seconds_left == 0
    assert [each.position for each in waiting.take()] == ["0", "1", "2"]
    waiting.add(Letter("3", value=b"x" * 99))
    assert waiting.seconds_left == 10
    waiting.add(Letter("4", value=b"x"))
    assert waiting.seconds_left == 0


def handle_batch(records: Sequence[Record]) -> None: ...


def test_the_environment_sets_the_limits():
    variables = Variables(
        {"STREAM_BATCH_RECORDS": "7", "STREAM_BATCH_MILLISECONDS": "250", "STREAM_BATCH_BYTES": "1000"}
    )
    batches = read(handle_batch, variables)
    assert (batches.handle, batches.records, batches.seconds, batches.bytes) == (handle_batch, 7, 0.25, 1000)
    assert variables.errors == []


def test_a_batch_handler_without_limits_gets_the_defaults():
    batches = read(handle_batch, Variables({}))
    assert (batches.records, batches.seconds, batches.bytes) == (RECORDS, MILLISECONDS / 1000, BYTES)


def test_limits_for_a_handler_of_single_records_are_refused():
    variables = Variables({"STREAM_BATCH_RECORDS": "7"})
    assert read(None, variables).records == 1
    assert variables.errors == [
        "STREAM_BATCH_RECORDS: must not be set (the handler defines handle(record), which gets single records). Remove "
        "consumer.batch from the stack file, or define handle_batch(records) instead."
    ]
