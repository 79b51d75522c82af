"""Loads the handler from handler.py: `handle(record)` or `handle_batch(records)`."""

import inspect
import traceback
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, TypedDict, cast

from consumer.errors import ConsumerError, name_of
from consumer.record import BatchHandler, Handler

FORMS: Mapping[str, str] = {"handle": "record", "handle_batch": "records"}
"""Name of each possible function, and of its one argument."""


class Handlers(TypedDict, total=False):
    """The handler function, by its name."""

    handle: Handler
    handle_batch: BatchHandler


def load(module: str = "consumer.handler") -> Handlers:
    """Return the one handler function that a module defines, by its name.

    Raises ConsumerError if the module cannot be imported, or does not define exactly one function that can be called
    with one argument.
    """
    imported = _import(module)
    file = imported.__file__ or module
    found = [name for name in FORMS if getattr(imported, name, None) is not None]
    if len(found) != 1:
        names = " or ".join(f"{name}({argument})" for name, argument in FORMS.items())
        got, fix = ("both", "Remove one") if found else ("neither", "Define one")
        raise ConsumerError(f"{file}: must define either {names}, got {got}. {fix} of them.")
    [name] = found
    handle = getattr(imported, name)
    if problem := _problem(handle):
        raise ConsumerError(
            f"{file}: {name} must be a function that is called with one argument, got {problem}. "
            f"Define it as: def {name}({FORMS[name]})."
        )
    return cast("Handlers", {name: handle})


def _import(module: str) -> ModuleType:
    try:
        return import_module(module)
    except BaseException as error:  # noqa: BLE001 - this runs code of the handler, which may also exit
        text = f"{type(error).__name__}: {error.msg}" if isinstance(error, SyntaxError) else name_of(error)
        raise ConsumerError(
            f"{_place(error, module)}: must be importable, got {' '.join(text.split())}. Correct that line, or install what it imports in the image."
        ) from None


def _place(error: BaseException, module: str) -> str:
    """Return file and line of an error in a handler file: where its syntax is wrong, or the last line of it that ran."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename} line {error.lineno}"
    found = find_spec(module)
    file = found.origin if found and found.origin else module
    lines = [each.lineno for each in traceback.extract_tb(error.__traceback__) if each.filename == file]
    return f"{file} line {lines[-1]}" if lines else file


def _problem(handle: Any) -> str | None:
    """Return what is wrong with a handler. None if it can be called with one argument."""
    if not callable(handle):
        return f"a value of type {type(handle).__name__}"
    if any(
        check(handle)
        for check in (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    ):
        return "an async function or a generator (a call does not run its body)"
    try:
        signature = inspect.signature(handle)
    except (TypeError, ValueError):
        return None  # written in C
    try:
        signature.bind(object())
    except TypeError:
        return f"{getattr(handle, '__name__', 'an object')}{signature}"
    return None
