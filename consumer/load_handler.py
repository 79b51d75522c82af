"""Loads the handler from handler.py: `handle(record)` or `handle_batch(records)`."""

import inspect
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
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
            f"{file}: {name} must be a function that is called with one argument, {name}({FORMS[name]}), got {problem}. "
            f"Define it as: def {name}({FORMS[name]})."
        )
    return cast("Handlers", {name: handle})


def _import(module: str) -> ModuleType:
    try:
        return import_module(module)
    except BaseException as error:  # noqa: BLE001 - this runs code of the handler, which may also exit
        text = " ".join(name_of(error).split())
        raise ConsumerError(
            f"{_place(error, module)}: must be importable, got {text}. Correct that line, or install what it imports in the image."
        ) from None


def _place(error: BaseException, module: str) -> str:
    """Return file and line of an error in a handler file: where its syntax is wrong, or the last line of it that ran."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename} line {error.lineno}"
    package = Path(__file__).parent
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if Path(each.filename).stem == module.rpartition(".")[2]]
    last = own[-1] if own else None
    return f"{last.filename} line {last.lineno}" if last else str(package / f"{module.rpartition('.')[2]}.py")


def _problem(handle: Any) -> str | None:
    """Return what is wrong with a handler. None if it can be called with one argument."""
    if not callable(handle):
        return f"a {type(handle).__name__}"
    if any(
        check(handle)
        for check in (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    ):
        return "an async or generator function, whose body a call does not run"
    try:
        signature = inspect.signature(handle)
    except (TypeError, ValueError):
        return None  # written in C
    try:
        signature.bind(object())
    except TypeError:
        return f"{handle.__name__ if hasattr(handle, '__name__') else 'it'}{signature}"
    return None
