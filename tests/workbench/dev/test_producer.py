"""The producer of `dev` writes at the wanted rate, and each record once."""

from collections.abc import Sequence
from typing import Any

import pytest

from workbench.dev import kafka
from workbench.dev.kafka import KafkaWriter
from workbench.dev.lines import Line
from workbench.dev.producer import LineProducer
from workbench.dev.requests import MOST_BYTES, RefusedError, RequestWriter


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
    monkeypatch.setattr(kafka, "Producer", lambda _: made)
    return made


LINES = [Line(value=str(number).encode(), key=b"k", headers={"h": b"1"}) for number in range(7)]


def test_without_a_rate_all_records_are_written_once_also_if_the_queue_is_full(client: Client):
    writes = LineProducer(KafkaWriter({}, "orders"), LINES, None)
    assert not writes.done
    writes.write_due()
    writes.write_due()
    writes.write_due()
    assert client.records == [("orders", line.value, b"k", [("h", b"1")]) for line in LINES]
    assert (writes.written, writes.done) == (7, True)


def test_a_rate_is_kept_from_the_first_record_on(client: Client):
    now = 100.0
    writes = LineProducer(KafkaWriter({}, "orders"), LINES, 2.0, lambda: now)
    counts: list[int] = []
    for seconds in (0, 0.4, 0.5, 1.4, 100):
        now = 100.0 + seconds
        writes.write_due()
        counts.append(len(client.records))
    assert counts == [1, 1, 2, 3, 7]


def test_a_record_that_the_server_refuses_does_not_stop_the_others():
    requests: list[list[bytes | None]] = []

    def send(lines: Sequence[Line]) -> Sequence[str]:
        requests.append([line.value for line in lines])
        if b"3" in requests[-1]:
            raise RefusedError("too large")
        return ["throttled"] if requests[-1] == [b"5"] else []

    writes = LineProducer(RequestWriter(send), LINES, None)
    writes.write_due()
    assert requests == [[line.value for line in LINES], *([line.value] for line in LINES)]
    assert (writes.written, writes.failed, writes.done) == (5, ["too large", "throttled"], True)


def test_a_request_is_not_larger_than_the_service_accepts():
    sizes: list[int] = []

    def send(lines: Sequence[Line]) -> Sequence[str]:
        sizes.append(len(lines))
        return []

    large = Line(value=bytes(MOST_BYTES // 2 - 1), headers={})
    writes = LineProducer(RequestWriter(send), [large, large, large, *LINES * 100], None)
    while not writes.done:
        writes.write_due()
    assert sizes == [2, 500, 201]
