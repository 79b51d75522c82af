"""DynamoDB tables of a consumer group: leases, checkpoints and live workers.

The tables and attributes are those of the Kinesis Client Library (KCL 3, Lease table and worker metrics table). KCL
itself is not used because it needs Java.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from consumer.aws import AwsError, Call, call_aws
from consumer.kinesis.positions import BEGINNING, END, position, split

HANDLED_UNTIL = "handledUntil"
"""Lease attribute that KCL does not have and ignores: milliseconds since 1970 up to which the shard is handled."""

SUB_SEQUENCE = "checkpointSubSequenceNumber"
"""KCL's attribute for the sub-sequence number of a checkpoint."""

WORKERS = "-WorkerMetricStats"
"""Suffix of the worker table's name, after the name of the lease table."""


class DynamoDb(Protocol):
    """The boto3 client methods that the tables use."""

    scan: Call
    put_item: Call
    update_item: Call
    delete_item: Call


@dataclass(frozen=True, kw_only=True)
class Lease:
    """Assignment of a shard to a worker."""

    shard: str
    owner: str | None
    counter: int
    """Increases while the owner is alive."""
    checkpoint: str
    """BEGINNING, END, or the position of the last handled record."""
    handled_until: float | None = None
    """Time up to which the shard is handled, in seconds since 1970. Records that arrived earlier need not be read. None
    if unknown."""

    @property
    def finished(self) -> bool:
        """Whether the shard is handled to its end."""
        return self.checkpoint == END


class LeaseTable:
    """Leases of a group. A worker's writes fail if another worker has taken the lease."""

    def __init__(self, dynamodb: DynamoDb, group: str, worker: str) -> None:
        self.dynamodb = dynamodb
        self.group = group
        self.worker = worker

    def leases(self) -> dict[str, Lease]:
        """Return all leases, by shard."""
        found = [_lease(item) for item in _scan(self.dynamodb, self.group)]
        return {lease.shard: lease for lease in found}

    def add(self, shard: str) -> Lease:
        """Create a lease without an owner for a new shard. An existing lease is not changed."""
        item = {"leaseKey": {"S": shard}, "leaseCounter": {"N": "0"}, "checkpoint": {"S": BEGINNING}}
        self._unless_changed(self.dynamodb.put_item, Item=item, ConditionExpression="attribute_not_exists(leaseKey)")
        return _lease(item)

    def remove(self, lease: Lease) -> bool:
        """Remove a lease. False if it has changed since it was read, or was removed."""
        answer = self._unless_changed(
            self.dynamodb.delete_item,
            Key={"leaseKey": {"S": lease.shard}},
            ConditionExpression="leaseCounter = :seen",
            ExpressionAttributeValues={":seen": {"N": str(lease.counter)}},
        )
        return answer is not None

    def take(self, lease: Lease) -> Lease | None:
        """Take a lease. None if it has changed since it was read."""
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
        """Renew a lease. False if another worker owns it."""
        return self._own(shard, "SET leaseCounter = leaseCounter + :one", one={"N": "1"})

    def checkpoint(self, shard: str, position: str, handled_until: float | None) -> bool:
        """Save the position of a shard. False if another worker owns the lease."""
        return self._save(shard, position, handled_until)

    def give_up(self, shard: str, position: str, handled_until: float | None) -> bool:
        """Save the position of a shard and release its lease. False if another worker owns it."""
        return self._save(shard, position, handled_until, "leaseOwner")

    def _save(self, shard: str, position: str, handled_until: float | None, *removed: str) -> bool:
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
    """Heartbeats of the group's workers."""

    def __init__(self, dynamodb: DynamoDb, group: str, worker: str) -> None:
        self.dynamodb = dynamodb
        self.name = f"{group}{WORKERS}"
        self.worker = worker

    def beat(self) -> None:
        """Write this worker's heartbeat."""
        item = {"wid": {"S": self.worker}, "lut": {"N": str(time.time_ns() // 1_000_000)}}
        call_aws(f"joining the group in the table {self.name}", self.dynamodb.put_item, TableName=self.name, Item=item)

    def workers(self) -> dict[str, str]:
        """Return all workers with their last heartbeat, by their own clocks."""
        return {item["wid"]["S"]: item["lut"]["N"] for item in _scan(self.dynamodb, self.name)}

    def remove(self, worker: str, last: str | None = None) -> None:
        """Remove a dead worker. With `last`, remove it only if its heartbeat has not changed."""
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
    """Return the position of a lease.

    A KCL application may start at LATEST or AT_TIMESTAMP: then nothing is handled yet.
    """
    checkpoint: str = item["checkpoint"]["S"]
    if not checkpoint.isdigit():
        return END if checkpoint == END else BEGINNING
    return position(checkpoint, int(item[SUB_SEQUENCE]["N"])) if SUB_SEQUENCE in item else checkpoint


def _scan(dynamodb: DynamoDb, table: str) -> Iterator[Mapping[str, Any]]:
    """Yield all items of a table. The read may be stale, so all writes that follow are conditional."""
    start: dict[str, Any] = {}
    while True:
        answer = call_aws(f"reading the table {table}", dynamodb.scan, TableName=table, **start)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _unless_changed(call: Call, table: str, **request: Any) -> Mapping[str, Any] | None:
    """Make a conditional write. None if the condition is not met."""
    try:
        return call_aws(f"writing to the table {table}", call, TableName=table, **request)
    except AwsError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
        return None
