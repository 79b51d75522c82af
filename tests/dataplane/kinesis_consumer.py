"""Kinesis consumer process for tests. Writes handled records to a file and renews leases more often."""

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from consumer.kinesis import source as kinesis
from consumer.kinesis.member import RebalanceTimings
from consumer.record import Record
from consumer.run import SOURCES, run
from consumer.variables import Variables

TIMINGS = RebalanceTimings(lease_seconds=5, round_seconds=0.5, retry_seconds=20)
POISON = b"poison"


def source(variables: Variables) -> kinesis.KinesisSource:
    return replace(kinesis.source(variables), timings=TIMINGS)


def main(handled: Path, port: int, seconds: float, form: str) -> int:
    """Write each record to a file, taking that many seconds per record. `form` is the name of the handler."""
    with handled.open("a") as notes:

        def handle(record: Record) -> None:
            time.sleep(seconds)
            value, key = record.value or b"", record.key or b""
            if POISON in value:
                raise ValueError("this one cannot be handled")
            note = {
                "shard": record.partition,
                "position": record.position,
                "key": key.decode(),
                "value": value.decode("latin-1"),
                "at": time.time(),
            }
            notes.write(f"{json.dumps(note)}\n")
            notes.flush()

        def handle_batch(records: Sequence[Record]) -> None:
            for record in records:
                handle(record)

        if form == "handle_batch":
            return run(os.environ, handle_batch=handle_batch, port=port)
        return run(os.environ, handle, port=port)


if __name__ == "__main__":
    SOURCES["kinesis"] = "__main__"
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]))
