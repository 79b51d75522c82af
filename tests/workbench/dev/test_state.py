"""Counters and last error of a consumer, as `dev` reads them."""

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from consumer.load_handler import load_file
from workbench.dev.consumer import counted
from workbench.dev.state import LONGEST_ERROR, State, StateFile, read_state

RECORD: Any = SimpleNamespace(partition="2", position="17", value=b"1")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], State]:
    """Return a function that runs a handler file once, and returns the state that `dev` reads."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setitem(sys.modules, "handler", None)

    def ran(code: str) -> State:
        file = tmp_path / "handler.py"
        file.write_text(code)
        state = tmp_path / "state"
        handlers = counted(load_file(file), StateFile(state), str(file.resolve()))
        with suppress(Exception, SystemExit):
            if "handle" in handlers:
                handlers["handle"](RECORD)
            elif "handle_batch" in handlers:
                handlers["handle_batch"]([RECORD] * 3)
        return read_state(state, State())

    return ran


def test_handled_records_are_counted_in_both_forms(run: Callable[[str], State]):
    assert run("def handle(record): ...") == State(handled=1)
    assert run("def handle_batch(records): records.clear()") == State(handled=3)


def test_a_failed_call_is_counted_with_its_record_and_the_line_of_the_handler(run: Callable[[str], State]):
    code = "import json\ndef handle(record):\n    json.loads('nope')\n"
    error = "JSONDecodeError: Expecting value: line 1 column 1 (char 0) (handler.py line 3)"
    assert run(code) == State(failed=1, error=f"partition 2 offset 17: {error}")


def test_an_exit_of_the_process_is_shown_and_is_no_failed_call(run: Callable[[str], State]):
    assert run("def handle(record): raise SystemExit(3)") == State(
        error="partition 2 offset 17: SystemExit: 3 (handler.py line 1)"
    )


def test_a_shorter_error_replaces_a_longer_one(tmp_path: Path):
    file = StateFile(tmp_path / "state")
    file.add_failed("x" * 1000, counts=True)
    assert read_state(tmp_path / "state", State()).error == "x" * LONGEST_ERROR
    file.add_failed("y", counts=True)
    assert read_state(tmp_path / "state", State()) == State(failed=2, error="y")


def test_the_last_state_is_kept_while_the_file_is_missing_or_being_written(tmp_path: Path):
    last = State(handled=7)
    assert read_state(tmp_path / "state", last) == last
    (tmp_path / "state").write_text('{"handled": 8')
    assert read_state(tmp_path / "state", last) == last


def test_what_a_handler_writes_to_standard_error_is_shown(
    run: Callable[[str], State], capsys: pytest.CaptureFixture[str]
):
    assert run("import sys\n\n\ndef handle(record):\n    sys.stderr.write('to standard error')\n").handled == 1
    assert "to standard error" in capsys.readouterr().out
