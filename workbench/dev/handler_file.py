"""The handler file of `dev`: checks it in a separate process, and notices when it changes."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from workbench.output import FlagError
from workbench.prove.process import inherited
from workbench.stack_file import ROOT

PROGRAM = "workbench.dev.consumer"
"""Module of one consumer."""
IMPORT_SECONDS = 60
"""Maximum seconds of the import of a handler."""

Snapshot = Mapping[str, tuple[int, int]]
"""Time of change and size, by file name."""


class HandlerError(Exception):
    """A handler file is wrong. The message names the file and the line."""


class HandlerFile:
    """A file that defines handle(record) or handle_batch(records)."""

    def __init__(self, path: Path) -> None:
        """Check that the file exists. Raises FlagError."""
        self.path = path
        self.directory = path.resolve().parent
        if path.is_dir():
            raise FlagError(f"HANDLER: must be a Python file, got {path} (a directory). Use {path / 'handler.py'}.")
        if not path.is_file():
            raise FlagError(
                f"HANDLER: must be a Python file, got {path} (no such file). Use its path, or create a project: make handler DIR=orders."
            )
        if path.suffix != ".py":
            raise FlagError(f"HANDLER: must be a Python file (.py), got {path}. Rename it.")

    def command(self, *arguments: Path) -> list[str | Path]:
        """Return the command that runs a consumer with the handler, or checks it if there are no arguments."""
        return [sys.executable, "-P", "-m", PROGRAM, self.path.resolve(), *arguments]

    @property
    def variables(self) -> dict[str, str]:
        """Variables with which the command finds the consumer and shows output immediately."""
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        return {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}

    def check(self, environment: Mapping[str, str]) -> str:
        """Import the file as a consumer does, and return the name of its function. Raises HandlerError."""
        try:
            done = subprocess.run(  # noqa: S603 - this Python with fixed arguments
                self.command(),
                cwd=self.directory,
                env={**inherited(), **environment, **self.variables},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=IMPORT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise HandlerError(
                f"{self.path}: must be imported within {IMPORT_SECONDS} s, but is not. Move what waits into the handler."
            ) from None
        last = (done.stderr.strip().splitlines() or [""])[-1]
        if done.returncode != 0:
            raise HandlerError(
                last.replace(str(self.path.resolve()), str(self.path))
                or f"{self.path}: must be importable, but ended its process with status {done.returncode}."
            )
        return last

    def snapshot(self) -> Snapshot:
        """Return the state of the Python files in its directory. A handler can import them."""
        found: dict[str, tuple[int, int]] = {}
        for path in self.directory.glob("*.py"):
            try:
                stat = path.stat()
            except OSError:  # deleted meanwhile
                continue
            found[path.name] = (stat.st_mtime_ns, stat.st_size)
        return found
