"""One consumer process on this machine, with its probes and its log."""

import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path

from workbench.servers.child import bound
from workbench.servers.ports import HOST
from workbench.stack_file import ROOT

PATIENCE = 120.0
"""Maximum seconds of any wait. Long enough for a busy machine."""

PREFIXES = ("KAFKA_", "STREAM_")
"""Prefixes of the variables that only the pipe sets. The machine's own ones could name another topic."""


class ProveError(Exception):
    """A wait timed out or a replica ended. The message says which."""


class ConsumerProcess:
    """A program that runs the real consumer, as a separate process."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        environment: Mapping[str, str],
        log: Path,
        *,
        output: Path | None = None,
        directory: Path = ROOT,
    ) -> None:
        """Start the program with its pod's environment.

        Args:
            name: Name of the process, its Kafka client ID and, as in a pod, its host name.
            command: Command that serves /ready, and logs the port as the consumer does.
            environment: Variables in addition to those of this machine.
            log: File for standard error.
            output: File for standard output. By default the log.
            directory: Working directory.
        """
        self.name = name
        self._log = log
        with log.open("ab") as errors, (output or log).open("ab") as printed:
            self.process = subprocess.Popen(  # noqa: S603 - this Python with fixed arguments
                bound(command),
                cwd=directory,
                env={**inherited(), "KAFKA_CLIENT_ID": name, "HOSTNAME": name, **environment},
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=errors,
                process_group=0,  # Ctrl-C reaches only this command, which stops the process in order
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

    def log(self, lines: int = 10) -> str:
        """Return the last lines of the log."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def wait(self) -> int:
        """Wait until the process has ended, and return its exit status. Raises ProveError, and kills it, after PATIENCE."""
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ProveError(f"replica {self.name} did not stop within {PATIENCE:.0f} s:\n{self.log()}") from None

    def kill(self) -> None:
        """Kill the process, as if its machine failed."""
        self.process.kill()
        self.process.wait()


def inherited() -> dict[str, str]:
    """Return this machine's environment without the variables that the pipe sets."""
    return {key: value for key, value in os.environ.items() if not key.startswith(PREFIXES)}
