"""Conditional lease writes fail if another worker has changed the lease. moto evaluates the conditions."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from consumer.kinesis.leases import Lease, LeaseTable

GROUP = "orders"


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        client: Any = boto3.client("dynamodb", region_name="eu-west-1")
        client.create_table(
            TableName=GROUP,
            KeySchema=[{"AttributeName": "leaseKey", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "leaseKey", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


@pytest.fixture
def first(dynamodb: Any) -> LeaseTable:
    return LeaseTable(dynamodb, GROUP, "first")


@pytest.fixture
def second(dynamodb: Any) -> LeaseTable:
    return LeaseTable(dynamodb, GROUP, "second")


def taken(table: LeaseTable, lease: Lease) -> Lease:
    mine = table.take(lease)
    assert mine
    return mine


def test_after_a_takeover_writes_of_the_former_owner_fail(first: LeaseTable, second: LeaseTable):
    seen = taken(first, first.add("shard-0"))
    assert first.checkpoint("shard-0", "17", None)
    taken(second, seen)
    assert second.checkpoint("shard-0", "20", None)
    lease = second.leases()["shard-0"]
    assert not first.checkpoint("shard-0", "18", None)
    assert not first.renew("shard-0")
    assert not first.give_up("shard-0", "18", None)
    assert second.leases()["shard-0"] == lease
    assert (lease.owner, lease.checkpoint) == ("second", "20")


def test_a_renewed_lease_cannot_be_taken(first: LeaseTable, second: LeaseTable):
    seen = taken(first, first.add("shard-0"))
    assert first.renew("shard-0")
    assert second.take(seen) is None
    assert second.leases()["shard-0"].owner == "first"


def test_only_one_of_two_workers_takes_a_free_lease(first: LeaseTable, second: LeaseTable):
    free = first.add("shard-0")
    taken(second, free)
    assert first.take(free) is None
    assert first.leases()["shard-0"].owner == "second"


def test_a_released_lease_cannot_be_taken_with_an_outdated_read(first: LeaseTable, second: LeaseTable):
    seen = taken(first, first.add("shard-0"))
    assert first.give_up("shard-0", "17", None)
    assert second.take(seen) is None
    assert taken(second, second.leases()["shard-0"]).checkpoint == "17"


def item(dynamodb: Any) -> dict[str, Any]:
    [found] = dynamodb.scan(TableName=GROUP, ConsistentRead=True)["Items"]
    return found


@pytest.mark.parametrize("give_up", [False, True])
def test_a_position_within_an_aggregate_is_stored_like_kcl_s_and_read_back(
    dynamodb: Any, first: LeaseTable, second: LeaseTable, give_up: bool
):
    taken(first, first.add("shard-0"))
    assert (first.give_up if give_up else first.checkpoint)("shard-0", "17:3", 1_800_000_000.5)
    noted = item(dynamodb)
    assert noted["checkpoint"] == {"S": "17"}
    assert noted["checkpointSubSequenceNumber"] == {"N": "3"}
    assert ("leaseOwner" in noted) is not give_up
    lease = second.leases()["shard-0"]
    assert (lease.checkpoint, lease.handled_until) == ("17:3", 1_800_000_000.5)


def test_a_whole_record_after_an_aggregate_removes_the_sub_sequence_number(dynamodb: Any, first: LeaseTable):
    taken(first, first.add("shard-0"))
    assert first.checkpoint("shard-0", "17:3", 1_800_000_000.0)
    assert first.checkpoint("shard-0", "18", None)
    assert "checkpointSubSequenceNumber" not in item(dynamodb)
    lease = first.leases()["shard-0"]
    assert (lease.checkpoint, lease.handled_until) == ("18", 1_800_000_000.0)
    assert first.give_up("shard-0", "SHARD_END", None)
    assert first.leases()["shard-0"].finished


@pytest.mark.parametrize(
    ("checkpoint", "sub_sequence", "read"),
    [
        ("17", "0", "17:0"),
        ("17", "5", "17:5"),
        ("17", None, "17"),
        ("TRIM_HORIZON", "0", "TRIM_HORIZON"),
        ("LATEST", "0", "TRIM_HORIZON"),
        ("AT_TIMESTAMP", "0", "TRIM_HORIZON"),
        ("SHARD_END", "0", "SHARD_END"),
    ],
)
def test_leases_written_by_kcl_are_read_correctly(
    dynamodb: Any, first: LeaseTable, checkpoint: str, sub_sequence: str | None, read: str
):
    lease = {"leaseKey": {"S": "shard-0"}, "leaseCounter": {"N": "5"}, "checkpoint": {"S": checkpoint}}
    if sub_sequence is not None:
        lease["checkpointSubSequenceNumber"] = {"N": sub_sequence}
    dynamodb.put_item(TableName=GROUP, Item=lease)
    assert first.leases()["shard-0"].checkpoint == read


def test_a_changed_or_deleted_lease_is_not_removed(first: LeaseTable, second: LeaseTable):
    seen = first.add("shard-0")
    moved = taken(first, seen)
    assert not second.remove(seen)
    assert second.remove(moved)
    assert not second.remove(moved)
