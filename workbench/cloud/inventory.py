"""Inventory of the simulated clouds: objects and operations in a SQLite file that several processes can use.

Like a real cloud, it survives the providers. An object is stored when its creation starts. If the provider dies half-way, the object
remains, and a second creation with the same name fails.
"""

import json
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.cloud import behaviour, kinds
from workbench.cloud.kinds import ResourceModel
from workbench.cloud.model import Inputs, Others, at
from workbench.cloud.wire import Values, plain

_SCHEMA = """
create table if not exists clock (minutes real not null);
insert into clock select 0 where not exists (select 1 from clock);
create table if not exists objects (
  type text, id text, urn text, status text, name_key text, inputs text, outputs text, primary key (type, id));
create unique index if not exists names on objects (name_key);
create table if not exists operations (
  number integer primary key, urn text, type text, operation text, started real, ends real);
"""


class RefusedError(Exception):
    """A service refused a request. The message is the service's."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One creation, update or deletion, in simulated minutes."""

    number: int
    urn: str
    type: str
    operation: str
    started: float
    ends: float


@dataclass(frozen=True, kw_only=True)
class CloudObject:
    """One object in the simulated clouds."""

    type: str
    id: str
    urn: str
    status: str
    inputs: Values
    outputs: Values


class Inventory:
    """Reads and writes an inventory file. Every method is one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._transaction() as database:
            database.execute("commit")
            database.execute("pragma journal_mode = wal")
            database.executescript(_SCHEMA)

    @contextmanager
    def _transaction(self, *, write: bool = True) -> Generator[sqlite3.Connection]:
        database = sqlite3.connect(self._path, timeout=60, isolation_level=None)
        try:
            database.execute("pragma synchronous = off")
            database.execute("begin immediate" if write else "begin")
            yield database
            if database.in_transaction:
                database.execute("commit")
        finally:
            database.close()

    def create(self, kind: ResourceModel, item: CloudObject, scope: str) -> Operation:
        """Store a new object and start its creation.

        Raises RefusedError if another object has the same name.
        """
        with self._transaction() as database:
            key = _name_key(kind, item, scope)
            taken = database.execute("select urn from objects where name_key = ?", (key,)).fetchone()
            if taken or self._find(database, item.type, item.id, forgotten=True):
                owner = taken[0] if taken else item.urn
                values = ", ".join(f"{path} {at(plain(item.inputs), path)!r}" for path in kind.unique)
                raise RefusedError(
                    f"AlreadyExists: {item.type} with {values or item.id} exists already (made as {owner})"
                )
            database.execute(
                "insert into objects values (?, ?, ?, 'creating', ?, ?, ?)",
                (item.type, item.id, item.urn, key, json.dumps(item.inputs), json.dumps(item.outputs)),
            )
            return self._begin(database, item.urn, item.type, "create", kind.create_minutes)

    def plant(self, item: CloudObject) -> None:
        """Store an object that was there before, without an operation."""
        with self._transaction() as database:
            row = (item.type, item.id, item.urn, json.dumps(item.inputs), json.dumps(item.outputs))
            database.execute("insert into objects values (?, ?, ?, 'active', null, ?, ?)", row)

    def update(self, kind: ResourceModel, item: CloudObject) -> Operation:
        """Store an object's new inputs and outputs and start the update. Raises RefusedError if the object does not exist."""
        with self._transaction() as database:
            if not self._find(database, item.type, item.id):
                raise RefusedError(f"NotFound: {item.type} {item.id} does not exist")
            database.execute(
                "update objects set inputs = ?, outputs = ? where type = ? and id = ?",
                (json.dumps(item.inputs), json.dumps(item.outputs), item.type, item.id),
            )
            return self._begin(database, item.urn, item.type, "update", kind.update_minutes)

    def delete(self, kind: ResourceModel, type_token: str, id_: str) -> Operation | None:
        """Start the deletion of an object. Return None if it does not exist.

        Raises RefusedError if the service protects the object or another object refers to it.
        """
        with self._transaction() as database:
            item = self._find(database, type_token, id_)
            if item is None:
                return None
            if kind.guard and at(plain(item.inputs), kind.guard) is True:
                raise RefusedError(
                    f"InvalidRequestException: cannot delete {id_} because {kind.guard} is on; switch it off in an update first"
                )
            if reason := kind.blocks_delete(plain(item.inputs), _by_type(self._all(database))):
                raise RefusedError(reason)
            released = kind.release is not None and at(plain(item.inputs), kind.release) is True
            identities = behaviour.identities(id_, plain(item.inputs), plain(item.outputs))
            for other in () if released else self._all(database):
                if (other.type, other.id) != (type_token, id_) and behaviour.refers_to(
                    other.type, plain(other.inputs), type_token, identities
                ):
                    raise RefusedError(
                        f"DependencyViolation: {id_} is still in use by {other.type} {other.id} ({other.urn})"
                    )
            database.execute("update objects set status = 'deleting' where type = ? and id = ?", (type_token, id_))
            return self._begin(database, item.urn, type_token, "delete", kind.delete_minutes)

    def settle(self, type_token: str, id_: str, operation: str) -> None:
        """Store the end of an operation: the object is active or deleted. In Azure and GCP, its child objects are deleted, too."""
        with self._transaction() as database:
            if operation == "delete" and kinds.kind(type_token).forever:
                database.execute("update objects set status = 'forgotten' where type = ? and id = ?", (type_token, id_))
            elif operation == "delete":
                database.execute("delete from objects where type = ? and id = ?", (type_token, id_))
                if id_.startswith(("/subscriptions/", "projects/")):
                    database.execute("delete from objects where substr(id, 1, ?) = ?", (len(id_) + 1, f"{id_}/"))
            else:
                database.execute("update objects set status = 'active' where type = ? and id = ?", (type_token, id_))

    def find(self, type_token: str, id_: str) -> CloudObject | None:
        """Return the object with this id, or None."""
        with self._transaction(write=False) as database:
            return self._find(database, type_token, id_)

    def objects(self) -> list[CloudObject]:
        """Return all objects."""
        with self._transaction(write=False) as database:
            return self._all(database)

    def others(self, type_token: str) -> list[Inputs]:
        """Return the inputs of all objects of a type."""
        return list(_by_type(self.objects())(type_token))

    def active(self, type_token: str) -> list[Inputs]:
        """Return the inputs of the active objects of a type, without those being created or deleted."""
        return list(_by_type([item for item in self.objects() if item.status == "active"])(type_token))

    def times_created(self, urn: str) -> int:
        """Return how often a resource has been created, so that each new object gets a new id."""
        with self._transaction(write=False) as database:
            query = "select count(*) from operations where urn = ? and operation = 'create'"
            return int(database.execute(query, (urn,)).fetchone()[0])

    def operations(self, *, after: int = 0) -> list[Operation]:
        """Return the operations in the order of their start."""
        with self._transaction(write=False) as database:
            rows = database.execute("select * from operations where number > ? order by number", (after,)).fetchall()
        keys = ("number", "urn", "type", "operation", "started", "ends")
        return [Operation(**dict(zip(keys, row, strict=True))) for row in rows]

    def clock(self) -> tuple[float, float | None]:
        """Return the time and the next end of a running operation (None if there is none), in simulated minutes."""
        with self._transaction(write=False) as database:
            query = "select minutes, (select min(ends) from operations where ends > minutes) from clock"
            now, next_end = database.execute(query).fetchone()
            return float(now), None if next_end is None else float(next_end)

    def advance(self, now: float, then: float) -> None:
        """Advance the simulated clock, unless another process has done so since ``now``."""
        with self._transaction() as database:
            database.execute("update clock set minutes = ? where minutes = ?", (then, now))

    @staticmethod
    def _find(
        database: sqlite3.Connection, type_token: str, id_: str, *, forgotten: bool = False
    ) -> CloudObject | None:
        row = database.execute("select * from objects where type = ? and id = ?", (type_token, id_)).fetchone()
        item = _from_row(row) if row else None
        return item if item and (forgotten or item.status != "forgotten") else None

    @staticmethod
    def _all(database: sqlite3.Connection) -> list[CloudObject]:
        rows = database.execute("select * from objects where status != 'forgotten' order by rowid")
        return [_from_row(row) for row in rows]

    @staticmethod
    def _begin(database: sqlite3.Connection, urn: str, type_token: str, operation: str, minutes: float) -> Operation:
        now = float(database.execute("select minutes from clock").fetchone()[0])
        row: tuple[Any, ...] = (urn, type_token, operation, now, round(now + minutes, 3))
        number = database.execute("insert into operations values (null, ?, ?, ?, ?, ?)", row).lastrowid or 0
        return Operation(number=number, urn=urn, type=type_token, operation=operation, started=now, ends=row[4])


def _by_type(objects: list[CloudObject]) -> Others:
    return lambda type_token: [plain(item.inputs) for item in objects if item.type == type_token]


def _name_key(kind: ResourceModel, item: CloudObject, scope: str) -> str | None:
    """Return the unique key of an object: its type, its location and the values of its naming inputs."""
    values = [at(plain(item.inputs), path) for path in kind.unique]
    return json.dumps([item.type, scope, values]) if any(value is not None for value in values) else None


def _from_row(row: tuple[Any, ...]) -> CloudObject:
    type_token, id_, urn, status, _key, inputs, outputs = row
    return CloudObject(
        type=type_token, id=id_, urn=urn, status=status, inputs=json.loads(inputs), outputs=json.loads(outputs)
    )
