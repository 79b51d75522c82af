"""The producer of `dev` writes at the wanted rate, and each record once."""

from typing import Any

import pytest

from workbench.dev import producer
from workbench.dev.lines import Line
from workbench.dev.producer import LineProducer


class Client:
    """Producer client that accepts some records, then has a full queue until it is polled."""

    def __init__(self, _properties: object) -> None:
        self.records: list[Any] = []
        self.room = 5

    def produce(self, topic: str, value: bytes, key: bytes, *, headers: object, on_delivery: Any) -> None:
        if not self.room:
            raise BufferError
        self.room -= 1
        self.records.append((topic, value, key, headers))
        on_delivery(None, None)

    def poll(self, _seconds: float) -> None:
        self.room = 5


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    made = Client({})
    monkeypatch.setattr(producer, "Producer", lambda _: made)
    return made


LINES = [Line(value=str(number).encode(), key=b"k", headers={"h": b"1"}) for number in range(7)]


def test_without_a_rate_all_records_are_written_once_also_if_the_queue_is_full(client: Client):
    writes = LineProducer({}, "orders", LINES, None)
    assert not writes.done
    writes.write_due()
    writes.write_due()
    writes.write_due()
    assert client.records == [("orders", line.value, b"k", [("h", b"1")]) for line in LINES]
    assert (writes.written, writes.done) == (7, True)


def test_a_rate_is_kept_from_the_first_record_on(client: Client):
    now = 100.0
    writes = LineProducer({}, "orders", LINES, 2.0, lambda: now)
    counts: list[int] = []
    for seconds in (0, 0.4, 0.5, 1.4, 100):
        now = 100.0 + seconds
        writes.write_due()
        counts.append(len(client.records))
    assert counts == [1, 1, 2, 3, 7]
