"""KPL aggregates are deaggregated like KCL does it. Corrupt ones stay whole."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.kinesis.aggregates import deaggregate
from consumer.kinesis.positions import is_covered
from consumer.kinesis.shards import KinesisRecord
from tests.dataplane.kpl import Written, aggregate, hash_key, index, sealed, text

WHOLE = KinesisRecord(topic="orders", partition="shard-0", position="17", key=b"a", value=b"", timestamp=1.5)

TWO = aggregate(Written("red", b"1"), Written("blue", b"2"))


def of(value: bytes) -> list[KinesisRecord]:
    return deaggregate(replace(WHOLE, value=value))


@given(
    st.lists(
        st.builds(
            Written,
            st.text(min_size=1, max_size=20),
            st.binary(max_size=300),
            st.none() | st.integers(0, 2**128 - 1),
        ),
        min_size=1,
    )
)
def test_user_records_are_in_order_with_key_data_and_position(written: list[Written]):
    found = of(aggregate(*written))
    assert [(each.key, each.value) for each in found] == [(each.key.encode(), each.data) for each in written]
    assert [each.position for each in found] == [f"17:{number}" for number in range(len(written))]
    assert [each.hash_key for each in found] == [
        hash_key(each.key) if each.hash_key is None else each.hash_key for each in written
    ]
    assert {(each.topic, each.partition, each.timestamp) for each in found} == {("orders", "shard-0", 1.5)}


def test_unknown_fields_and_tags_are_ignored():
    record = index(1, 0) + text(3, b"data") + text(4, text(1, b"tag") + text(2, b"value")) + index(9, 5)
    assert [each.value for each in of(sealed(text(1, b"key") + text(3, record) + text(9, b"more")))] == [b"data"]


def test_an_empty_aggregate_has_no_user_records():
    assert of(sealed(text(1, b"key"))) == []


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xf3\x89\x9a", id="shorter than the magic bytes"),
        pytest.param(TWO[:4], id="magic bytes only"),
        pytest.param(TWO[:19], id="shorter than a checksum"),
        pytest.param(sealed(b""), id="no message"),
        pytest.param(TWO[:-1] + bytes([TWO[-1] ^ 1]), id="a wrong checksum"),
        pytest.param(TWO[:8] + b"?" + TWO[9:], id="a changed message"),
        pytest.param(b"\xf4" + TWO[1:], id="other magic bytes"),
        pytest.param(sealed(b"\xff\xff\xff"), id="no protobuf"),
        pytest.param(sealed(text(1, b"key") + text(3, index(1, 0) + text(3, b"data"))[:-2]), id="a cut protobuf"),
        pytest.param(sealed(text(1, b"key") + text(3, index(1, 1) + text(3, b"data"))), id="a key index out of range"),
        pytest.param(
            sealed(text(1, b"key") + text(3, index(1, 2**64 - 1) + text(3, b"data"))),
            id="a key index beyond all ranges",
        ),
        pytest.param(
            sealed(text(1, b"key") + text(3, index(1, 0) + index(2, 0) + text(3, b"data"))),
            id="a hash key index out of range",
        ),
        pytest.param(sealed(text(1, b"key") + text(3, text(3, b"data"))), id="no key index"),
        pytest.param(sealed(text(1, b"key") + text(3, index(1, 0))), id="no data"),
        pytest.param(sealed(text(1, b"\xe4") + text(3, index(1, 0) + text(3, b"data"))), id="a key that is not UTF-8"),
        pytest.param(aggregate(Written("k" * 257, b"data")), id="a key longer than Kinesis accepts"),
        pytest.param(aggregate(Written("key", b"data", 2**128)), id="a hash key out of range"),
        pytest.param(
            sealed(text(1, b"key") + text(2, b"many") + text(3, index(1, 0) + index(2, 0) + text(3, b"data"))),
            id="a hash key that is not a number",
        ),
        pytest.param(
            sealed(text(1, b"key") + text(3, index(1, 0) + text(3, b"fine")) + text(3, index(1, 1) + text(3, b"data"))),
            id="an error after a valid record",
        ),
    ],
)
def test_plain_records_and_corrupt_aggregates_are_returned_unchanged(value: bytes):
    record = replace(WHOLE, value=value)
    assert deaggregate(record) == [record]


@pytest.mark.parametrize(
    ("position", "checkpoint", "handled"),
    [
        ("17", "TRIM_HORIZON", False),
        ("17:0", "TRIM_HORIZON", False),
        ("9", "17", True),
        ("18", "17", False),
        ("17", "17", True),
        ("17", "17:0", True),
        ("17:1", "17:1", True),
        ("17:2", "17:1", False),
        ("17:10", "17:9", False),
        ("17:3", "17", True),
        ("18:0", "17:9", False),
        ("16:9", "17:0", True),
    ],
)
def test_a_checkpoint_covers_positions_up_to_it(position: str, checkpoint: str, handled: bool):
    assert is_covered(position, checkpoint) is handled
