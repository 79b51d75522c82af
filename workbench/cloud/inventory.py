"""The inventory of the simulated clouds: what exists, and what was done when. One SQLite file, safe between processes.

It outlives the providers as a cloud does: an object is written down when its creation starts, so a provider that dies
half-way leaves it behind, and whoever asks for the same name again is told so.
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
    """A service refuses a request; the message is its answer."""


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
    """Reads and writes one inventory file; every method is one transaction."""

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

    def create(self, kind: ResourceModel, thing: CloudObject, scope: str) -> Operation:
        """Write down a new object whose creation starts now.

        Raises RefusedError when another object has its name.
        """
        with self._transaction() as database:
            key = _name_key(kind, thing, scope)
            taken = database.execute("select urn from objects where name_key = ?", (key,)).fetchone()
            if taken or self._find(database, thing.type, thing.id, forgotten=True):
                owner = taken[0] if taken else thing.urn
                values = ", ".join(f"{path} {at(plain(thing.inputs), path)!r}" for path in kind.unique)
                raise RefusedError(
                    f"AlreadyExists: {thing.type} with {values or thing.id} exists already (made as {owner})"
                )
            database.execute(
                "insert into objects values (?, ?, ?, 'creating', ?, ?, ?)",
                (thing.type, thing.id, thing.urn, key, json.dumps(thing.inputs), json.dumps(thing.outputs)),
            )
            return self._begin(database, thing.urn, thing.type, "create", kind.create_minutes)

    def update(self, kind: ResourceModel, thing: CloudObject) -> Operation:
        """Change an object's inputs and outputs, starting now. Raises RefusedError when it does not exist."""
        with self._transaction() as database:
            if not self._find(database, thing.type, thing.id):
                raise RefusedError(f"NotFound: {thing.type} {thing.id} does not exist")
            database.execute(
                "update objects set inputs = ?, outputs = ? where type = ? and id = ?",
                (json.dumps(thing.inputs), json.dumps(thing.outputs), thing.type, thing.id),
            )
            return self._begin(database, thing.urn, thing.type, "update", kind.update_minutes)

    def delete(self, kind: ResourceModel, type_token: str, id_: str) -> Operation | None:
        """Start to delete an object; None when it is gone already.

        Raises RefusedError when it is protected by the service or another object still refers to it.
        """
        with self._transaction() as database:
            thing = self._find(database, type_token, id_)
            if thing is None:
                return None
            if kind.guard and at(plain(thing.inputs), kind.guard) is True:
                raise RefusedError(
                    f"InvalidRequestException: cannot delete {id_} because {kind.guard} is on; switch it off in an update first"
                )
            if reason := kind.blocks_delete(plain(thing.inputs), _by_type(self._all(database))):
                raise RefusedError(reason)
            released = kind.release is not None and at(plain(thing.inputs), kind.release) is True
            identities = behaviour.identities(id_, plain(thing.inputs), plain(thing.outputs))
            for other in () if released else self._all(database):
                if (other.type, other.id) != (type_token, id_) and behaviour.refers_to(
                    other.type, plain(other.inputs), type_token, identities
                ):
                    raise RefusedError(
                        f"DependencyViolation: {id_} is still in use by {other.type} {other.id} ({other.urn})"
                    )
            database.execute("update objects set status = 'deleting' where type = ? and id = ?", (type_token, id_))
            return self._begin(database, thing.urn, type_token, "delete", kind.delete_minutes)

    def settle(self, type_token: str, id_: str, operation: str) -> None:
        """Write down that an operation has ended: the object is there, or gone, and what is part of it in Azure and GCP with it."""
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
        """The object with this id, or None."""
        with self._transaction(write=False) as database:
            return self._find(database, type_token, id_)

    def things(self) -> list[CloudObject]:
        """Everything that exists."""
        with self._transaction(write=False) as database:
            return self._all(database)

    def others(self, type_token: str) -> list[Inputs]:
        """The inputs of the objects of a type."""
        return list(_by_type(self.things())(type_token))

    def made(self, type_token: str) -> list[Inputs]:
        """The same of those that are there by now: neither still being made nor on their way out."""
        return list(_by_type([thing for thing in self.things() if thing.status == "active"])(type_token))

    def times_created(self, urn: str) -> int:
        """How often a resource has been created so far, so that each new object gets an id of its own."""
        with self._transaction(write=False) as database:
            query = "select count(*) from operations where urn = ? and operation = 'create'"
            return int(database.execute(query, (urn,)).fetchone()[0])

    def operations(self, *, after: int = 0) -> list[Operation]:
        """What was done, in the order in which it began."""
        with self._transaction(write=False) as database:
            rows = database.execute("select * from operations where number > ? order by number", (after,)).fetchall()
        keys = ("number", "urn", "type", "operation", "started", "ends")
        return [Operation(**dict(zip(keys, row, strict=True))) for row in rows]

    def clock(self) -> tuple[float, float | None]:
        """(now, when the next operation under way ends, if any) in simulated minutes."""
        with self._transaction(write=False) as database:
            query = "select minutes, (select min(ends) from operations where ends > minutes) from clock"
            now, next_end = database.execute(query).fetchone()
            return float(now), None if next_end is None else float(next_end)

    def advance(self, now: float, then: float) -> None:
        """Move the simulated clock on, unless another process has done so since it was read."""
        with self._transaction() as database:
            database.execute("update clock set minutes = ? where minutes = ?", (then, now))

    @staticmethod
    def _find(
        database: sqlite3.Connection, type_token: str, id_: str, *, forgotten: bool = False
    ) -> CloudObject | None:
        row = database.execute("select * from objects where type = ? and id = ?", (type_token, id_)).fetchone()
        thing = _thing(row) if row else None
        return thing if thing and (forgotten or thing.status != "forgotten") else None

    @staticmethod
    def _all(database: sqlite3.Connection) -> list[CloudObject]:
        rows = database.execute("select * from objects where status != 'forgotten' order by rowid")
        return [_thing(row) for row in rows]

    @staticmethod
    def _begin(database: sqlite3.Connection, urn: str, type_token: str, operation: str, minutes: float) -> Operation:
        now = float(database.execute("select minutes from clock").fetchone()[0])
        row: tuple[Any, ...] = (urn, type_token, operation, now, round(now + minutes, 3))
        number = database.execute("insert into operations values (null, ?, ?, ?, ?, ?)", row).lastrowid or 0
        return Operation(number=number, urn=urn, type=type_token, operation=operation, started=now, ends=row[4])


def _by_type(things: list[CloudObject]) -> Others:
    return lambda type_token: [plain(thing.inputs) for thing in things if thing.type == type_token]


def _name_key(kind: ResourceModel, thing: CloudObject, scope: str) -> str | None:
    """What may exist once: the object's type, where it lives, and the values of its naming inputs."""
    values = [at(plain(thing.inputs), path) for path in kind.unique]
    return json.dumps([thing.type, scope, values]) if any(value is not None for value in values) else None


def _thing(row: tuple[Any, ...]) -> CloudObject:
    type_token, id_, urn, status, _key, inputs, outputs = row
    return CloudObject(
        type=type_token, id=id_, urn=urn, status=status, inputs=json.loads(inputs), outputs=json.loads(outputs)
    )
