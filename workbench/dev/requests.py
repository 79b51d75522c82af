"""Writes records with one request for many of them, for services whose clients have no queue."""

from collections.abc import Callable, Sequence

from workbench.dev.lines import Line

MOST_RECORDS, MOST_BYTES = 500, 4_000_000
"""Maximum records and bytes of a request: below the limits of Kinesis (Kinesis API, PutRecords) and of Pub/Sub (Quotas and limits)."""


class RefusedError(Exception):
    """The server refused a whole request. The message is its reason."""


class RequestWriter:
    """Writer that waits for each request."""

    def __init__(self, send: Callable[[Sequence[Line]], Sequence[str]]) -> None:
        """Write with a function that returns the reasons of refused records, or raises RefusedError."""
        self._send = send
        self.written = 0
        self.failed: list[str] = []

    def write(self, lines: Sequence[Line]) -> int:
        """Write the first records in one request, and return their number."""
        part = first_part(lines)
        if part:
            self._write(part)
        return len(part)

    def close(self) -> None:
        """Do nothing: each request is answered."""

    def _write(self, lines: Sequence[Line]) -> None:
        try:
            refused = self._send(lines)
        except RefusedError as error:
            if len(lines) > 1:  # find the records at fault
                for line in lines:
                    self._write([line])
                return
            refused = [str(error)]
        self.failed += refused
        self.written += len(lines) - len(refused)


def first_part(lines: Sequence[Line]) -> Sequence[Line]:
    """Return the first records that fit into a request, at least one."""
    size = 0
    for number, line in enumerate(lines[:MOST_RECORDS]):
        size += len(line.value or b"") + len(line.key or b"")
        if number and size > MOST_BYTES:
            return lines[:number]
    return lines[:MOST_RECORDS]
