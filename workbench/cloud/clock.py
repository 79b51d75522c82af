"""Simulated clock in minutes: a discrete-event clock that advances only when the engine is idle.

An operation takes the minutes of its type and is answered when the clock reaches its end. The clock does not advance while the
engine is busy. When no provider has received a request for a moment, all possible operations are running, and the clock jumps to
the next end. So operations overlap in simulated time exactly if the engine runs them in parallel. The engine's real seconds do not
count.

The clock cannot distinguish a slow machine from an idle engine. If the engine stalls for longer than the silence below, it may start
an operation one jump too late. So long jumps wait for a longer silence.
"""

import os
import threading
import time
from pathlib import Path

from workbench.cloud.inventory import Inventory

_POLL_SECONDS = 0.01
_SILENT_POLLS = 8
"""Polls without engine activity before a short jump. Polls are counted, not seconds, so the wait grows with the machine's load."""
_SILENT_POLLS_LONG = 40
_LONG_MINUTES = 1.0


class CancelledError(Exception):
    """The engine cancelled an operation before its end."""


class Clock:
    """Clock shared by all simulated clouds of a rehearsal, as seen by this process."""

    def __init__(self, inventory: Inventory, activity: Path) -> None:
        """``activity`` is a file. Its modification time is that of the engine's last activity in any process."""
        self._inventory = inventory
        self._activity = activity
        self._activity.touch()
        self._changed = threading.Condition()
        self._waiting = 0
        self._now = 0.0
        self._cancelled = False
        self._parent = os.getppid()

    def started(self) -> None:
        """Record that this provider accepts requests now. See ``_is_starting``."""
        (self._activity.parent / f"starting.{os.getpid()}").unlink(missing_ok=True)
        self.record_activity()

    def record_activity(self) -> None:
        """Record activity of the engine."""
        os.utime(self._activity)

    def wait(self, end: float) -> None:
        """Wait until the clock reaches ``end``. Raises CancelledError if the engine cancels before that."""
        self.record_activity()
        with self._changed:
            self._waiting += 1
            self._changed.wait_for(lambda: self._cancelled or self._now >= end)
            self._waiting -= 1
        self.record_activity()
        if self._now < end:
            raise CancelledError("cancelled")

    def cancel(self) -> None:
        """End all waits now."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def keep(self) -> None:
        """Advance the clock when the engine is idle, until the parent process ends."""
        silent, last = 0, 0
        while os.getppid() == self._parent:
            time.sleep(_POLL_SECONDS)
            if not self._waiting:
                continue
            activity = self._activity.stat().st_mtime_ns
            silent = silent + 1 if activity == last else 0
            last = activity
            now, next_end = self._inventory.clock()
            if next_end is not None and self._may_jump(next_end - now, silent):
                self._inventory.advance(now, next_end)
                self.record_activity()
                silent, now = 0, next_end
            with self._changed:
                self._now = now
                self._changed.notify_all()

    def _may_jump(self, minutes: float, silent_polls: int) -> bool:
        needed = _SILENT_POLLS if minutes < _LONG_MINUTES else _SILENT_POLLS_LONG
        return silent_polls >= needed and not self._is_starting()

    def _is_starting(self) -> bool:
        """Whether a provider is starting. The engine waits for it then and is not idle.

        The plugin creates a file with its process id before Python starts. Files of ended processes are ignored.
        """
        notes = self._activity.parent.glob("starting.*")
        return any(_is_alive(int(note.suffix[1:])) for note in notes)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
