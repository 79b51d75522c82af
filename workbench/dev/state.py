"""Counters and last error of one consumer, in a file that it writes and `dev` reads."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LONGEST_ERROR = 300
"""Maximum characters of the last error."""


@dataclass(frozen=True, kw_only=True)
class State:
    """Counters of a consumer since its start."""

    handled: int = 0
    failed: int = 0
    """Handler calls that raised an exception."""
    error: str | None = None
    """Last exception, with its record and its line in the handler file."""


class StateFile:
    """Writes a state in one call, so that it is complete even if the process is killed."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        self.handled = self.failed = 0
        self.error: str | None = None

    def add_handled(self, records: int) -> None:
        """Count handled records."""
        self.handled += records
        self._write()

    def add_failed(self, error: str, *, counts: bool) -> None:
        """Record an error, and count it as a failed call."""
        self.error = error[:LONGEST_ERROR]
        self.failed += counts
        self._write()

    def _write(self) -> None:
        state = {"handled": self.handled, "failed": self.failed, "error": self.error}
        os.pwrite(self._file, json.dumps(state).encode() + b"\n", 0)  # the rest of a longer one follows the line break


def read_state(path: Path, last: State) -> State:
    """Return the state in a file. Return the last one if it is being written."""
    with suppress(OSError, ValueError):
        first, end, _ = path.read_bytes().partition(b"\n")
        if end:
            return State(**json.loads(first))
    return last


def place_of(partition: str, position: str) -> str:
    """Return the place of a record: `partition 0 offset 17`, or `message m17` if the service has no partitions.

    ``partition`` is a number, or a shard ID such as shardId-000000000002.
    """
    return f"partition {int(partition.rpartition('-')[2])} offset {position}" if partition else f"message {position}"
