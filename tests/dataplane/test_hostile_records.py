"""Hostile records on a real broker: each is handled or dead-lettered, and the next one follows."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Message, Producer

from tests.dataplane.dead_letter_pipe import Pipe
from tests.kafka_wire import write
from workbench.prove.replicas import PATIENCE, wait_until
from workbench.prove.topic import Topic
from workbench.servers.kafka_broker import KafkaCluster

GOOD = 30
"""Records before the hostile one, so that CPython has specialised the handler's code."""

READS_ALL = """
import os, sys
from consumer.run import run

file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

def line(record):
    names = [name for name, _ in record.headers]
    if record.key or len(record.value) > 100 or "reject" in names:
        raise ValueError("\u00e4" * 5000)
    return f"{record.partition} {record.value.decode()}\\n"

def handle(record):
    os.write(file, line(record).encode())

def handle_batch(records):
    os.write(file, "".join(map(line, records)).encode())

sys.exit(run(os.environ, handle=handle, port=0))
"""

FORMS = [
    pytest.param(READS_ALL, id="handle"),
    pytest.param(READS_ALL.replace("handle=handle", "handle_batch=handle_batch"), id="handle_batch"),
]

HOSTILE_NAME = bytes.fromhex("74 72 e4 63 65")
DEFAULT_ROOM = 1_048_588
"""Default of max.message.bytes (Kafka 4.3.1)."""

MakePipe = Callable[..., Pipe]


@pytest.fixture
def make_pipe(kafka: KafkaCluster, tmp_path: Path) -> MakePipe:
    """Return a function that creates a topic with good records, and dead letters with a maximum record size."""

    def make(*, name: str = "", room: int = DEFAULT_ROOM) -> Pipe:
        pipe = Pipe(kafka.bootstrap_servers, name or f"orders-{uuid4()}", tmp_path)
        connection = {"bootstrap.servers": kafka.bootstrap_servers}
        Topic(connection, pipe.name, 3, {})
        Topic(connection, pipe.dead_letters, 1, {"max.message.bytes": str(room)})
        send(pipe, *(str(number) for number in range(GOOD)))
        return pipe

    return make


def send(pipe: Pipe, *values: str | bytes, key: bytes | None = None, headers: Iterable[tuple[str, bytes]] = ()) -> None:
    send_compressed(pipe, "none", *values, key=key, headers=headers)


def send_compressed(
    pipe: Pipe, codec: str, *values: str | bytes, key: bytes | None = None, headers: Iterable[tuple[str, bytes]] = ()
) -> None:
    errors: list[object] = []
    producer = Producer(
        {
            "bootstrap.servers": pipe.servers,
            "message.max.bytes": 1_000_000_000,
            "compression.type": codec,
            "linger.ms": 1000,
            "batch.size": 1_000_000_000,
        }
    )
    for value in values:
        written: list[tuple[str, str | bytes | None]] = list(headers)
        producer.produce(pipe.name, value, key, 0, headers=written, on_delivery=lambda error, _: errors.append(error))
    assert producer.flush(PATIENCE) == 0
    assert errors == [None] * len(values)


def dead_letters_of(
    pipe: Pipe, count: int = 1, program: str = READS_ALL, **variables: str
) -> tuple[list[Message], str]:
    """Return the dead letters of the hostile records and the log, after the record that follows them is committed."""
    send(pipe, "last")
    lines: list[str] = []
    with pipe.start(
        program, STREAM_DEAD_LETTERS=pipe.dead_letters, STREAM_MAX_DELIVERY_ATTEMPTS="3", **variables
    ) as consumer:
        drain = threading.Thread(target=lambda: lines.extend(consumer.stderr or ()))
        drain.start()
        try:
            wait_until(lambda: consumer.poll() is not None or pipe.committed()[0] == GOOD + count + 1, "all is read")
            assert consumer.poll() is None, "".join(lines)
            consumer.terminate()
            assert consumer.wait(PATIENCE) == 0
        finally:
            consumer.kill()
            drain.join()
    assert pipe.handled[0] == [*(str(number) for number in range(GOOD)), "last"]
    return pipe.read_dead_letters(count), "".join(lines)


def told(pipe: Pipe, letter: Message) -> dict[str, Any]:
    """Return the headers of a dead letter. They must name the record."""
    headers: dict[str, Any] = dict(letter.headers() or ())
    assert headers.pop("dead-letter-topic") == pipe.name.encode()
    assert headers.pop("dead-letter-partition") == b"0"
    assert headers.pop("dead-letter-position") == str(GOOD).encode()
    return headers


