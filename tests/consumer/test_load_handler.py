"""A wrong handler file ends the consumer at the start, with one line that says what to change."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from consumer.errors import ConsumerError
from consumer.load_handler import load

ROOT = Path(__file__).resolve().parents[2]

Write = Callable[[str], str]


@pytest.fixture
def write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Write:
    """Return a function that writes a handler file and returns the name of its module."""
    monkeypatch.syspath_prepend(tmp_path)
    name = f"handler_{tmp_path.name.replace('-', '_')}"

    def written(code: str) -> str:
        (tmp_path / f"{name}.py").write_text(dedent(code))
        return name

    return written


def refused(module: str) -> str:
    """Return the message for a wrong handler file, without its directory."""
    with pytest.raises(ConsumerError) as error:
        load(module)
    assert "\n" not in str(error.value)
    return str(error.value).rpartition(f"{module}.py")[2]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("handle", "def handle(record): ..."),
        ("handle", "def handle(record, *, database=None): ..."),
        ("handle", "def handle(*records): ..."),
        ("handle", "handle = print"),
        ("handle", "class Handler:\n    def __call__(self, record): ...\nhandle = Handler()"),
        ("handle_batch", "def handle_batch(records): ..."),
        ("handle_batch", "def handle_batch(records, timeout=1): ..."),
        ("handle_batch", "handle = None\ndef handle_batch(records): ..."),
    ],
)
def test_each_form_is_loaded_by_its_name(write: Write, name: str, code: str):
    found = load(write(code))
    assert list(found) == [name]


def test_the_image_has_a_default_handler():
    assert list(load()) == ["handle"]


def test_a_file_without_a_handler_is_refused(write: Write):
    assert refused(write("def process(record): ...")) == (
        ": must define either handle(record) or handle_batch(records), got neither. Define one of them."
    )


def test_a_file_with_both_forms_is_refused(write: Write):
    assert refused(write("def handle(record): ...\ndef handle_batch(records): ...")) == (
        ": must define either handle(record) or handle_batch(records), got both. Remove one of them."
    )


@pytest.mark.parametrize(
    ("code", "got"),
    [
        ("def handle(): ...", "handle()"),
        ("def handle(record, key): ...", "handle(record, key)"),
        ("def handle(*, record): ...", "handle(*, record)"),
        ("handle = 7", "a value of type int"),
        ("async def handle(record): ...", "an async function or a generator (a call does not run its body)"),
        ("def handle(record):\n    yield record", "an async function or a generator (a call does not run its body)"),
    ],
)
def test_a_wrong_signature_is_refused(write: Write, code: str, got: str):
    assert refused(write(code)) == (
        f": handle must be a function that is called with one argument, got {got}. Define it as: def handle(record)."
    )


def test_a_wrong_signature_of_a_batch_handler_is_refused(write: Write):
    assert refused(write("def handle_batch(topic, records): ...")) == (
        ": handle_batch must be a function that is called with one argument, got handle_batch(topic, records). "
        "Define it as: def handle_batch(records)."
    )


@pytest.mark.parametrize(
    ("code", "line", "got"),
    [
        ("import json\nimport no_such_package", 2, "ModuleNotFoundError: No module named 'no_such_package'"),
        ("def handle(record):\n    return (", 2, "SyntaxError: '(' was never closed"),
        ("def connect():\n    raise OSError('no\\ndatabase')\nconnect()", 2, "OSError: no database"),
        ("import sys\nsys.exit('no database')", 2, "SystemExit: no database"),
    ],
)
def test_a_file_that_fails_on_import_is_refused_with_the_line(write: Write, code: str, line: int, got: str):
    assert refused(write(code)).startswith(f" line {line}: must be importable, got {got}")


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Return a function that runs the image's program with another handler file, and returns its status and output."""
    shutil.copytree(ROOT / "consumer", tmp_path / "consumer", ignore=shutil.ignore_patterns("__pycache__"))

    def started(code: str, **environment: str) -> tuple[int, str]:
        (tmp_path / "consumer" / "handler.py").write_text(code)
        done = subprocess.run(
            [sys.executable, "-m", "consumer"],
            cwd=tmp_path,
            env={"PATH": os.defpath, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.stdout == ""
        return done.returncode, done.stderr

    return started


def test_the_program_ends_with_one_line_and_no_traceback(start: Callable[..., tuple[int, str]]):
    status, said = start("import no_such_package")
    assert status == 1
    assert said.startswith("consumer: ")
    assert said.count("\n") == 1
    assert "handler.py line 1: must be importable, got ModuleNotFoundError: No module named 'no_such_package'" in said


def test_a_stack_with_batches_needs_a_batch_handler(start: Callable[..., tuple[int, str]]):
    environment = {
        "STREAM_SERVICE": "pubsub",
        "STREAM_TOPIC": "orders",
        "STREAM_SUBSCRIPTION": "projects/p/subscriptions/orders",
        "STREAM_BATCH_RECORDS": "500",
    }
    status, said = start("def handle(record): ...", **environment)
    assert status == 2
    assert said.startswith("STREAM_BATCH_RECORDS: must not be set (the handler defines handle(record), ")
