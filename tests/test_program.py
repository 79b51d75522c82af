"""Tests that the program ends without a traceback if the CLI interrupts it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.stack_file import ROOT

START = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_path(".", run_name="__main__")
"""
"""Runs a program with Python's own answer to an interrupt, which a job in the background of a shell would lack."""


@pytest.mark.parametrize("by_cli", [True, False], ids=["under the CLI", "in a process of somebody else"])
def test_an_interrupt_ends_the_program_silently_only_under_the_cli(tmp_path: Path, by_cli: bool):
    """A stand-in for the SDK interrupts the program at its first import."""
    (tmp_path / "pulumi.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n", encoding="utf-8")
    (tmp_path / "__main__.py").symlink_to(ROOT / "__main__.py")
    others = {name: value for name, value in os.environ.items() if name != "PULUMI_CONFIG"}
    done = subprocess.run(
        [sys.executable, "-c", START],
        cwd=tmp_path,
        env={**others, **({"PULUMI_CONFIG": "{}"} if by_cli else {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGINT
    assert ("KeyboardInterrupt" in done.stderr) is not by_cli
    assert (done.stderr == "") is by_cli
