"""The redrive command: what is printed, in which order things are written and marked, and wrong arguments."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType

import pytest

from consumer.errors import ConsumerError
from consumer.redrive.command import BATCH, BATCH_BYTES, STORES, batches, main, printable
from consumer.redrive.letter import Letter
from tests.consumer.redrive.test_letter import letter


@dataclass
class FakeStore:
    found: Sequence[Letter]
    rejected: str = ""
    unmarked: str = ""
    name: str = "orders.dead-letters"
    events: list[str] = field(default_factory=list)

    def letters(self) -> Iterator[Letter]:
        yield from self.found

    def replay(self, letters: Sequence[Letter]) -> Sequence[str | ConsumerError]:
        self.events += [f"write {each.position}" for each in letters]
        return [
            ConsumerError("orders[1]: rejected.") if each.position == self.rejected else "orders[1] 7"
            for each in letters
        ]

    def mark(self, letters: Sequence[Letter]) -> None:
        self.events += [f"mark {each.position}" for each in letters]

    def close(self) -> None:
        self.events.append("close")


@pytest.fixture
def run(monkeypatch):
    """Return a function that runs a command on a store."""

    def run(store: FakeStore, *arguments: str) -> int:
        module = ModuleType("fake")
        module.__dict__["store"] = lambda variables: store
        monkeypatch.setitem(sys.modules, "fake", module)
        monkeypatch.setitem(STORES, "kafka", "fake")
        return main(arguments, {"STREAM_SERVICE": "kafka"})

    return run


def test_records_are_marked_after_they_are_written(run, capsys):
    store = FakeStore([letter("1"), letter("2")])
    assert run(store, "replay", "--all", "--yes") == 0
    assert store.events == ["write 1", "write 2", "mark 1", "mark 2", "close"]
    assert capsys.readouterr().out.splitlines()[-1] == "2 dead letters replayed, 0 skipped"


def test_a_rejected_record_is_not_marked(run, capsys):
    store = FakeStore([letter("1"), letter("2"), letter("3")], rejected="2")
    assert run(store, "replay", "--all", "--yes") == 1
    assert store.events == ["write 1", "write 2", "write 3", "mark 1", "mark 3", "close"]
    assert capsys.readouterr().err == "redrive: orders[1]: rejected.\n"


def test_an_incomplete_one_is_neither_written_nor_marked_but_can_be_dropped(run):
    store = FakeStore([replace(letter("1"), incomplete="does not contain the whole record")])
    assert run(store, "replay", "--all", "--yes") == 0
    assert store.events == ["close"]
    assert run(store, "drop", "1", "--yes") == 0
    assert store.events == ["close", "mark 1", "close"]


@pytest.mark.parametrize("command", ["replay", "drop"])
@pytest.mark.parametrize("arguments", [[], ["--all", "1"], ["--all", "--reason", "KeyError"], ["1", "9-5"]])
def test_a_wrong_selection_reads_nothing(run, capsys, command, arguments):
    store = FakeStore([letter("1")])
    assert run(store, command, *arguments, "--yes") == 2
    assert not {"write 1", "mark 1"} & {*store.events}
    assert capsys.readouterr().err.startswith("POSITION: ")


def test_without_marks_nothing_can_be_dropped_and_a_replay_says_so(run, capsys):
    store = FakeStore([letter("1")], unmarked="Kinesis keeps them.")
    assert run(store, "drop", "--all", "--yes") == 1
    assert capsys.readouterr().err == ("redrive: orders.dead-letters: cannot drop dead letters. Kinesis keeps them.\n")
    assert run(store, "replay", "--all", "--yes") == 0
    assert capsys.readouterr().err == "Kinesis keeps them.\n"


def test_hostile_texts_are_printed_in_one_line(run, capsys):
    store = FakeStore([letter("1", "KeyError: \x1b[2J\n'lines'")])
    assert run(store, "list") == 0
    assert capsys.readouterr().out.splitlines()[1].endswith("KeyError: \\x1b[2J\\n'lines'")
    assert printable(b"\xff\x00a") == "\\xff\\x00a"


def test_batches_are_limited_by_number_and_by_bytes():
    assert [len(each) for each in batches([letter("1")] * (BATCH * 2 + 1))] == [BATCH, BATCH, 1]
    large = replace(letter("1"), value=bytes(BATCH_BYTES // 2))
    assert [len(each) for each in batches([large] * 5)] == [2, 2, 1]


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "STREAM_SERVICE: is required."),
        (
            {"STREAM_SERVICE": "kinesis-video"},
            "STREAM_SERVICE: must be one of kafka, kinesis, pubsub, got 'kinesis-video'.",
        ),
    ],
)
def test_a_wrong_environment_is_named(capsys, environment, message):
    assert main(["list"], environment) == 2
    assert capsys.readouterr().err == f"{message}\n"
