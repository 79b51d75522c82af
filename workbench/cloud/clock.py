"""The simulated clock, in minutes: a discrete-event clock that moves only when the engine has nothing left to do.

A request takes its kind's minutes and is answered when the clock reaches its end. The clock stands still while the engine
is busy; once no provider has heard anything from it for a moment, everything that can run is running, and the clock jumps to the
next end. So operations overlap in simulated time exactly when the engine runs them at the same time, and waiting for
each other shows, while the engine's own real seconds do not count. What it cannot tell is a busy machine from a finished
one: an engine that stalls for longer than the silence below may start an operation one jump too late. Long jumps
therefore wait for a longer silence.
"""

import os
import threading
import time
from pathlib import Path

from workbench.cloud.inventory import Inventory

_POLL_SECONDS = 0.01
_SILENT_POLLS = 8
"""Polls without a sign of the engine before a short jump; counting polls, not seconds, stretches with the machine's load."""
_SILENT_POLLS_LONG = 40
_LONG_MINUTES = 1.0


class CancelledError(Exception):
    """The engine asked for an end before the operation had ended."""


class Clock:
    """This process's view of the clock that all simulated clouds of one rehearsal share."""

    def __init__(self, inventory: Inventory, heard: Path) -> None:
        """``heard`` is the file whose time of change says when the engine was last heard, by whichever process."""
        self._inventory = inventory
        self._heard = heard
        self._heard.touch()
        self._changed = threading.Condition()
        self._waiting = 0
        self._now = 0.0
        self._cancelled = False
        self._parent = os.getppid()

    def started(self) -> None:
        """Note that this provider answers from now on; see ``_is_starting``."""
        (self._heard.parent / f"starting.{os.getpid()}").unlink(missing_ok=True)
        self.hear()

    def hear(self) -> None:
        """Note a sign of the engine's activity."""
        os.utime(self._heard)

    def wait(self, end: float) -> None:
        """Return when the clock has reached ``end``. Raises CancelledError when the engine gives up before that."""
        self.hear()
        with self._changed:
            self._waiting += 1
            self._changed.wait_for(lambda: self._cancelled or self._now >= end)
            self._waiting -= 1
        self.hear()
        if self._now < end:
            raise CancelledError("cancelled")

    def cancel(self) -> None:
        """Let everything that waits end now."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def keep(self) -> None:
        """Move the clock whenever it may move, for as long as the process that started this one lives."""
        silent, last = 0, 0
        while os.getppid() == self._parent:
            time.sleep(_POLL_SECONDS)
            if not self._waiting:
                continue
            heard = self._heard.stat().st_mtime_ns
            silent = silent + 1 if heard == last else 0
            last = heard
            now, next_end = self._inventory.clock()
            if next_end is not None and self._may_jump(next_end - now, silent):
                self._inventory.advance(now, next_end)
                self.hear()
                silent, now = 0, next_end
            with self._changed:
                self._now = now
                self._changed.notify_all()

    def _may_jump(self, minutes: float, silent_polls: int) -> bool:
        needed = _SILENT_POLLS if minutes < _LONG_MINUTES else _SILENT_POLLS_LONG
        return silent_polls >= needed and not self._is_starting()

    def _is_starting(self) -> bool:
        """Whether the engine waits for a provider that it has started: its silence is no sign of idleness.

        The plugin leaves a note with its process id before Python starts; a note of a dead process means nothing.
        """
        notes = self._heard.parent.glob("starting.*")
        return any(_is_alive(int(note.suffix[1:])) for note in notes)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
