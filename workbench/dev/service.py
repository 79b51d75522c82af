"""What `dev` needs of a streaming service: a pipe, its server, its topic and a writer. Each service has a file beside this one."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from workbench.dev.lines import Line
from workbench.dev.state import place_of
from workbench.plan import Plan
from workbench.prove.stack import MOST
from workbench.stack_file import read_settings

KAFKA = "workbench.dev.kafka"
OTHERS = {"kinesis": "workbench.dev.kinesis", "pubsub": "workbench.dev.pubsub"}
"""Modules of the services of a stack file that are not Kafka."""

OF_THE_CONSUMER = ("KAFKA_", "STREAM_")
"""Prefixes of the variables that configure the consumer. All others of the stack configure the handler: they name its databases and
APIs, so the handler gets its own ones of this machine instead."""


class ServerError(Exception):
    """The server cannot be used. The message gives the reason and the fix."""


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A record that the consumers could not handle."""

    partition: int | None
    """None if the service has no partitions."""
    offset: int | str
    """Offset, sequence number or message ID of the record in its topic. On Pub/Sub that of the dead letter."""
    key: str | None
    reason: str
    attempts: int

    def __str__(self) -> str:
        """`partition 0 offset 17, key 5, after 5 attempts: ValueError: no amount`."""
        place = place_of("" if self.partition is None else str(self.partition), str(self.offset))
        key = "" if self.key is None else f", key {self.key}"
        return f"{place}{key}, after {self.attempts} attempts: {self.reason}"

    def cleaned(self, redact: Callable[[str], str]) -> DeadLetter:
        """Return a copy without secrets."""
        return replace(self, key=None if self.key is None else redact(self.key), reason=redact(self.reason))

    def as_json(self) -> dict[str, Any]:
        """Return the dead letter as JSON."""
        return asdict(self)


class Writer(Protocol):
    """Writes records to a topic."""

    @property
    def written(self) -> int:
        """Records that the server acknowledged."""
        ...

    @property
    def failed(self) -> Sequence[str]:
        """Reasons of the records that the server refused."""
        ...

    def write(self, lines: Sequence[Line]) -> int:
        """Write the first of these records, as many as fit, and return their number. Waits for at most one request."""
        ...

    def close(self) -> None:
        """Wait until the server has answered for all written records."""
        ...


class Topic(Protocol):
    """A topic with its dead letters and its consumers' group."""

    @property
    def name(self) -> str:
        """Name of the topic."""
        ...

    @property
    def owners(self) -> Mapping[str, tuple[int, ...]]:
        """Partitions of each consumer, as the server last reported them. Empty if the service has no partitions."""
        ...

    @property
    def lag(self) -> Mapping[int, int]:
        """Records of each partition that are not handled and committed yet. Without partitions, all of them are under 0."""
        ...

    def refresh(self) -> None:
        """Read the owners and the lag. Keep the last values while the server cannot answer."""
        ...

    def is_shared_by(self, names: Sequence[str]) -> bool:
        """Return whether each of these consumers reads its part, as far as the server knows."""
        ...

    def dead_letters(self, *, to_the_end: bool = False) -> Iterator[DeadLetter]:
        """Yield the dead letters that have arrived since the last call, or all of them that are written."""
        ...

    def writer(self) -> Writer:
        """Return a writer for the topic."""
        ...


class Server(Protocol):
    """A server that runs."""

    @property
    def variables(self) -> Mapping[str, str]:
        """Variables of the consumers: server, topic, group, dead letters."""
        ...

    @property
    def introduction(self) -> Sequence[str]:
        """Lines that say what runs here: the topic and its server, then what differs from the cloud."""
        ...

    def variables_of(self, number: int) -> Mapping[str, str]:
        """Return the variables that only the consumer with this number gets."""
        ...

    def topic(self) -> AbstractContextManager[Topic]:
        """Create the topic and its dead letters. Raises ServerError if the server does not answer or refuses it."""
        ...


class Pipe(Protocol):
    """The first pipe of a stack."""

    @property
    def stack(self) -> str:
        """Name of the stack."""
        ...

    @property
    def pipe(self) -> str:
        """Name of the pipe."""
        ...

    @property
    def planned(self) -> int:
        """Number of partitions in the stack."""
        ...

    @property
    def config(self) -> Mapping[str, str]:
        """Settings of the topic on this machine."""
        ...

    def check(self, lines: Sequence[Line]) -> None:
        """Raise FlagError if the service has no place for a part of these records."""
        ...

    def server(self, environment: Mapping[str, str], report: Callable[[str], None]) -> AbstractContextManager[Server]:
        """Start a server. `report` gets one line before a download or a build."""
        ...


def partitions_of(pipe: Pipe) -> int:
    """Return the number of partitions and consumers on this machine."""
    return min(pipe.planned, MOST)


def dev_pipe(plan: Plan) -> Pipe:
    """Return the first pipe of a stack. Raises StackFileError if its service cannot run on this machine."""
    service = read_settings(plan.stack_file).streaming.service
    made: Pipe = importlib.import_module(OTHERS.get(service, KAFKA)).dev_pipe(plan)
    return made


def consumer_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Return those variables of a stack file that configure the consumer."""
    return {name: value for name, value in variables.items() if name.startswith(OF_THE_CONSUMER)}
