"""Replicas of a pipe on this machine: the real consumer, one process each."""

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
"""Maximum seconds of any wait. Long enough for a busy machine."""


PROGRAM = "workbench.prove.replica"
"""Module that a replica runs: the real consumer."""


class ProveError(Exception):
    """A wait timed out or a replica ended. The message says which."""


def wait_until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until a condition holds. Raises ProveError after ``seconds``."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise ProveError(f"timed out after {seconds:.0f} s waiting until {what}")
        time.sleep(0.05)


class Replica:
    """One consumer in a separate process."""

    def __init__(
        self, name: str, environment: Mapping[str, str], directory: Path, seconds: float, program: str = PROGRAM
    ) -> None:
        """Start the consumer with its pod's environment. ``seconds`` is the time it takes to handle a message."""
        self.name = name
        self._records, self._log = directory / f"{name}.records", directory / f"{name}.log"
        self._handled: list[Handled] = []
        self._read = 0
        # The machine's own KAFKA_ and STREAM_ variables could name another topic
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("KAFKA_", "STREAM_"))}
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - this Python with fixed arguments
                bound([sys.executable, "-m", program, self._records, str(seconds)]),
                cwd=ROOT,
                env={**inherited, "KAFKA_CLIENT_ID": name, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def ready(self) -> bool:
        """Whether the readiness probe succeeds: the consumer has joined its group and reads. Raises ProveError if it has ended."""
        if self.process.poll() is not None:
            raise ProveError(f"replica {self.name} ended with status {self.process.returncode}:\n{self.log()}")
        return self.ask("/ready")[0] == HTTPStatus.OK

    def ask(self, path: str) -> tuple[int, str]:
        """Return the status and body of /live, /ready or /metrics. The status is 0 if there is no answer."""
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
        """Return the messages handled so far."""
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
        """Return the last lines of the replica's log."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


class Replicas:
    """Replicas of one pipe, numbered from 0. A context manager that ends all of them."""

    def __init__(
        self,
        name: str,
        environment: Mapping[str, str],
        directory: Path,
        *,
        seconds: float,
        program: str = PROGRAM,
    ) -> None:
        """Configure the replicas. None is started.

        Args:
            name: Prefix of the replicas' names.
            environment: Environment variables of each replica.
            directory: Directory for logs and handled messages.
            seconds: Time to handle a message.
            program: Module to run instead of the consumer. It must serve /ready and write the same file.
        """
        self._name = name
        self._environment = environment
        self._directory = directory
        self._seconds = seconds
        self._program = program
        self._started: list[Replica] = []
        self.running: dict[int, Replica] = {}

    def __enter__(self) -> Self:
        """Return the replicas. `start` starts them."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Kill the running replicas."""
        for replica in self.running.values():
            replica.process.kill()
        for replica in self.running.values():
            replica.process.wait()
        self.running.clear()

    def start(self, *numbers: int, **environment: str) -> None:
        """Start replicas, and wait until all are ready."""
        for number in numbers:
            name = f"{self._name}-{number}"
            directory = self._directory / f"{len(self._started)}"
            directory.mkdir()
            replica = Replica(name, {**self._environment, **environment}, directory, self._seconds, self._program)
            self.running[number] = replica
            self._started.append(replica)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until the readiness probe of each running replica succeeds."""
        for replica in self.running.values():
            wait_until(lambda replica=replica: replica.ready, f"{replica.name} is ready")

    def stop(self, *numbers: int) -> list[int]:
        """Stop replicas with SIGTERM, as a platform does. Return their exit statuses."""
        stopped = [self.running.pop(number) for number in numbers]
        for replica in stopped:
            replica.process.terminate()
        return [_ended(replica) for replica in stopped]

    def kill(self, number: int) -> None:
        """Kill a replica, as if its machine failed."""
        replica = self.running.pop(number)
        replica.process.kill()
        replica.process.wait()

    def handled(self) -> list[Handled]:
        """Return the messages handled by all replicas, including those that have ended."""
        return [each for replica in self._started for each in replica.handled()]


def _ended(replica: Replica) -> int:
    try:
        return replica.process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        replica.process.kill()
        replica.process.wait()
        raise ProveError(f"replica {replica.name} did not stop within {PATIENCE:.0f} s:\n{replica.log()}") from None
