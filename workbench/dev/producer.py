"""Writes the records of a file at a rate."""

import time
from collections.abc import Callable, Sequence

from workbench.dev.lines import Line
from workbench.dev.service import Writer


class LineProducer:
    """Writes lines to a topic, each once."""

    def __init__(
        self,
        writer: Writer,
        lines: Sequence[Line],
        rate: float | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Configure the producer. ``rate`` is the records per second; None is as fast as possible."""
        self._writer = writer
        self._lines = lines
        self._rate = rate
        self._clock = clock
        self._begun: float | None = None
        self._next = 0

    @property
    def written(self) -> int:
        """Records that the server acknowledged."""
        return self._writer.written

    @property
    def failed(self) -> Sequence[str]:
        """Reasons of the records that the server refused."""
        return self._writer.failed

    @property
    def done(self) -> bool:
        """Whether each record is acknowledged or refused."""
        return self.written + len(self.failed) == len(self._lines)

    def write_due(self) -> None:
        """Write the records that are due, as many as the writer accepts."""
        if self._begun is None:
            self._begun = self._clock()
        due = len(self._lines)
        if self._rate is not None:
            due = min(due, 1 + int((self._clock() - self._begun) * self._rate))
        self._next += self._writer.write(self._lines[self._next : due])

    def close(self) -> None:
        """Wait until the server has answered for the written records."""
        self._writer.close()
