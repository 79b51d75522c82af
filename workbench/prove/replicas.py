"""Replicas of a pipe on this machine: the real consumer, one process each."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from workbench.prove.process import PATIENCE, ConsumerProcess, ProveError
from workbench.prove.tally import Handled

PROGRAM = "workbench.prove.replica"
"""Module that a replica runs: the real consumer."""


def wait_until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until a condition holds. Raises ProveError after ``seconds``."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise ProveError(f"timed out after {seconds:.0f} s waiting until {what}")
        time.sleep(0.05)


class Replica(ConsumerProcess):
    """One consumer in a separate process, which logs each handled message."""

    def __init__(
        self, name: str, environment: Mapping[str, str], directory: Path, seconds: float, program: str = PROGRAM
    ) -> None:
        """Start the consumer with its pod's environment. ``seconds`` is the time it takes to handle a message."""
        self._records = directory / f"{name}.records"
        self._handled: list[Handled] = []
        self._read = 0
        command = [sys.executable, "-m", program, self._records, str(seconds)]
        super().__init__(name, command, environment, directory / f"{name}.log")

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
        self.launch(*numbers, **environment)
        self.wait_until_ready()

    def launch(self, *numbers: int, **environment: str) -> None:
        """Start replicas."""
        for number in numbers:
            name = f"{self._name}-{number}"
            directory = self._directory / f"{len(self._started)}"
            directory.mkdir()
            replica = Replica(name, {**self._environment, **environment}, directory, self._seconds, self._program)
            self.running[number] = replica
            self._started.append(replica)

    def wait_until_ready(self) -> None:
        """Wait until the readiness probe of each running replica succeeds."""
        for replica in self.running.values():
            wait_until(lambda replica=replica: replica.ready, f"{replica.name} is ready")

    def stop(self, *numbers: int) -> list[int]:
        """Stop replicas with SIGTERM, as a platform does. Return their exit statuses."""
        stopped = [self.running.pop(number) for number in numbers]
        for replica in stopped:
            replica.process.terminate()
        return [replica.wait() for replica in stopped]

    def kill(self, number: int) -> None:
        """Kill a replica, as if its machine failed."""
        self.running.pop(number).kill()

    def handled(self) -> list[Handled]:
        """Return the messages handled by all replicas, including those that have ended."""
        return [each for replica in self._started for each in replica.handled()]
