"""Converts property values between the engine's protobuf structs and Python.

Secrets remain wrapped and unknown values remain marked. ``plain`` unwraps secrets for comparisons and computations.
"""

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any, cast

from google.protobuf import struct_pb2

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The engine's marker of a value that is unknown in a preview (pulumi/runtime/rpc.py)."""
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"

Values = dict[str, Any]


def decode(struct: struct_pb2.Struct) -> Values:
    """Convert a struct to Python values. Whole numbers become int."""
    return {key: _decode(value) for key, value in struct.fields.items()}


def _decode(value: struct_pb2.Value) -> object:
    match value.WhichOneof("kind"):
        case "struct_value":
            return decode(value.struct_value)
        case "list_value":
            return [_decode(item) for item in value.list_value.values]
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


def encode(values: Mapping[str, object]) -> struct_pb2.Struct:
    """Convert Python values to a struct."""
    struct = struct_pb2.Struct()
    for key, value in values.items():
        _encode(struct.fields[key], value)
    return struct


def _encode(target: struct_pb2.Value, value: object) -> None:
    if isinstance(value, Mapping):
        target.struct_value.CopyFrom(encode(cast("Mapping[str, object]", value)))
    elif isinstance(value, list | tuple):
        target.list_value.SetInParent()
        for item in cast("list[object]", value):
            _encode(target.list_value.values.add(), item)
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    else:
        target.null_value = struct_pb2.NULL_VALUE


def plain(value: Any) -> Any:
    """Unwrap the secrets in a value."""
    if isinstance(value, dict):
        mapping = cast("Values", value)
        if _is_secret(mapping):
            return plain(mapping.get("value"))
        return {key: plain(item) for key, item in mapping.items()}
    if isinstance(value, list):
        return [plain(item) for item in cast("list[Any]", value)]
    return value


def replaced(values: Mapping[str, Any], others: Mapping[str, Any]) -> Values:
    """Replace values by others. Secrets remain secret."""
    return {
        key: ({**value, "value": others[key]} if _is_secret(value) else others[key]) if key in others else value
        for key, value in values.items()
    }


def with_secrets(value: Any, like: Any) -> Any:
    """Return the value with the same parts marked secret as in ``like``."""
    if isinstance(like, dict) and _is_secret(cast("Values", like)):
        return {**cast("Values", like), "value": value}
    if isinstance(value, dict) and isinstance(like, dict):
        bag, other = cast("Values", value), cast("Values", like)
        return {key: with_secrets(item, other.get(key)) for key, item in bag.items()}
    if isinstance(value, list) and isinstance(like, list):
        pairs = zip_longest(cast("list[Any]", value), cast("list[Any]", like)[: len(cast("list[Any]", value))])
        return [with_secrets(item, other) for item, other in pairs]
    return cast("Any", value)


def merged(computed: Mapping[str, Any], inputs: Mapping[str, Any]) -> Values:
    """Merge computed outputs and inputs. Inputs win, except a list that the service returns as a map of its items."""
    result = dict(computed)
    for key, value in inputs.items():
        below = result.get(key)
        if _is_bag(below) and isinstance(value, list):
            continue
        result[key] = (
            merged(cast("Values", below), cast("Values", value)) if _is_bag(below) and _is_bag(value) else value
        )
    return result


def beyond(state: Mapping[str, Any], inputs: Mapping[str, Any]) -> Values:
    """Return the computed outputs: the state without the inputs."""
    rest: Values = {}
    for key, value in state.items():
        if key not in inputs or (_is_bag(value) and isinstance(inputs[key], list)):
            rest[key] = value
        elif _is_bag(value) and _is_bag(inputs[key]) and (nested := beyond(value, inputs[key])):
            rest[key] = nested
    return rest


def unknown(computed: Mapping[str, Any]) -> Values:
    """Return the outputs as in a preview: all values are unknown."""
    return {key: unknown(value) if _is_bag(value) else UNKNOWN for key, value in computed.items()}


def _is_bag(value: object) -> bool:
    return isinstance(value, dict) and _SIGNATURE not in value


def _is_secret(value: object) -> bool:
    return isinstance(value, dict) and cast("Values", value).get(_SIGNATURE) == _SECRET
