"""What a worker writes to a lease that has become another's, or has moved, is refused by DynamoDB: moto evaluates the conditions."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from consumer.kinesis_leases import Lease, LeaseTable

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


def test_after_a_takeover_nothing_that_the_former_owner_writes_is_taken(first: LeaseTable, second: LeaseTable):
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


def test_a_lease_that_was_renewed_since_it_was_seen_is_not_taken(first: LeaseTable, second: LeaseTable):
    seen = taken(first, first.add("shard-0"))
    assert first.renew("shard-0")
    assert second.take(seen) is None
    assert second.leases()["shard-0"].owner == "first"


def test_of_two_who_saw_the_same_free_lease_one_takes_it(first: LeaseTable, second: LeaseTable):
    free = first.add("shard-0")
    taken(second, free)
    assert first.take(free) is None
    assert first.leases()["shard-0"].owner == "second"


def test_a_lease_that_was_given_up_since_it_was_seen_is_not_taken_as_its_former_owner_s(
    first: LeaseTable, second: LeaseTable
):
    seen = taken(first, first.add("shard-0"))
    assert first.give_up("shard-0", "17", None)
    assert second.take(seen) is None
    assert taken(second, second.leases()["shard-0"]).checkpoint == "17"
