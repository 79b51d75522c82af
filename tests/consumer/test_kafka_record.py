"""A record of Kafka shows what the message holds."""

from confluent_kafka import TIMESTAMP_CREATE_TIME, TIMESTAMP_NOT_AVAILABLE, Message

from consumer.kafka_record import KafkaRecord
from consumer.record import Record


def record(**fields) -> Record:
    made = KafkaRecord()
    made.message = Message(topic="orders", partition=3, offset=41, **fields)
    return made


def test_a_record_shows_where_it_is_what_is_in_it_and_when_it_was_written():
    one = record(
        key=b"k", value=b"v", headers=[("a", b"1"), ("a", b"2")], timestamp=(TIMESTAMP_CREATE_TIME, 1_700_000_000_250)
    )
    assert (one.topic, one.partition, one.position) == ("orders", "3", "41")
    assert (one.key, one.value) == (b"k", b"v")
    assert one.headers == [("a", b"1"), ("a", b"2")]
    assert one.timestamp == 1_700_000_000.25


def test_what_a_message_lacks_is_none_or_empty():
    one = record(headers=[("a", None)], timestamp=(TIMESTAMP_NOT_AVAILABLE, -1))
    assert (one.key, one.value) == (None, None)
    assert one.headers == [("a", b"")]
    assert one.timestamp == 0
    assert record().headers == []
