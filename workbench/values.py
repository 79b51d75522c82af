"""Decodes the values a program sends to Pulumi's engine, and keeps track of secrets and unknown values.

The SDK wraps a secret in an object with a signature. It sends a sentinel string for a value that is unknown in a preview.
`decode` returns the values with secrets masked, and the values as they were sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeGuard

from google.protobuf import struct_pb2

SECRET: Final = "[secret]"
"""Shown in place of a secret value."""

UNKNOWN: Final = "[unknown]"
"""Shown in place of a value that is unknown in a preview, such as the id of a resource that does not exist yet."""

_UNKNOWN_SENTINEL: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
_SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"
_RESOURCE_SIGNATURE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
# These four are Pulumi's wire format (sdk/go/common/resource/properties.go, plugin/rpc.go).

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_STEP: Final = re.compile(r'\.?(?P<key>[^.\[\]"]+)|\[(?P<index>\d+)\]|\[(?P<quoted>"(?:[^"\\]|\\.)*")\]', re.DOTALL)


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether a value is a map. All keys of Pulumi's maps are strings."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether a value is a list."""
    return isinstance(value, list)


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """Properties of one request."""

    masked: dict[str, Any]
    """Values for display: secrets are `[secret]`, unknown values are `[unknown]`."""
    plain: dict[str, Any] = field(repr=False)
    """Values as sent, with secrets in plain text. Unknown values are `[unknown]`."""
    secrets: frozenset[str]
    """Paths of the secret values, for example `stringData` or `env[0].value`."""
    unknowns: frozenset[str]
    """Paths of the unknown values."""


def decode(properties: struct_pb2.Struct) -> Decoded:
    """Decode the properties of one request."""
    secrets: set[str] = set()
    unknowns: set[str] = set()

    def walk(value: struct_pb2.Value, path: str, *, hidden: bool) -> tuple[Any, Any]:
        kind = value.WhichOneof("kind")
        if kind == "struct_value":
            return walk_struct(value.struct_value, path, hidden=hidden)
        if kind == "list_value":
            pairs = [
                walk(item, f"{path}[{index}]", hidden=hidden) for index, item in enumerate(value.list_value.values)
            ]
            return [masked for masked, _ in pairs], [plain for _, plain in pairs]
        if kind == "string_value" and value.string_value == _UNKNOWN_SENTINEL:
            unknowns.add(path)
            return UNKNOWN, UNKNOWN
        leaf = scalar(value)
        return leaf, leaf

    def walk_struct(struct: struct_pb2.Struct, path: str, *, hidden: bool) -> tuple[Any, Any]:
        signature = _signature(struct)
        if signature == _SECRET_SIGNATURE:
            if not hidden:
                secrets.add(path)
            _, plain = walk(struct.fields["value"], path, hidden=True)
            return SECRET, plain
        if signature == _RESOURCE_SIGNATURE:
            urn = struct.fields["urn"].string_value
            return urn, urn
        pairs = {
            key: walk(value, join(path, key), hidden=hidden)
            for key, value in sorted(struct.fields.items())
            if key != _SIGNATURE_KEY
        }
        return (
            {key: masked for key, (masked, _) in pairs.items()},
            {key: plain for key, (_, plain) in pairs.items()},
        )

    masked, plain = walk_struct(properties, "", hidden=False)
    return Decoded(masked=masked, plain=plain, secrets=frozenset(secrets), unknowns=frozenset(unknowns))


def scalar(value: struct_pb2.Value) -> str | int | float | bool | None:
    """Convert a protobuf scalar to Python. Whole numbers become `int`, as in the program."""
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case _:
            return None


def add_missing(target: struct_pb2.Struct, computed: Mapping[str, Any]) -> None:
    """Add computed outputs to the inputs. Existing values stay, except a list that the provider returns as a map of its items."""
    for key, value in computed.items():
        if key not in target.fields or (is_object(value) and target.fields[key].HasField("list_value")):
            target.update({key: value})
        elif is_object(value):
            present = target.fields[key]
            if present.HasField("struct_value") and not _signature(present.struct_value):
                add_missing(present.struct_value, value)


def hide(target: struct_pb2.Struct, keys: Sequence[str]) -> None:
    """Mark top-level properties as secret, as the engine does for `additional_secret_outputs`."""
    for key in keys:
        if key in target.fields:
            value = target.fields[key]
            if value.HasField("struct_value") and _signature(value.struct_value):
                continue
            wrapped = struct_pb2.Struct()
            wrapped.update({_SIGNATURE_KEY: _SECRET_SIGNATURE})
            wrapped.fields["value"].CopyFrom(value)
            value.struct_value.CopyFrom(wrapped)


def unknown_like(value: Any) -> Any:
    """Return the same structure with every leaf unknown, as a preview returns a computed output."""
    if is_object(value):
        return {key: unknown_like(item) for key, item in value.items()}
    return _UNKNOWN_SENTINEL


def join(path: str, key: str) -> str:
    """Append a key to a property path. The key is quoted if it isn't a plain word."""
    if _PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key)}]"


def at(value: Any, path: str) -> Any:
    """Return the value at a property path such as `spec.template.spec.containers[0].image`.

    Raises:
        KeyError: The path does not exist. The message lists the keys that exist.
    """
    here: Any = value
    done = ""
    for step in _STEP.finditer(path):
        index = step["index"]
        if index is not None and is_list(here):
            if int(index) >= len(here):
                raise KeyError(f"{path}: {done or 'the value'} has {len(here)} items, no item {index}")
            here = here[int(index)]
        else:
            key = str(json.loads(step["quoted"])) if step["quoted"] is not None else step["key"]
            if not is_object(here) or key not in here:
                raise KeyError(f"{path}: {done or 'the top level'} has no key {key!r}, only {_keys(here)}")
            here = here[key]
        done = path[: step.end()]
    return here


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Return every string in a value, with its path."""
    if isinstance(value, str):
        yield path, value
    elif is_object(value):
        for key, item in value.items():
            yield from strings(item, join(path, key))
    elif is_list(value):
        for index, item in enumerate(value):
            yield from strings(item, f"{path}[{index}]")


def _keys(value: Any) -> str:
    if is_object(value):
        return ", ".join(sorted(value)) or "no keys"
    return f"the value {value!r}"


def _signature(struct: struct_pb2.Struct) -> str | None:
    if _SIGNATURE_KEY not in struct.fields:
        return None
    return struct.fields[_SIGNATURE_KEY].string_value
