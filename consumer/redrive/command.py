"""The command: reads the arguments and the environment of a consumer, and prints what is done."""

import argparse
import importlib
import json
import os
import sys
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

from consumer.errors import ConsumerError, WrongEnvironmentError
from consumer.redrive.letter import Letter, Selection, SelectionError, Store
from consumer.variables import Variables

STORES = {
    "kafka": "consumer.redrive.kafka",
    "kinesis": "consumer.redrive.kinesis",
    "pubsub": "consumer.redrive.pubsub",
}
"""Module for each value of STREAM_SERVICE. Only the module in use is imported, with its dependencies."""

BATCH, BATCH_BYTES = 100, 8_000_000
"""Maximum dead letters, and the bytes of their values, that are written before they are marked. After a crash, this many
are written again."""

DRY_RUN = "Nothing was changed. Add --yes to do it.\n"


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run one command. Exit status 0: done. 1: it failed. 2: wrong arguments or environment. 130: interrupted."""
    options = _parser().parse_args(arguments)
    try:
        selection = Selection(getattr(options, "positions", ()), getattr(options, "reason", ""))
        store = _store(Variables(environment))
        try:
            return options.run(store, selection, options)
        finally:
            store.close()
    except (WrongEnvironmentError, SelectionError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except ConsumerError as error:
        sys.stderr.write(f"redrive: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"redrive: {error.filename or 'output'}: {error.strerror}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("redrive: interrupted. Run it again: dead letters that are not marked are offered again.\n")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="redrive",
        description="List, show, replay, save or drop the dead letters of a pipe. Uses the variables of its consumers.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[Store, Selection, Any], int], text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    command("list", _list, "Count the dead letters by reason.")
    show = command("show", _show, "Show one dead letter.")
    show.add_argument("positions", nargs=1, metavar="POSITION", help="position of the dead letter")
    show.add_argument("--value", action="store_true", help="also show its value, which can contain personal data")
    replay = command("replay", _replay, "Write dead letters to their source, with the original key and headers.")
    drop = command("drop", _drop, "Mark dead letters as handled, without a replay.")
    for each in (replay, drop):
        each.add_argument("--all", action="store_true", help="all dead letters")
        each.add_argument("--yes", action="store_true", help="do it. Without it, only print what would be done")
    save = command("save", _save, "Write dead letters to a file, one JSON object per line. They stay where they are.")
    save.add_argument("file", metavar="FILE", help="file that does not exist yet, or - for standard output")
    for each in (replay, drop, save):
        each.add_argument("positions", nargs="*", default=[], metavar="POSITION", help="position, or range FIRST-LAST")
        each.add_argument("--reason", default="", metavar="TEXT", help="only those whose reason contains TEXT")
    return parser


def _store(variables: Variables) -> Store:
    service = variables.required("STREAM_SERVICE")
    if service and service not in STORES:
        variables.errors.append(f"STREAM_SERVICE: must be one of {', '.join(STORES)}, got {service!r}.")
    variables.check()
    made: Store = importlib.import_module(STORES[service]).store(variables)
    return made


def _list(store: Store, _selection: Selection, _options: Any) -> int:
    found: dict[str, tuple[int, str, str]] = {}
    for letter in store.letters():
        count, first, _ = found.get(letter.reason, (0, letter.position, ""))
        found[letter.reason] = count + 1, first, letter.position
    _print(f"{store.name}: {sum(count for count, _, _ in found.values())} dead letters")
    for reason, (count, first, last) in sorted(found.items(), key=lambda each: -each[1][0]):
        _print(f"{count:8}  {first if count == 1 else f'{first} to {last}'}  {printable(reason)}")
    return 0


def _show(store: Store, selection: Selection, options: Any) -> int:
    letter = next((each for each in store.letters() if each in selection), None)
    if letter is None:
        raise ConsumerError(f"{store.name} {options.positions[0]}: there is no such dead letter, or it is handled.")
    lines = {
        "position": letter.position,
        "source": letter.source,
        "reason": letter.reason,
        "attempts": letter.tries,
        "incomplete": letter.incomplete,
        "key": letter.key,
        **{f"header {name}": value for name, value in letter.headers},
        "value": letter.value if options.value else f"{len(letter.value or b'')} bytes, shown with --value",
    }
    for name, value in lines.items():
        if value:
            _print(f"{printable(name)}: {printable(value)}")
    return 0


def _replay(store: Store, selection: Selection, options: Any) -> int:
    _check(selection, options)
    count, skipped = 0, 0
    for batch in batches(each for each in store.letters() if each in selection):
        whole = [each for each in batch if not each.incomplete]
        skipped += len(batch) - len(whole)
        for letter in batch:
            if letter.incomplete:
                _print(f"{store.name} {letter.position}: skipped, {letter.incomplete}. The record is {letter.source}")
            elif not options.yes:
                _print(f"{store.name} {letter.position}: would be written to {letter.topic}")
        if whole and options.yes:
            _write(store, whole)
        count += len(whole)
    _print(f"{count} dead letters {'replayed' if options.yes else 'would be replayed'}, {skipped} skipped")
    sys.stderr.write(DRY_RUN if not options.yes else store.unmarked and f"{store.unmarked}\n")
    return 0


def _write(store: Store, letters: Sequence[Letter]) -> None:
    """Replay dead letters, mark those that are confirmed, and raise the first error."""
    results = list(zip(letters, store.replay(letters), strict=True))
    store.mark([letter for letter, place in results if isinstance(place, str)])
    for letter, place in results:
        if isinstance(place, str):
            _print(f"{store.name} {letter.position}: written to {place}")
    for _, place in results:
        if isinstance(place, ConsumerError):
            raise place


def _drop(store: Store, selection: Selection, options: Any) -> int:
    _check(selection, options)
    if store.unmarked:
        raise ConsumerError(f"{store.name}: cannot drop dead letters. {store.unmarked}")
    count = 0
    for batch in batches(each for each in store.letters() if each in selection):
        if options.yes:
            store.mark(batch)
        for letter in batch:
            _print(f"{store.name} {letter.position}: {'dropped' if options.yes else 'would be dropped'}")
        count += len(batch)
    _print(f"{count} dead letters {'dropped' if options.yes else 'would be dropped'}")
    sys.stderr.write("" if options.yes else DRY_RUN)
    return 0


def _save(store: Store, selection: Selection, options: Any) -> int:
    count = 0
    private = partial(open, options.file, "x", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600))
    with nullcontext(sys.stdout) if options.file == "-" else private() as file:
        for letter in store.letters():
            if letter in selection:
                file.write(f"{json.dumps(as_json(letter))}\n")
                count += 1
    sys.stderr.write(f"{count} dead letters saved\n")
    return 0


def as_json(letter: Letter) -> Mapping[str, Any]:
    """Return a dead letter as JSON. Key, value and the values of headers are base64."""
    return {
        "position": letter.position,
        "topic": letter.topic,
        "partition": letter.partition,
        "origin": letter.origin,
        "reason": letter.reason,
        "tries": letter.tries,
        "incomplete": letter.incomplete,
        "key": _base64(letter.key),
        "headers": [[name, _base64(value)] for name, value in letter.headers],
        "value": _base64(letter.value),
    }


def batches(letters: Iterable[Letter]) -> Iterator[Sequence[Letter]]:
    """Yield the dead letters in batches, which end at BATCH letters or when their values reach BATCH_BYTES."""
    batch: list[Letter] = []
    size = 0
    for letter in letters:
        batch.append(letter)
        size += len(letter.value or b"")
        if len(batch) == BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def printable(text: str | bytes) -> str:
    """Return a text in one line, with control characters and bytes that are not UTF-8 escaped."""
    if isinstance(text, bytes):
        text = text.decode(errors="backslashreplace")
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def _check(selection: Selection, options: Any) -> None:
    """Raise SelectionError if nothing, or all and something, is selected."""
    if bool(selection.positions or selection.reason) == options.all:
        raise SelectionError("POSITION: select dead letters by position, by --reason, or all of them with --all.")


def _base64(value: bytes | None) -> str | None:
    return None if value is None else b64encode(value).decode()


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
