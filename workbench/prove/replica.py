"""The program of one replica: the real consumer, with a handler that takes a known time and notes what it handled.

`python -m workbench.prove.replica FILE SECONDS`, with the environment of a consumer's pod.
"""

import os
import sys
import time

from consumer.record import Record
from consumer.run import run


def main() -> int:
    """Run the consumer until it is told to stop."""
    path, seconds = sys.argv[1], float(sys.argv[2])
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def handle(record: Record) -> None:
        time.sleep(seconds)
        # One write for each record, so that what was handled is known whatever becomes of this process.
        os.write(file, f"{time.monotonic()} {record.partition} {record.position}\n".encode())

    return run(os.environ, handle, port=0)


if __name__ == "__main__":
    sys.exit(main())
