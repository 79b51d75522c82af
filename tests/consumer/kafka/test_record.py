"""Kafka records expose the message without crashing the process."""

import time
from collections.abc import Generator, Sequence

import pytest
from confluent_kafka import TIMESTAMP_CREATE_TIME, TIMESTAMP_NOT_AVAILABLE, Consumer, Message, Producer, TopicPartition

from consumer.kafka.record import KafkaRecord, UnreadableHeadersError
from consumer.record import Record
from tests.kafka_wire import write


def record(**fields) -> Record:
    made = KafkaRecord()
    made.message = Message(topic="orders", partition=3, offset=41, **fields)
    return made


def test_a_record_has_place_content_and_timestamp():
    one = record(
        key=b"k", value=b"v", headers=[("a", b"1"), ("a", b"2")], timestamp=(TIMESTAMP_CREATE_TIME, 1_700_000_000_250)
    )
    assert (one.topic, one.partition, one.position) == ("orders", "3", "41")
    assert (one.key, one.value) == (b"k", b"v")
    assert one.headers == [("a", b"1"), ("a", b"2")]
    assert one.timestamp == 1_700_000_000.25


def test_missing_parts_of_a_message_are_none_or_empty():
    one = record(headers=[("a", None)], timestamp=(TIMESTAMP_NOT_AVAILABLE, -1))
    assert (one.key, one.value) == (None, None)
    assert one.headers == [("a", b"")]
    assert one.timestamp == 0
    assert record().headers == []


SECONDS = 60
"""Maximum seconds for librdkafka's mock broker."""

Written = Sequence[tuple[bytes, bytes | None]]


@pytest.fixture(scope="module")
def brokers() -> Generator[str]:
    """Address of librdkafka's mock brokers."""
    quiet = {"log_level": 0, "bootstrap.servers": "none"}
    keeper = Producer({**quiet, "test.mock.num.brokers": 1})
    [broker] = keeper.list_topics(timeout=SECONDS).brokers.values()
    yield f"{broker.host}:{broker.port}"
    keeper.flush()


def written(brokers: str, topic: str, headers: Written) -> KafkaRecord:
    """Return a record with headers, read from the brokers."""
    write(brokers, topic, b"v", headers)
    consumer = Consumer({"log_level": 0, "bootstrap.servers": brokers, "group.id": topic})
    consumer.assign([TopicPartition(topic, 0, 0)])
    found, end = None, time.monotonic() + SECONDS
    while found is None and time.monotonic() < end:
        found = consumer.poll(1)
    consumer.close()
    made = KafkaRecord()
    assert found is not None
    made.message = found
    return made


def headers_of(one: Record) -> Sequence[tuple[str, bytes]]:
    return one.headers


def test_header_names_that_are_not_utf_8_raise_on_each_read_and_the_error_has_the_others(brokers):
    one = written(
        brokers, "hostile", [(b"a", b"1"), (b"tr\xe4ce", b"2"), (b"null", None), (b"\xff", None), (b"z", b"")]
    )
    for _ in range(3):
        with pytest.raises(UnreadableHeadersError, match=r"^2 of 5 headers have names that are not UTF-8$") as error:
            headers_of(one)
        assert error.value.readable == [("a", b"1"), ("null", b""), ("z", b"")]
    assert (one.topic, one.partition, one.position, one.key, one.value) == ("hostile", "0", "0", None, b"v")
    assert one.timestamp > 0


def test_unreadable_headers_raise_also_in_specialised_code(brokers):
    """CPython specialises calls in frequently run code, and no longer checks whether a C function has raised."""
    good = record(headers=[("a", b"1")])
    for _ in range(1000):
        assert headers_of(good) == [("a", b"1")]
    one = written(brokers, "often", [(b"\xe4", b"2")])
    with pytest.raises(UnreadableHeadersError):
        headers_of(one)
    assert headers_of(good) == [("a", b"1")]
    assert [str(number) for number in range(3)] == ["0", "1", "2"]


def test_no_frame_of_a_traceback_contains_an_unreadable_header(brokers):
    """Error reporters print the variables of every frame."""
    one = written(brokers, "frames", [(b"\xe4", b"2"), (b"b", b"3")])
    with pytest.raises(UnreadableHeadersError) as error:
        headers_of(one)
    shown = [repr(dict(frame.frame.f_locals)) for frame in error.traceback if "kafka/record.py" in str(frame.path)]
    assert any("('b', b'3')" in variables for variables in shown)


def test_utf_8_header_names_of_any_length_are_read(brokers):
    names = ["", "ä", "\U0001f600", "x" * 10_000]
    assert headers_of(written(brokers, "good", [(name.encode(), b"1") for name in names])) == [(n, b"1") for n in names]
