"""Pub/Sub consumer process for tests. Writes handled messages to a file."""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from consumer.record import Record
from consumer.run import run

POISON, PATIENT, AWAITED = b"poison", b"patient", b"awaited"
"""A value that always fails; one that fails until AWAITED is handled; and AWAITED."""


def main(handled: Path, port: int, seconds: float, form: str) -> int:
    """Write each record to a file, taking that many seconds per record. `form` is the name of the handler."""
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

        def handle_batch(records: Sequence[Record]) -> None:
            for record in records:
                handle(record)

        if form == "handle_batch":
            return run(os.environ, handle_batch=handle_batch, port=port)
        return run(os.environ, handle, port=port)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]))
