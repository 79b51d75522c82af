"""What the members of a group note in DynamoDB: who reads which shard, how far, and who is there at all.

The tables and their attributes are those of the Kinesis Client Library (KCL 3, Lease table and worker metrics table), of which there
is none in Python without Java.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from consumer.aws import AwsError, Call, call_aws
from consumer.kinesis.positions import BEGINNING, END, position, split

HANDLED_UNTIL = "handledUntil"
"""The one attribute of a lease that is not KCL's, which leaves it alone: milliseconds since 1970 up to which the shard is handled."""

SUB_SEQUENCE = "checkpointSubSequenceNumber"
"""KCL's attribute for the sub-sequence number of a checkpoint."""

WORKERS = "-WorkerMetricStats"
"""What the name of the table of members adds to that of the leases."""


class DynamoDb(Protocol):
    """The calls that the tables take, as boto3's client has them."""

    scan: Call
    put_item: Call
    update_item: Call
    delete_item: Call


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right of one worker to read one shard."""

    shard: str
    owner: str | None
    counter: int
    """Moves as long as the owner lives."""
    checkpoint: str
    """BEGINNING, END, or the position of the last record that was handled."""
    handled_until: float | None = None
    """The time up to which the shard was handled, in seconds since 1970: what arrived before need not be read. None if nobody noted it."""

    @property
    def finished(self) -> bool:
        """Whether the shard has nothing more to read."""
        return self.checkpoint == END


class LeaseTable:
    """The leases of a group, as one of its workers writes them: nothing is written to a lease that another one has by now."""

    def __init__(self, dynamodb: DynamoDb, group: str, worker: str) -> None:
        self.dynamodb = dynamodb
        self.group = group
        self.worker = worker

    def leases(self) -> dict[str, Lease]:
        """All leases, by shard."""
        found = [_lease(item) for item in _scan(self.dynamodb, self.group)]
        return {lease.shard: lease for lease in found}

    def add(self, shard: str) -> Lease:
        """Make the lease of a shard that has none, owned by nobody; where somebody else just did, that one stays."""
        item = {"leaseKey": {"S": shard}, "leaseCounter": {"N": "0"}, "checkpoint": {"S": BEGINNING}}
        self._unless_changed(self.dynamodb.put_item, Item=item, ConditionExpression="attribute_not_exists(leaseKey)")
        return _lease(item)

    def remove(self, lease: Lease) -> bool:
        """Remove a lease; False if it has moved since it was seen, or was removed."""
        answer = self._unless_changed(
            self.dynamodb.delete_item,
            Key={"leaseKey": {"S": lease.shard}},
            ConditionExpression="leaseCounter = :seen",
            ExpressionAttributeValues={":seen": {"N": str(lease.counter)}},
        )
        return answer is not None

    def take(self, lease: Lease) -> Lease | None:
        """Take a lease as it was seen; None if it has moved since."""
        owner = "leaseOwner = :owner" if lease.owner else "attribute_not_exists(leaseOwner)"
        answer = self._update(
            lease.shard,
            "SET leaseOwner = :worker, leaseCounter = leaseCounter + :one",
            f"leaseCounter = :seen AND {owner}",
            one={"N": "1"},
            worker={"S": self.worker},
            seen={"N": str(lease.counter)},
            **({"owner": {"S": lease.owner}} if lease.owner else {}),
        )
        return _lease(answer["Attributes"]) if answer else None

    def renew(self, shard: str) -> bool:
        """Show that the owner lives; False if it is another one by now."""
        return self._own(shard, "SET leaseCounter = leaseCounter + :one", one={"N": "1"})

    def checkpoint(self, shard: str, position: str, handled_until: float | None) -> bool:
        """Note how far a shard is handled; False if it is another's by now."""
        return self._note(shard, position, handled_until)

    def give_up(self, shard: str, position: str, handled_until: float | None) -> bool:
        """Note how far a shard is handled and leave it to others; False if it is another's by now."""
        return self._note(shard, position, handled_until, "leaseOwner")

    def _note(self, shard: str, position: str, handled_until: float | None, *removed: str) -> bool:
        """Write a position, and remove some attributes. KCL reads a missing sub-sequence number as 0, that of a whole record."""
        sequence, sub_sequence = split(position)
        changes, values = ["checkpoint = :position"], {"position": {"S": sequence}}
        if sub_sequence is None:
            removed = (SUB_SEQUENCE, *removed)
        else:
            changes.append(f"{SUB_SEQUENCE} = :sub")
            values["sub"] = {"N": str(sub_sequence)}
        if handled_until is not None:
            changes.append(f"{HANDLED_UNTIL} = :until")
            values["until"] = {"N": str(int(handled_until * 1000))}
        update = f"SET {', '.join(changes)}" + (f" REMOVE {', '.join(removed)}" if removed else "")
        return self._own(shard, update, **values)

    def _own(self, shard: str, update: str, **values: Mapping[str, str]) -> bool:
        changed = self._update(shard, update, "leaseOwner = :worker", worker={"S": self.worker}, **values)
        return changed is not None

    def _update(self, shard: str, update: str, condition: str, **values: Mapping[str, str]) -> Mapping[str, Any] | None:
        return self._unless_changed(
            self.dynamodb.update_item,
            Key={"leaseKey": {"S": shard}},
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
            ReturnValues="ALL_NEW",
        )

    def _unless_changed(self, call: Call, **request: Any) -> Mapping[str, Any] | None:
        return _unless_changed(call, self.group, **request)


