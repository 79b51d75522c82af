"""Program of one replica whose handler does not return from one record while a file exists.

`python -m tests.dataplane.held_replica FILE SECONDS`, with the environment of a consumer's pod, HOLD (the file) and HELD_AT (offset of
the record). With FORM=batch, it handles batches.
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from consumer.record import Record
from consumer.run import run


def main() -> int:
    """Run the consumer until it gets SIGTERM."""
    path, hold = sys.argv[1], Path(os.environ["HOLD"])
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def handle(record: Record) -> None:
        if record.position == os.environ["HELD_AT"]:
            hold.with_suffix(".reached").touch()
            while hold.exists():
                time.sleep(0.02)
        os.write(file, f"{time.monotonic()} {record.partition} {record.position}\n".encode())

    def handle_batch(records: Sequence[Record]) -> None:
        for record in records:
            handle(record)

    if os.environ.get("FORM") == "batch":
        return run(os.environ, handle_batch=handle_batch, port=0)
    return run(os.environ, handle, port=0)


if __name__ == "__main__":
    sys.exit(main())
