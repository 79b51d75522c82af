"""The consumer as a process of a test: notes what it handles."""

import json
import os
import sys
import time
from pathlib import Path

from consumer.record import Record
from consumer.run import run

POISON, PATIENT, AWAITED = b"poison", b"patient", b"awaited"
"""What is never handled; what is only after something else was; and what that is."""


def main(handled: Path, port: int, seconds: float) -> int:
    """Handle records by noting them in a file, which takes some seconds for each."""
    done: set[bytes] = set()
    with handled.open("a") as notes:

        def handle(record: Record) -> None:
            note = {"partition": record.partition, "key": (record.key or b"").decode(), "at": time.time()}
            time.sleep(seconds)
            value = record.value or b""
            if value == POISON or (value == PATIENT and AWAITED not in done):
                raise ValueError("this one cannot be handled")
            notes.write(f"{json.dumps({**note, 'value': value.decode(), 'until': time.time()})}\n")
            notes.flush()
            done.add(value)

        return run(os.environ, handle, port=port)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
