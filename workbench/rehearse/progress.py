"""Progress of a rehearsal: a live line on a terminal, otherwise one line per finished step."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status

from workbench.rehearse.rehearse import Event
from workbench.rehearse.timeline import short

_SHOWN = 3  # more resources would not fit on a line


class Progress:
    """Shows events on standard error. Standard output has only the result."""

    def __init__(self, console: Console | None = None) -> None:
        """Show events on a console. If None, use standard error."""
        self._console = console or Console(stderr=True, highlight=False)
        self._status: Status | None = None
        self._running: dict[str, str] = {}
        self._done = 0

    def __enter__(self) -> Self:
        """Start the live line."""
        if self._console.is_terminal:
            self._status = self._console.status("")
            self._status.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Remove the live line."""
        if self._status is not None:
            self._status.stop()

    def __call__(self, event: Event) -> None:
        """Show an event."""
        if event.urn is None:
            self._running.clear()
            self._done = 0
            if event.done or self._status is None:
                self._console.print(event.text, markup=False, soft_wrap=True)
        elif event.done:
            self._running.pop(event.urn, None)
            self._done += 1
        else:
            self._running[event.urn] = event.operation
        if self._status is not None:
            self._status.update(self.line(event.step))

    def line(self, step: str) -> str:
        """Describe the running operations, for example `up: 41 done; create msk.Cluster kafka and 2 more`."""
        names = [f"{operation} {short(urn)}" for urn, operation in self._running.items()]
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        running = f"; {', '.join(names[:_SHOWN])}{more}" if names else ""
        return f"{step}: {self._done} done{running}"
