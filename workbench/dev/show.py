"""Shows `dev` on standard error: events as lines, and on a terminal a table that is always current."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from workbench.dev.summary import Summary


class Show:
    """Shows events and results, without the secrets of the environment."""

    def __init__(self, redact: Callable[[str], str], console: Console | None = None) -> None:
        """Show on a console. If None, use standard error."""
        self.redact = redact
        self._console = console or Console(stderr=True, highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        """Start the table."""
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Remove the table."""
        self._live.stop()

    def line(self, text: str) -> None:
        """Print an event."""
        self._console.print(Text(self.redact(text)), soft_wrap=True)

    def table(self, summary: Summary) -> None:
        """Show the current results if the console is a terminal."""
        if self._console.is_terminal:
            self._live.update(summary.table(), refresh=True)
