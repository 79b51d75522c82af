"""Checks a resource's inputs against the SDK's argument types.

Pulumi's engine passes unknown nested keys on, and the mocks accept any value. In the generated SDKs, every resource and every
nested value has an `...Args` class with the names and types of its inputs. `input_errors` compares the inputs with them.

`pulumi._types` is private. Its version is pinned in requirements.txt, and tests fail if it changes.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import sys
import typing
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any

from pulumi import _types  # pyright: ignore[reportPrivateUsage]  see above
from pulumi.runtime import rpc

from workbench.values import SECRET, UNKNOWN, is_list, is_object, join

_SCALARS: dict[Any, tuple[tuple[type, ...], str]] = {
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    str: ((str,), "text"),
}


def input_errors(type_token: str, inputs: Mapping[str, Any]) -> Iterator[str]:
    """Return unknown keys and values of the wrong type, each as `path: reason`.

    `inputs` must be masked, so that no message contains a secret. A resource without an SDK class, such as a Kubernetes custom
    resource, cannot be checked and has no errors.
    """
    args = args_type(type_token)
    if args is not None:
        sent = _decoded_json(args, inputs) if type_token.startswith("pulumi:providers:") else inputs
        yield from _check_object(args, sent, "")


@cache
def args_type(type_token: str) -> type | None:
    """Return the `...Args` class of a resource type, or None if the SDK has none."""
    resource = resource_class(type_token)
    if resource is None:
        return None
    module = sys.modules[resource.__module__]
    for suffix in ("InitArgs", "Args"):
        found = getattr(module, resource.__name__ + suffix, None)
        if isinstance(found, type) and _types.is_input_type(found):
            return found
    return None


def resource_class(type_token: str) -> type | None:
    """Return the SDK's class of a resource type, or None if it has none. The SDK must already be imported."""
    package, module, name = type_token.split(":", 2)
    if package == "pulumi" and module == "providers":
        found = getattr(import_module(f"pulumi_{name.replace('-', '_')}"), "Provider", None)
        return found if isinstance(found, type) else None
    registered = rpc.get_resource_module(package, module, "")
    info: Mapping[str, Any] = getattr(registered, "mod_info", {})
    class_name = info.get("classes", {}).get(type_token)
    if class_name is None:
        return None
    found = getattr(import_module(info["fqn"]), class_name, None)
    return found if isinstance(found, type) else None


def _decoded_json(args: type, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Decode a provider's inputs. Inputs that are not strings are sent as JSON."""
    types = _types.input_type_types(args)
    decoded = dict(inputs)
    for key, value in inputs.items():
        if isinstance(value, str) and types.get(key) is not str:
            with contextlib.suppress(json.JSONDecodeError):
                decoded[key] = json.loads(value)
    return decoded


def _check(expected: Any, value: Any, path: str) -> Iterator[str]:
    expected = _types.unwrap_type(expected)
    if value is None or value in (UNKNOWN, SECRET):
        return
    if isinstance(expected, type) and _types.is_input_type(expected):
        if is_object(value):
            yield from _check_object(expected, value, path)
        else:
            yield f"{path}: must be an object ({expected.__name__}), got {_show(value)}"
    elif typing.get_origin(expected) in (list, dict, Sequence, Mapping):
        yield from _check_items(expected, value, path)
    else:
        yield from _check_scalar(expected, value, path)


def _check_items(expected: Any, value: Any, path: str) -> Iterator[str]:
    item_type = typing.get_args(expected)[-1]
    if typing.get_origin(expected) in (list, Sequence):
        if not is_list(value):
            yield f"{path}: must be a list, got {_show(value)}"
            return
        items = [(f"{path}[{index}]", item) for index, item in enumerate(value)]
    else:
        if not is_object(value):
            yield f"{path}: must be an object, got {_show(value)}"
            return
        items = [(join(path, key), item) for key, item in value.items()]
    for where, item in items:
        yield from _check(item_type, item, where)


def _check_object(args: type, value: Mapping[str, Any], path: str) -> Iterator[str]:
    types = _types.input_type_types(args)
    for key, item in value.items():
        where = join(path, key)
        if key in types:
            yield from _check(types[key], item, where)
        elif key not in _known_names(args):
            near = difflib.get_close_matches(key, _known_names(args), n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            yield f"{where}: unknown key of {args.__name__}.{hint}"


def _check_scalar(expected: Any, value: Any, path: str) -> Iterator[str]:
    if choices := _choices(expected):
        if value not in choices:
            yield f"{path}: must be {' or '.join(map(repr, choices))}, got {_show(value)}"
    elif expected in _SCALARS:
        types, name = _SCALARS[expected]
        if not isinstance(value, types) or (isinstance(value, bool) and expected is not bool):
            yield f"{path}: must be {name}, got {_show(value)}"


def _choices(expected: Any) -> list[Any]:
    """Return the values that a `Literal` or an enum allows. Empty for any other type."""
    if typing.get_origin(expected) is typing.Literal:
        return list(typing.get_args(expected))
    if isinstance(expected, type) and issubclass(expected, Enum):
        return [member.value for member in expected]
    return []


@cache
def _known_names(args: type) -> frozenset[str]:
    return frozenset(_types.input_type_py_to_pulumi_names(args).values())


def _show(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
