"""Deaggregation of records that the Kinesis Producer Library (KPL) and similar producers write.

The format is KPL's aggregation-format.md: four magic bytes, a protobuf message, and the MD5 of that message.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from hashlib import md5
from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from consumer.kinesis.positions import position
from consumer.kinesis.shards import HASH_KEYS, KinesisRecord

LOGGER = logging.getLogger(__name__)

MAGIC, DIGEST_SIZE = b"\xf3\x89\x9a\xc2", 16
"""First bytes of an aggregate, and the size of the checksum at its end."""

LONGEST_KEY = 256
"""Maximum characters of a partition key (Kinesis API, PutRecord). A longer key in an aggregate would not fit into a
dead letter."""


def _aggregated_record() -> Any:
    """Return the message class AggregatedRecord.

    The key tables are declared as bytes, which have the same wire format. So text that is not UTF-8 is found when it is
    decoded. Tags of a record are not declared: neither KPL nor KCL exposes them.
    """
    file = FileDescriptorProto(name="aggregated_record.proto", package="aws.kinesis", syntax="proto2")

    kinds = FieldDescriptorProto
    record = file.message_type.add(name="Record").field
    record.add(name="partition_key_index", number=1, type=kinds.TYPE_UINT64, label=kinds.LABEL_REQUIRED)
    record.add(name="explicit_hash_key_index", number=2, type=kinds.TYPE_UINT64, label=kinds.LABEL_OPTIONAL)
    record.add(name="data", number=3, type=kinds.TYPE_BYTES, label=kinds.LABEL_REQUIRED)
    aggregate = file.message_type.add(name="AggregatedRecord").field
    aggregate.add(name="partition_key_table", number=1, type=kinds.TYPE_BYTES, label=kinds.LABEL_REPEATED)
    aggregate.add(name="explicit_hash_key_table", number=2, type=kinds.TYPE_BYTES, label=kinds.LABEL_REPEATED)
    aggregate.add(
        name="records",
        number=3,
        type=kinds.TYPE_MESSAGE,
        label=kinds.LABEL_REPEATED,
        type_name=".aws.kinesis.Record",
    )
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName("aws.kinesis.AggregatedRecord"))


AGGREGATED_RECORD = _aggregated_record()


def deaggregate(record: KinesisRecord) -> list[KinesisRecord]:
    """Return the user records of an aggregate. Return the record itself if it is not an aggregate or is corrupt."""
    data = record.value
    message, digest = data[len(MAGIC) : -DIGEST_SIZE], data[-DIGEST_SIZE:]
    if not data.startswith(MAGIC) or not message or md5(message, usedforsecurity=False).digest() != digest:
        return [record]
    try:
        aggregate = AGGREGATED_RECORD.FromString(message)
        if not aggregate.IsInitialized():
            return [record]
        return list(_user_records(record, aggregate))
    except (DecodeError, IndexError, ValueError) as error:
        LOGGER.warning(
            "%s[%s] %s: cannot deaggregate the record; it is handled as one record: %s",
            record.topic,
            record.partition,
            record.position,
            error,
        )
        return [record]


def _user_records(record: KinesisRecord, aggregate: Any) -> Iterator[KinesisRecord]:
    """Yield the user records. Raises IndexError or ValueError for invalid keys."""
    keys = [_partition_key(key) for key in aggregate.partition_key_table]
    explicit: list[bytes] = list(aggregate.explicit_hash_key_table)
    for number, each in enumerate(aggregate.records):
        index: int = each.partition_key_index
        key, hash_key = keys[index]
        if each.HasField("explicit_hash_key_index"):
            index = each.explicit_hash_key_index
            hash_key = _hash_key(explicit[index])
        yield replace(record, position=position(record.position, number), key=key, value=each.data, hash_key=hash_key)


def _partition_key(key: bytes) -> tuple[bytes, int]:
    """Return a partition key and its hash key."""
    if len(key.decode()) > LONGEST_KEY:
        raise ValueError("a partition key has more than 256 characters")
    return key, int.from_bytes(md5(key, usedforsecurity=False).digest(), "big")


def _hash_key(text: bytes) -> int:
    """Return an explicit hash key, which is written as a decimal number."""
    number = int(text)
    if number not in HASH_KEYS:
        raise ValueError("an explicit hash key is out of range")
    return number
