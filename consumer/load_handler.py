"""Loads the handler from handler.py: `handle(record)` or `handle_batch(records)`."""

import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, TypedDict, TypeVar, cast

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
    found = find_spec(module)
    file = found.origin if found and found.origin else module
    return handlers_of(_imported(lambda: import_module(module), file), file)


def load_file(path: Path) -> Handlers:
    """Return the one handler function of a file, as load() does.

    The file can import modules in its directory.
    """
    file = str(path.resolve())
    spec = spec_from_file_location("handler", file)
    if spec is None or spec.loader is None:
        raise ConsumerError(f"{file}: must be a Python file (.py), got {path.name}. Rename it.")
    module, execute = module_from_spec(spec), spec.loader.exec_module
    sys.modules["handler"] = module  # dataclasses look up the module that defines them
    sys.path.insert(0, str(Path(file).parent))
    _imported(lambda: execute(module), file)
    return handlers_of(module, file)


def handlers_of(handler: object, file: str) -> Handlers:
    """Return the one handler function of a module or another object, by its name. Errors name the file.

    Raises ConsumerError if it does not have exactly one function that can be called with one argument.
    """
    found = [name for name in FORMS if getattr(handler, name, None) is not None]
    if len(found) != 1:
        names = " or ".join(f"{name}({argument})" for name, argument in FORMS.items())
        got, fix = ("both", "Remove one") if found else ("neither", "Define one")
        raise ConsumerError(f"{file}: must define either {names}, got {got}. {fix} of them.")
    [name] = found
    handle = getattr(handler, name)
    if problem := _problem(handle):
        raise ConsumerError(
            f"{file}: {name} must be a function that is called with one argument, got {problem}. "
            f"Define it as: def {name}({FORMS[name]})."
        )
    return cast("Handlers", {name: handle})


def line_in(file: str, error: BaseException) -> int | None:
    """Return the line of a file that raised an error: the last line of it that ran, or the one whose syntax is wrong."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno
    lines = [each.lineno for each in traceback.extract_tb(error.__traceback__) if each.filename == file]
    return lines[-1] if lines else None


ModuleT = TypeVar("ModuleT")


def _imported(execute: Callable[[], ModuleT], file: str) -> ModuleT:
    try:
        return execute()
    except BaseException as error:  # noqa: BLE001 - this runs code of the handler, which may also exit
        text = f"{type(error).__name__}: {error.msg}" if isinstance(error, SyntaxError) else name_of(error)
        raise ConsumerError(
            f"{_place(error, file)}: must be importable, got {' '.join(text.split())}. Correct that line, or install what it imports."
        ) from None


def _place(error: BaseException, file: str) -> str:
    """Return file and line of an error while a handler file was imported."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename} line {error.lineno}"
    line = line_in(file, error)
    return f"{file} line {line}" if line else file


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