@pytest.mark.parametrize("program", FORMS)
def test_a_record_with_a_header_name_that_is_not_utf_8_is_dead_lettered_without_that_header(make_pipe, program):
    pipe = make_pipe()
    write(pipe.servers, pipe.name, b"7", [(b"a", b"1"), (HOSTILE_NAME, b"2"), (b"null", None), (b"\xff\xfe", b"3")])
    (letter,), log = dead_letters_of(pipe, program=program)
    headers = told(pipe, letter)
    assert (letter.key(), letter.value()) == (None, b"7")
    assert (headers["a"], headers["null"]) == (b"1", b"")
    assert headers["dead-letter-reason"] == (b"UnreadableHeadersError: 2 of 4 headers have names that are not UTF-8")
    assert headers["dead-letter-headers"] == b"2 of 4 headers have names that are not UTF-8; these headers are left out"
    assert "attempt 3 of 3 failed: UnreadableHeadersError" in log


@pytest.mark.parametrize("size", [1_048_480, 1_040_000], ids=["fills the topic", "leaves some room"])
def test_a_record_with_headers_of_nearly_the_maximum_size_is_dead_lettered_without_them(make_pipe, size):
    pipe = make_pipe()
    write(pipe.servers, pipe.name, b"7", [(b"reject", bytes(size))])
    (letter,), _ = dead_letters_of(pipe)
    headers = told(pipe, letter)
    whole = size < 1_048_000
    assert letter.value() == (b"7" if whole else None)
    assert ("dead-letter-headers" in headers) != whole
    assert headers["dead-letter-reason"] == ("ValueError: " + "ä" * 988).encode()


@pytest.mark.parametrize("part", ["value", "key", "headers", "all"])
def test_parts_that_are_too_large_after_decompression_are_left_out(make_pipe, part):
    pipe = make_pipe()
    large = bytes(2_000_000)
    send_compressed(
        pipe,
        "gzip",
        large if part in {"value", "all"} else b"7",
        key=large if part in {"key", "all"} else b"key",
        headers=[("reject", large if part in {"headers", "all"} else b"1")],
    )
    (letter,), _ = dead_letters_of(pipe)
    headers = told(pipe, letter)
    assert letter.value() is None, "the value is left out first"
    assert letter.key() == (b"key" if part in {"value", "headers"} else None)
    assert headers.get("reject") == (b"1" if part == "value" else None)
    left_out = {"value": {"value"}, "headers": {"value", "headers"}}.get(part, {"value", "headers", "key"})
    named = {name.removeprefix("dead-letter-") for name in headers} & {"value", "headers", "key"}
    assert named == left_out


def test_the_smallest_form_of_a_dead_letter_fits_into_2048_bytes(make_pipe):
    pipe = make_pipe(name=("orders-" + str(uuid4())).ljust(236, "o"), room=2048)
    send(pipe, bytes(500_000), key=bytes(100_000), headers=[(str(number), bytes(4000)) for number in range(100)])
    (letter,), _ = dead_letters_of(pipe, STREAM_GROUP=pipe.name)
    headers = told(pipe, letter)
    assert (letter.key(), letter.value()) == (None, None)
    assert headers["dead-letter-reason"] == ("ValueError: " + "ä" * 121).encode()
    assert headers["dead-letter-tries"] == b"3"


def test_a_record_that_exceeds_the_maximum_request_is_dead_lettered_without_its_value(make_pipe):
    pipe = make_pipe(room=2_000_000_000)
    send_compressed(pipe, "gzip", bytes(105_000_000), key=b"key")
    (letter,), _ = dead_letters_of(pipe)
    assert (letter.key(), letter.value()) == (b"key", None)
    assert told(pipe, letter)["dead-letter-value"].startswith(b"left out: too large")


@pytest.mark.parametrize("program", FORMS)
@pytest.mark.parametrize("variables", [{}, {"KAFKA_GROUP_PROTOCOL": "consumer"}], ids=["classic", "KIP-848"])
def test_an_unreadable_batch_is_dead_lettered_record_by_record(make_pipe, variables, program):
    pipe = make_pipe()
    send_compressed(pipe, "zstd", bytes(60_000_000), bytes(60_000_000))
    letters, log = dead_letters_of(pipe, 2, program, **variables)
    assert [letter.value() for letter in letters] == [None, None]
    positions = [dict(letter.headers() or ())["dead-letter-position"] for letter in letters]
    assert positions == [str(GOOD).encode(), str(GOOD + 1).encode()]
    reasons = {str(dict(letter.headers() or ())["dead-letter-reason"]) for letter in letters}
    assert all("the record cannot be read: Decompression" in reason for reason in reasons)
    assert f"{pipe.name}[0] {GOOD + 1}: written to the dead letters" in log
