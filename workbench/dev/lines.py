"""Records to produce: a file with one JSON object per line."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.output import FlagError
from workbench.values import is_object

KEYS = ("value", "key", "headers")
"""Keys of a line. Only value is required."""
MOST_ERRORS = 10
"""Maximum number of wrong lines that are reported."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A record to produce."""

    value: bytes | None
    key: bytes | None = None
    headers: Mapping[str, bytes]


def read(path: Path) -> list[Line]:
    """Return the records of a file. Empty lines are skipped.

    Raises:
        FlagError: The file cannot be read, or lines of it are wrong. The message has one line for each of them.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise FlagError(
            f"--produce {path}: must be a file that can be read ({error.strerror}). Use the path of a file with one JSON object per line."
        ) from error
    found: list[Line] = []
    errors: list[str] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                found.append(_parsed(line))
            except ValueError as error:
                errors.append(f"{path} line {number}: {error}")
    if errors:
        more = len(errors) - MOST_ERRORS
        raise FlagError(
            "\n".join([*errors[:MOST_ERRORS], *([f"{path}: {more} more lines are wrong."] if more > 0 else [])])
        )
    if not found:
        raise FlagError(
            f'--produce {path}: must have at least one record, got none. Add lines such as {{"value": {{"id": 1}}}}.'
        )
    return found


def _parsed(line: bytes) -> Line:
    try:
        content: object = json.loads(line)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"must be UTF-8 text, got an invalid byte at position {error.start + 1}. Save the file as UTF-8."
        ) from None
    except (json.JSONDecodeError, RecursionError) as error:
        reason = (
            f"{error.msg} at column {error.colno}" if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        )
        raise ValueError(f"must be a JSON object in one line ({reason}). Correct the line.") from None
    if not is_object(content):
        raise ValueError(f'must be a JSON object, got {_type_of(content)}. Write {{"value": ...}}.')
    if problems := list(_problems(content)):
        raise ValueError(" ".join(problems))
    headers: Mapping[str, str] = content.get("headers") or {}
    return Line(
        value=as_bytes(content["value"]),
        key=None if content.get("key") is None else str(content["key"]).encode(),
        headers={name: value.encode() for name, value in headers.items()},
    )


def _problems(content: Mapping[str, Any]) -> Iterator[str]:
    unknown = [repr(key) for key in content if key not in KEYS]
    if unknown:
        yield f"must have no keys but {', '.join(KEYS)}, got {', '.join(unknown)}. Remove them, or put them in value."
    if "value" not in content:
        yield 'must have the key value (null for a tombstone). Write {"value": ...}.'
    if not isinstance(content.get("key"), str | int | None) or isinstance(content.get("key"), bool):
        yield f"key: must be a string or a whole number, got {_type_of(content['key'])}. Put it in quotes."
    headers = content.get("headers")
    if headers is not None and not (is_object(headers) and all(isinstance(value, str) for value in headers.values())):
        yield 'headers: must be an object of strings. Write {"headers": {"name": "value"}}.'
    if any(_has_surrogates(part) for part in (content.get("value"), content.get("key"), *_flat(headers))):
        yield "must have no unpaired surrogates such as \\ud800 (they are not valid UTF-8). Remove them."


def as_bytes(value: object) -> bytes | None:
    """Return the content of a record: a string as UTF-8, null as a tombstone, any other value as JSON."""
    if value is None:
        return None
    return (value if isinstance(value, str) else json.dumps(value)).encode()


def _flat(headers: object) -> list[object]:
    return [part for pair in headers.items() for part in pair] if is_object(headers) else []


def _has_surrogates(value: object) -> bool:
    return isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value)


def _type_of(value: object) -> str:
    names: Mapping[type, str] = {
        dict: "an object",
        list: "a list",
        str: "a string",
        bool: "true or false",
        type(None): "null",
    }
    return names.get(type(value), "a number")
