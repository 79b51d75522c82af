"""Program of one replica: the real consumer, with a handler that takes a fixed time and logs each message to a file.

It cannot handle messages with the value POISON.

`python -m workbench.prove.replica FILE SECONDS`, with the environment of a consumer's pod.
"""

import os
import sys
import time

from consumer.record import Record
from consumer.run import run

POISON = b"poison"
"""Value of a message that the handler cannot handle."""


def main() -> int:
    """Run the consumer until it gets SIGTERM."""
    path, seconds = sys.argv[1], float(sys.argv[2])
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def handle(record: Record) -> None:
        if record.value == POISON:
            raise ValueError("this message cannot be handled")
        time.sleep(seconds)
        # One write per record, so that the file is complete even if this process is killed.
        os.write(file, f"{time.monotonic()} {record.partition} {record.position}\n".encode())

    return run(os.environ, handle, port=0)


if __name__ == "__main__":
    sys.exit(main())
