"""The handler file of `dev`: what is refused before a consumer starts, and which changes are noticed."""

import os
from pathlib import Path
from textwrap import dedent

import pytest

from workbench.dev.handler_file import HandlerError, HandlerFile
from workbench.output import FlagError


def handler_file(tmp_path: Path, code: str) -> HandlerFile:
    path = tmp_path / "orders.py"
    path.write_text(dedent(code))
    return HandlerFile(path)


@pytest.mark.parametrize("name", ["handle(record)", "handle_batch(records)"])
def test_the_form_of_a_handler_is_found(tmp_path: Path, name: str):
    assert handler_file(tmp_path, f"def {name}: ...").check({}) == name.partition("(")[0]


def test_a_handler_imports_modules_of_its_directory_and_reads_its_variables_and_files(tmp_path: Path):
    (tmp_path / "prices.py").write_text("PRICE = 7\n")
    (tmp_path / "schema.json").write_text("{}")
    code = """
        from __future__ import annotations
        import os
        from dataclasses import dataclass
        from prices import PRICE
        open("schema.json").close()
        TOPIC = os.environ["STREAM_TOPIC"]
        @dataclass
        class Order:
            price: int = PRICE
        def handle(record): ...
    """
    assert handler_file(tmp_path, code).check({"STREAM_TOPIC": "orders"}) == "handle"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def process(record): ...", ": must define either handle(record) or handle_batch(records), got neither."),
        ("def handle(record): ...\ndef handle_batch(records): ...", ": must define either handle(record) or"),
        ("def handle(): ...", ": handle must be a function that is called with one argument, got handle()."),
        (
            "import json\nimport no_such_package",
            " line 2: must be importable, got ModuleNotFoundError: No module named",
        ),
        ("\ndef handle(record)\n    ...", " line 2: must be importable, got SyntaxError: expected ':'."),
        ("import os\nos._exit(7)", ": must be importable, but ended its process with status 7."),
    ],
)
def test_a_wrong_handler_is_refused_by_the_name_that_the_user_gave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, message: str
):
    monkeypatch.chdir(tmp_path)
    handler_file(tmp_path, code)
    with pytest.raises(HandlerError) as refused:
        HandlerFile(Path("orders.py")).check({})
    assert str(refused.value).startswith(f"orders.py{message}")
    assert "\n" not in str(refused.value)


def test_a_path_that_is_no_python_file_is_refused_with_the_fix(tmp_path: Path):
    (tmp_path / "handler.txt").touch()
    for path, fix in (
        (tmp_path / "no.py", "(no such file). Use its path, or create a project: make handler DIR=orders."),
        (tmp_path, f"(a directory). Use {tmp_path / 'handler.py'}."),
        (tmp_path / "handler.txt", "handler.txt. Rename it."),
    ):
        with pytest.raises(FlagError) as refused:
            HandlerFile(path)
        assert str(refused.value).startswith("HANDLER: must be a Python file")
        assert str(refused.value).endswith(fix)


def test_a_change_of_any_python_file_in_its_directory_is_noticed(tmp_path: Path):
    handler = handler_file(tmp_path, "def handle(record): ...")
    (tmp_path / "prices.py").write_text("PRICE = 7\n")
    (tmp_path / "records.jsonl").touch()
    before = handler.snapshot()
    (tmp_path / "records.jsonl").write_text("{}")
    assert handler.snapshot() == before
    os.utime(tmp_path / "prices.py", ns=(1, 1))
    assert handler.snapshot() != before
