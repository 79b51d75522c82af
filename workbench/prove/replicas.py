"""The replicas of a pipe on this machine: the real consumer, one process each."""

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

from workbench.prove.tally import Handled
from workbench.servers.child import bound
from workbench.servers.ports import HOST
from workbench.stack_file import ROOT

PATIENCE = 120.0
"""How many seconds anything that is waited for may take; more than it takes on a busy machine."""


class ProveError(Exception):
    """Something that was waited for did not come, or a process ended; the message says which."""


def wait_until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until a condition holds; raises ProveError after some time without."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise ProveError(f"after {seconds:.0f} s still not: {what}")
        time.sleep(0.05)


class Replica:
    """One consumer, in a process of its own."""

    def __init__(self, name: str, environment: Mapping[str, str], directory: Path, seconds: float) -> None:
        """Start it: with a name, its pod's environment, a directory to write in, and how long it handles a message."""
        self.name = name
        self._records, self._log = directory / f"{name}.records", directory / f"{name}.log"
        self._handled: list[Handled] = []
        self._read = 0
        # Nothing that the machine says of another topic
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("KAFKA_", "STREAM_"))}
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - this Python with arguments of its own
                bound([sys.executable, "-m", "workbench.prove.replica", self._records, str(seconds)]),
                cwd=ROOT,
                env={**inherited, "KAFKA_CLIENT_ID": name, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def ready(self) -> bool:
        """Whether it has joined its group and reads, as a platform would ask it; raises ProveError if it has ended."""
        if self.process.poll() is not None:
            raise ProveError(f"replica {self.name} ended with status {self.process.returncode}:\n{self.log()}")
        return self.ask("/ready")[0] == HTTPStatus.OK

    def ask(self, path: str) -> tuple[int, str]:
        """Its answer at /live, /ready or /metrics: the status and the text; 0 while it does not answer."""
        found = re.search(
            r" answer on port (\d+)$", self._log.read_text(encoding="utf-8", errors="replace"), re.MULTILINE
        )
        if found is None:
            return 0, ""
        try:
            with urllib.request.urlopen(f"http://{HOST}:{found[1]}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, ""
        except OSError:
            return 0, ""

    def handled(self) -> Sequence[Handled]:
        """What it has handled so far."""
        with suppress(FileNotFoundError), self._records.open("rb") as file:
            file.seek(self._read)
            new, _, _ = file.read().rpartition(b"\n")
            if new:
                self._read += len(new) + 1
            for line in new.splitlines():
                at, partition, offset = line.split()
                self._handled.append(
                    Handled(at=float(at), replica=self.name, partition=int(partition), offset=int(offset))
                )
        return self._handled

    def log(self, lines: int = 10) -> str:
        """The last lines that it has logged."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


class Replicas:
    """The replicas of one pipe, numbered from 0; a context manager that leaves none behind."""

    def __init__(self, name: str, environment: Mapping[str, str], directory: Path, *, seconds: float) -> None:
        """Say what they are like; none runs yet.

        Args:
            name: What their names begin with.
            environment: What the pod of each is told.
            directory: Where they write.
            seconds: How long they handle a message.
        """
        self._name = name
        self._environment = environment
        self._directory = directory
        self._seconds = seconds
        self._started: list[Replica] = []
        self.running: dict[int, Replica] = {}

    def __enter__(self) -> Self:
        """Nothing to do yet."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End those that still run."""
        for replica in self.running.values():
            replica.process.kill()
        for replica in self.running.values():
            replica.process.wait()
        self.running.clear()

    def start(self, *numbers: int, **environment: str) -> None:
        """Start some more, and wait until every one is ready."""
        for number in numbers:
            name = f"{self._name}-{number}"
            directory = self._directory / f"{len(self._started)}"
            directory.mkdir()
            replica = Replica(name, {**self._environment, **environment}, directory, self._seconds)
            self.running[number] = replica
            self._started.append(replica)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until all are ready; /ready is asked as a platform does."""
        for replica in self.running.values():
            wait_until(lambda replica=replica: replica.ready, f"{replica.name} is ready")

    def stop(self, *numbers: int) -> list[int]:
        """Let some stop as a platform does, by SIGTERM; their exit statuses."""
        stopped = [self.running.pop(number) for number in numbers]
        for replica in stopped:
            replica.process.terminate()
        return [_ended(replica) for replica in stopped]

    def kill(self, number: int) -> None:
        """Take one away at once, as when its machine dies."""
        replica = self.running.pop(number)
        replica.process.kill()
        replica.process.wait()

    def handled(self) -> list[Handled]:
        """What all of them have handled, those that have ended too."""
        return [each for replica in self._started for each in replica.handled()]


def _ended(replica: Replica) -> int:
    try:
        return replica.process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        replica.process.kill()
        replica.process.wait()
        raise ProveError(f"replica {replica.name} did not stop within {PATIENCE:.0f} s:\n{replica.log()}") from None
