"""Program of one consumer of `dev`: the real consumer with the handler of a file.

`python -m workbench.dev.consumer HANDLER STATE`, with the environment of a consumer's pod. Without STATE, it only checks the handler.
"""

import logging
import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path

from consumer.errors import ConsumerError, name_of
from consumer.load_handler import Handlers, line_in, load_file
from consumer.record import Record
from consumer.run import run
from workbench.dev.state import StateFile, place_of

OF_THE_CONSUMER = frozenset({"consumer", "boto3", "botocore", "google"})
"""First parts of the names of loggers that are not the handler's."""

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def main() -> int:
    """Run the consumer until it gets SIGTERM."""
    handler, *state = map(Path, sys.argv[1:])
    # Standard error has the whole log. Standard output has what the handler prints and logs, which `dev` shows.
    printed = logging.StreamHandler(sys.stdout)
    printed.addFilter(lambda line: line.name.partition(".")[0] not in OF_THE_CONSUMER)
    logging.basicConfig(level=logging.INFO, format=FORMAT, handlers=[logging.StreamHandler(), printed])
    try:
        found = load_file(handler)
    except ConsumerError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if not state:
        sys.stderr.write(f"{next(iter(found))}\n")
        return 0
    return run(os.environ, **counted(found, StateFile(state[0]), str(handler.resolve())), port=0)


def counted(found: Handlers, state: StateFile, file: str) -> Handlers:
    """Return a handler that also records what it handled, and its last error."""
    handle, handle_batch = found.get("handle"), found.get("handle_batch")

    @contextmanager
    def counting(first: Record, records: int) -> Generator[None]:
        try:
            # What a handler writes to standard error, also through a broken logging call, is shown like what it prints.
            with redirect_stderr(sys.stdout):
                yield
        except BaseException as error:
            line = line_in(file, error)
            text = " ".join(name_of(error).split()) + (f" ({Path(file).name} line {line})" if line else "")
            exits = isinstance(error, SystemExit | KeyboardInterrupt)  # these end the consumer
            state.add_failed(f"{place_of(first.partition, first.position)}: {text}", counts=not exits)
            raise
        state.add_handled(records)

    def one(record: Record) -> None:
        if handle:
            with counting(record, 1):
                handle(record)

    def many(records: Sequence[Record]) -> None:
        if handle_batch:
            with counting(records[0], len(records)):
                handle_batch(records)

    return {"handle": one} if handle else {"handle_batch": many}


if __name__ == "__main__":
    sys.exit(main())
