"""Consumer for the drills of alarms: on a given port, with a handler that can be stuck and cannot handle poison.

`python -m tests.dataplane.alarm_replica FILE SECONDS`, with the environment of a consumer's pod, PORT and HOLD. While the file HOLD exists,
the handler does not return.
"""

import os
import sys
import time
from pathlib import Path

from consumer.record import Record
from consumer.run import run

POISON = b"poison"


def main() -> int:
    """Run the consumer until it gets SIGTERM."""
    path, seconds, held = sys.argv[1], float(sys.argv[2]), Path(os.environ["HOLD"])
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def handle(record: Record) -> None:
        while held.exists():
            time.sleep(0.05)
        if record.value == POISON:
            raise ValueError("this record cannot be handled")
        time.sleep(seconds)
        os.write(file, f"{time.monotonic()} {record.partition} {record.position}\n".encode())

    return run(os.environ, handle, port=int(os.environ["PORT"]))


if __name__ == "__main__":
    sys.exit(main())
