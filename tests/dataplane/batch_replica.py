"""Program of one replica with a batch handler, which handles and logs record after record as workbench.prove.replica does.

`python -m tests.dataplane.batch_replica FILE SECONDS`, with the environment of a consumer's pod.
"""

import os
import sys
import time
from collections.abc import Sequence

from consumer.record import Record
from consumer.run import run


def main() -> int:
    """Run the consumer until it gets SIGTERM."""
    path, seconds = sys.argv[1], float(sys.argv[2])
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def handle_batch(records: Sequence[Record]) -> None:
        for record in records:
            time.sleep(seconds)
            # One write per record, so that a kill in the middle of a batch shows what was handled.
            os.write(file, f"{time.monotonic()} {record.partition} {record.position}\n".encode())

    return run(os.environ, handle_batch=handle_batch, port=0)


if __name__ == "__main__":
    sys.exit(main())
