"""The command line prints errors that can be read on a terminal and searched in a log."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from workbench.output import wrapped
from workbench.stack_file import ROOT

WRONG = "config:\n  aws:region: eu-west-1\n  data-pipes:platform: {service: eks}\n  data-pipes:streaming: {service: msk, brokers: 4}\n"


def errors(tmp_path: Path, stderr: int) -> None:
    file = tmp_path / "Pulumi.wrong.yaml"
    file.write_text(WRONG, encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "workbench", "plan", file],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80"},
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        check=False,
    )


def test_a_long_error_is_wrapped_on_a_terminal(tmp_path: Path):
    reader, writer = pty.openpty()
    errors(tmp_path, writer)
    os.close(writer)
    text = os.read(reader, 65536).decode()
    os.close(reader)
    lines = text.splitlines()
    assert "streaming.brokers" in text
    assert len(lines) > 3
    assert all(len(line) <= 80 or " " not in line.strip() for line in lines)


def test_each_error_is_one_line_in_a_file(tmp_path: Path):
    with (tmp_path / "errors").open("w+b") as file:
        errors(tmp_path, file.fileno())
    lines = (tmp_path / "errors").read_text(encoding="utf-8").splitlines()
    assert lines
    assert all("Pulumi.wrong.yaml: " in line for line in lines)


def test_continued_lines_are_indented_by_two_more_spaces():
    assert wrapped("1 problem:\n  orders: a long-winded line", 20) == "1 problem:\n  orders: a\n    long-winded line"