class WorkerTable:
    """Who is there: each worker moves its own item as long as it lives."""

    def __init__(self, dynamodb: DynamoDb, group: str, worker: str) -> None:
        self.dynamodb = dynamodb
        self.name = f"{group}{WORKERS}"
        self.worker = worker

    def beat(self) -> None:
        """Show that this worker lives."""
        item = {"wid": {"S": self.worker}, "lut": {"N": str(time.time_ns() // 1_000_000)}}
        call_aws(f"joining the group in the table {self.name}", self.dynamodb.put_item, TableName=self.name, Item=item)

    def workers(self) -> dict[str, str]:
        """All workers, and when each of them says it was last there."""
        return {item["wid"]["S"]: item["lut"]["N"] for item in _scan(self.dynamodb, self.name)}

    def remove(self, worker: str, last: str | None = None) -> None:
        """Remove a worker that is gone; one of which it is not sure, only if it has not moved since `last`."""
        condition = (
            {"ConditionExpression": "lut = :last", "ExpressionAttributeValues": {":last": {"N": last}}} if last else {}
        )
        _unless_changed(self.dynamodb.delete_item, self.name, Key={"wid": {"S": worker}}, **condition)


def _lease(item: Mapping[str, Any]) -> Lease:
    return Lease(
        shard=item["leaseKey"]["S"],
        owner=item["leaseOwner"]["S"] if "leaseOwner" in item else None,
        counter=int(item["leaseCounter"]["N"]),
        checkpoint=_position(item),
        handled_until=int(item[HANDLED_UNTIL]["N"]) / 1000 if HANDLED_UNTIL in item else None,
    )


def _position(item: Mapping[str, Any]) -> str:
    """The position that a lease notes. A KCL application may begin elsewhere (LATEST, AT_TIMESTAMP): then nothing is handled."""
    checkpoint: str = item["checkpoint"]["S"]
    if not checkpoint.isdigit():
        return END if checkpoint == END else BEGINNING
    return position(checkpoint, int(item[SUB_SEQUENCE]["N"])) if SUB_SEQUENCE in item else checkpoint


def _scan(dynamodb: DynamoDb, table: str) -> Iterator[Mapping[str, Any]]:
    """All items of a table, perhaps not as they were written last: what is done with them is done on condition."""
    start: dict[str, Any] = {}
    while True:
        answer = call_aws(f"reading the table {table}", dynamodb.scan, TableName=table, **start)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _unless_changed(call: Call, table: str, **request: Any) -> Mapping[str, Any] | None:
    """Write on a condition; None where it does not hold."""
    try:
        return call_aws(f"writing to the table {table}", call, TableName=table, **request)
    except AwsError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
        return None
