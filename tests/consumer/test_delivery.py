"""No record is lost or blocks the records after it, even if the handler fails."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Timer
from typing import Any

import pytest

from consumer import delivery as program
from consumer.batches import Batches
from consumer.delivery import Delivery
from consumer.errors import ConsumerError
from consumer.record import Handler, Record
from consumer.status import Status


@dataclass
class Letter:
    position: str
    topic: str = "orders"
    partition: str = "1"
    key: bytes | None = None
    value: bytes | None = b"secret"
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: float = 0.0


@dataclass
class Shelf:
    kept: list[tuple[str, str, int]] = field(default_factory=list)

    def put(self, record: Record, *, reason: str, tries: int) -> None:
        self.kept.append((record.position, reason, tries))


class Failing:
    """Handler that fails some times, then succeeds."""

    def __init__(self, times: int):
        self.times, self.calls = times, 0

    def __call__(self, record: Record) -> None:
        self.calls += 1
        if self.calls <= self.times:
            raise ValueError(f"no {self.calls}")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(program, "FIRST_PAUSE", 0.0)


MakeDelivery = Callable[..., Delivery]


@pytest.fixture(params=["handle", "handle_batch"])
def make_delivery(request: pytest.FixtureRequest) -> MakeDelivery:
    """Return a function that creates a delivery for a handler. The handler gets each record alone, or in a batch of one."""

    def make(handle: Handler, *, tries: int = 3, shelf: Shelf | None = None, **changes: Any) -> Delivery:
        known: dict[str, Any] = {"tries": tries, "dead_letters": shelf, "status": Status(), **changes}
        if request.param == "handle":
            return Delivery(handle=handle, **known)

        def handle_batch(records: Sequence[Record]) -> None:
            [record] = records
            handle(record)

        batches = Batches(handle=handle_batch, records=500)
        return Delivery(handle=batches.handle_one, batches=batches, **known)

    return make


def test_a_record_that_is_handled_at_once_is_handled_once(make_delivery):
    handler, shelf = Failing(0), Shelf()
    one = make_delivery(handler, shelf=shelf)
    assert one.deliver(Letter("7"))
    assert (handler.calls, one.status.handled, one.status.failed, one.status.dead) == (1, 1, 0, 0)


def test_a_record_is_tried_again_until_it_is_handled(make_delivery):
    handler, shelf = Failing(2), Shelf()
    one = make_delivery(handler, shelf=shelf)
    assert one.deliver(Letter("7"))
    assert (handler.calls, one.status.handled, one.status.failed, one.status.dead) == (3, 1, 2, 0)
    assert not shelf.kept


def test_after_the_last_attempt_a_record_goes_to_the_dead_letters_and_the_next_is_delivered(make_delivery):
    handler, shelf = Failing(3), Shelf()
    one = make_delivery(handler, shelf=shelf)
    assert one.deliver(Letter("7"))
    assert one.deliver(Letter("8"))
    assert shelf.kept == [("7", "ValueError: no 3", 3)]
    assert (one.status.handled, one.status.failed, one.status.dead) == (1, 3, 1)


def test_without_dead_letters_a_record_that_cannot_be_handled_ends_the_consumer_and_is_named(make_delivery):
    one = make_delivery(Failing(3))
    with pytest.raises(ConsumerError, match=r"^orders\[1\] 7: cannot be handled.*ValueError: no 3$"):
        one.deliver(Letter("7"))
    assert one.status.dead == 0


def test_a_stop_ends_the_pause_between_two_attempts_and_the_record_is_not_committed(make_delivery, monkeypatch):
    monkeypatch.setattr(program, "FIRST_PAUSE", 600.0)
    handler, shelf = Failing(3), Shelf()
    one = make_delivery(handler, shelf=shelf)
    stopper = Timer(0.05, one.stopping.set)
    stopper.start()
    assert not one.deliver(Letter("7")), "it must not be committed"
    stopper.join()
    assert handler.calls == 1
    assert not shelf.kept
    assert one.status.handled == 0


def test_the_pauses_grow_and_stay_below_the_max_poll_interval(make_delivery, monkeypatch):
    monkeypatch.undo()
    pauses: list[float | None] = []

    class Watched(Event):
        def wait(self, timeout=None):
            pauses.append(timeout)
            return False

    one = make_delivery(Failing(100), tries=100, shelf=Shelf(), stopping=Watched())
    assert one.deliver(Letter("7"))
    assert pauses[:5] == [0.1, 0.2, 0.4, 0.8, 1.0]
    assert sum(filter(None, pauses)) < 120


@pytest.mark.parametrize(("seconds", "tries"), [(10, 4), (100, 2), (200, 1)])
def test_slow_attempts_are_fewer_and_end_before_the_max_poll_interval(make_delivery, seconds, tries):
    now, called = 0.0, 0

    def handle(record):
        nonlocal now, called
        now, called = now + seconds, called + 1
        raise ValueError

    shelf = Shelf()
    one = make_delivery(handle, tries=4, shelf=shelf, status=Status(clock=lambda: now))
    assert one.deliver(Letter("7"))
    assert called == tries
    assert one.status.dead == 1
    assert one.status.live


def test_the_log_of_a_failure_does_not_contain_the_record_value(make_delivery, caplog):
    assert make_delivery(Failing(3), shelf=Shelf()).deliver(Letter("7"))
    assert "orders[1] 7: attempt 1 of 3 failed" in caplog.text
    assert "orders[1] 7: written to the dead letters after 3 attempts" in caplog.text
    assert "secret" not in caplog.text


class UnprintableError(Exception):
    """An error whose traceback cannot be written."""

    @property
    def __notes__(self):  # pyright: ignore[reportIncompatibleVariableOverride]
        raise SystemExit


class MuteError(Exception):
    """Exception without a readable text."""

    def __str__(self):
        raise RuntimeError("and this one is no text either")

    __repr__ = __str__


class NumberedError(Exception):
    __str__ = lambda self: 7  # noqa: E731 - a function of str is not allowed to  # pyright: ignore[reportAssignmentType]


class Odd(str):
    """String whose methods raise."""

    __slots__ = ()

    def __format__(self, spec):
        raise RuntimeError

    __getitem__ = __iter__ = encode = split = __format__  # pyright: ignore[reportAssignmentType]


class OddTextError(Exception):
    def __str__(self):
        return Odd("odd")


class QuietError(Exception):
    def __str__(self):
        return ""


class LeavingError(Exception):
    def __str__(self):
        raise SystemExit(3)


class PanicError(BaseException):
    """Base class of exceptions from Rust extensions (pyo3)."""


def nested(depth: int) -> Exception:
    """Return an exception nested too deeply to be formatted."""
    error: Any = ValueError("deep")
    for _ in range(depth):
        error = ExceptionGroup("group", [error])
    return error


UNUSUAL: list[tuple[Callable[[], BaseException], str]] = [
    (MuteError, "MuteError"),
    (UnprintableError, "UnprintableError"),
    (NumberedError, "NumberedError"),
    (OddTextError, "OddTextError: odd"),
    (QuietError, "QuietError"),
    (LeavingError, "LeavingError"),
    (lambda: PanicError("rust"), "PanicError: rust"),
    (asyncio.CancelledError, "CancelledError"),
    (lambda: GeneratorExit("over"), "GeneratorExit: over"),
    (lambda: nested(3000), "ExceptionGroup: group (1 sub-exception)"),
]


def raising(make: Callable[[], BaseException]) -> Handler:
    def handle(record: Record) -> None:
        raise make()

    return handle


@pytest.mark.parametrize(("make", "reason"), UNUSUAL, ids=[reason for _, reason in UNUSUAL])
def test_unusual_exceptions_send_the_record_to_the_dead_letters_and_the_next_is_delivered(
    make_delivery, make, reason, caplog
):
    shelf = Shelf()
    one = make_delivery(raising(make), tries=2, shelf=shelf)
    assert one.deliver(Letter("7"))
    assert one.deliver(Letter("8"))
    assert shelf.kept == [("7", reason, 2), ("8", reason, 2)]
    assert type(shelf.kept[0][1]) is str
    assert one.status.failed == 4
    assert f"orders[1] 7: attempt 1 of 2 failed: {reason.partition(':')[0]}" in caplog.text


@pytest.mark.parametrize(("make", "reason"), UNUSUAL, ids=[reason for _, reason in UNUSUAL])
def test_unusual_exceptions_return_the_record_to_a_service_with_its_own_dead_letters(make_delivery, make, reason):
    one = make_delivery(raising(make))
    assert not one.deliver_once(Letter("7"), "an attempt")
    assert one.status.failed == 1


@pytest.mark.parametrize("make", [lambda: SystemExit(3), KeyboardInterrupt], ids=["SystemExit: 3", "KeyboardInterrupt"])
def test_sys_exit_in_the_handler_ends_the_consumer_with_one_line_and_no_dead_letter(make_delivery, make, request):
    shelf = Shelf()
    one = make_delivery(raising(make), shelf=shelf)
    for deliver in (one.deliver, lambda record: one.deliver_once(record, "an attempt")):
        with pytest.raises(ConsumerError) as error:
            deliver(Letter("7"))
        assert (
            str(error.value)
            == f"orders[1] 7: the handler exited the process: {request.node.callspec.id.partition('-')[2]}"
        )
        assert error.value.__suppress_context__
    assert shelf.kept == []
    assert one.status.handled == 0


def test_a_multi_line_error_is_reported_in_one_line(make_delivery):
    one = make_delivery(raising(lambda: ValueError("first\n  second")), tries=1)
    with pytest.raises(ConsumerError, match=r"dead letters are disabled: ValueError: first second$"):
        one.deliver(Letter("7"))
