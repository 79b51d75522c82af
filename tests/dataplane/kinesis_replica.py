"""Starts, observes and stops a Kinesis consumer process in tests."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen
from uuid import uuid4

import pytest

from workbench.stack_file import ROOT

FORMS = pytest.mark.parametrize("form", ["handle", "handle_batch"])
"""Runs a test with each form of handler."""

DEADLINE = 120.0
"""Maximum seconds for any step on a busy machine."""

NO_CREDENTIALS = {
    "PATH": os.environ["PATH"],
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
"""Variables that hide the machine's own AWS credentials."""


@dataclass
class Replica:
    """Consumer process."""

    process: subprocess.Popen[str]
    notes: Path
    port: int

    @property
    def ready(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=10) as answer:
                return answer.status == 200
        except (HTTPError, URLError, ConnectionError):
            return False

    @property
    def lost(self) -> int:
        """Number of lost records in the metrics."""
        with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            found = re.search(r"^consumer_lost_records_total (\S+)$", answer.read().decode(), re.MULTILINE)
        assert found
        return int(float(found[1]))

    @property
    def log(self) -> str:
        """Content of standard error."""
        return self.notes.with_suffix(".errors").read_text()

    @property
    def handled(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.notes.read_text().splitlines()] if self.notes.exists() else []

    def stop(self, seconds: float = DEADLINE) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def end(self) -> str:
        """Wait until it exits with a permanent error. Return the last log line."""
        self.process.wait(DEADLINE)
        *_, last = self.log.splitlines()
        assert (self.process.returncode, last.split()[0]) == (1, "consumer:"), last
        return last


@contextmanager
def replica(
    directory: Path, environment: Mapping[str, str], *, seconds: float = 0.0, form: str = "handle"
) -> Iterator[Replica]:
    """Run a consumer that takes that many seconds per record. `form` is the name of its handler."""
    notes, port = directory / uuid4().hex, _free_port()
    command = [sys.executable, "-m", "tests.dataplane.kinesis_consumer", str(notes), str(port), str(seconds), form]
    with (
        notes.with_suffix(".errors").open("w") as errors,
        subprocess.Popen(command, cwd=ROOT, env={**NO_CREDENTIALS, **environment}, stderr=errors, text=True) as process,
    ):
        try:
            yield Replica(process, notes, port)
        finally:
            process.kill()


def until(what: str, reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not reached():
        assert time.monotonic() < deadline, f"{what}: not reached within {DEADLINE} s"
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
