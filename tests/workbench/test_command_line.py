"""The command line prints errors that can be read on a terminal and searched in a log."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbench.__main__ import app
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


def test_a_drawing_is_written_to_a_file_or_to_standard_output(tmp_path: Path):
    file = tmp_path / "picture.svg"
    written = CliRunner().invoke(app, ["draw", "aws-msk-eks", "--output", str(file)])
    assert (written.exit_code, written.stdout) == (0, f"wrote {file}\n")
    printed = CliRunner().invoke(app, ["draw", "aws-msk-eks", "--output", "-"])
    assert printed.stdout == file.read_text(encoding="utf-8")


@pytest.mark.parametrize(("command", "suffix"), [("draw", ".svg"), ("report", ".html")])
def test_a_file_of_another_kind_is_never_overwritten(tmp_path: Path, command: str, suffix: str):
    file = tmp_path / "Pulumi.a2.yaml"
    file.write_text("config: {}\n")
    done = CliRunner().invoke(app, [command, "aws-msk-eks", "--output", str(file)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"--output {file}: must be - or a file name that ends in {suffix}, got Pulumi.a2.yaml "
        f"(a file of another kind is never overwritten). Use a name such as aws-msk-eks{suffix}.\n"
    )
    assert file.read_text() == "config: {}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["draw", "aws-msk-eks", "--output", "/no/such/directory/a.svg"],
            "--output /no/such/directory/a.svg: must be a file",
        ),
        (["report", "aws-msk-eks", "--rehearsal", "/no/such/file"], "--rehearsal /no/such/file: must be the output of"),
        (["report", "aws-msk-eks", "--base", "no-such-revision"], "'no-such-revision': must be a git revision"),
    ],
)
def test_a_wrong_option_ends_with_status_2_and_one_line(arguments: list[str], message: str):
    done = CliRunner().invoke(app, arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1


def test_redrive_passes_its_arguments_and_variables_on():
    done = CliRunner().invoke(app, ["redrive", "replay", "--all", "--yes"], env={"STREAM_SERVICE": "kinesis-video"})
    assert (done.exit_code, done.stderr) == (
        2,
        "STREAM_SERVICE: must be one of kafka, kinesis, pubsub, got 'kinesis-video'.\n",
    )
    shown = CliRunner().invoke(app, ["redrive", "drop", "--help"])
    assert shown.exit_code == 0
    assert "--reason TEXT" in shown.stdout
