"""Output and exit statuses of the commands: errors without tracebacks, JSON, and the console."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from workbench.stack_file import ROOT, StackFileError

if TYPE_CHECKING:
    from rich.console import Console

PROBLEMS, BAD_INPUT = 1, 2
"""Exit statuses. PROBLEMS: the stack or the run has problems. BAD_INPUT: the stack file or the command line is wrong."""


class FlagError(Exception):
    """A flag or argument has a wrong value. The message names it, with the rule and the value."""


def guarded(run: Callable[[], None]) -> None:
    """Run a command. Print errors without a traceback."""
    try:
        run()
    except (typer.Abort, typer.Exit):
        raise
    except (FlagError, StackFileError) as error:
        exit_with(str(error), BAD_INPUT)
    except Exception as error:  # noqa: BLE001  any exception of the program is shown, not swallowed
        if _is_settings_error(error):
            exit_with(str(error), BAD_INPUT)
        exit_with(_error_text(error), PROBLEMS)


def _is_settings_error(error: Exception) -> bool:
    settings = sys.modules.get("components.settings")  # not imported yet, it can't have raised
    return settings is not None and isinstance(error, settings.SettingsError)


def _error_text(error: Exception) -> str:
    """Return an error's message. Unexpected errors also get their type and source line."""
    if type(error).__module__.partition(".")[0] in ("components", "pulumi", "workbench"):
        return str(error)
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(ROOT) and not Path(frame.filename).is_relative_to(ROOT / ".venv")
    ]
    where = f"{Path(ours[-1].filename).relative_to(ROOT)}:{ours[-1].lineno}: " if ours else ""
    return f"{where}{type(error).__name__}: {error}"


def fail_with(problems: list[str]) -> None:
    """Print the problems and end with status 1. Do nothing if there are none."""
    if problems:
        counted = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        exit_with("\n".join([f"{counted}:", *(f"  {problem}" for problem in problems)]), PROBLEMS)


def exit_with(message: str, status: int) -> NoReturn:
    """Print a message on stderr and end with a status."""
    # Without a terminal each error stays on one line, for grep and CI annotations.
    typer.echo(wrapped(message, shutil.get_terminal_size().columns) if sys.stderr.isatty() else message, err=True)
    raise typer.Exit(status)


def wrapped(message: str, width: int) -> str:
    """Break the lines of a message between words, and indent the continued lines by two more spaces."""

    def wrap(line: str) -> str:
        indent = line[: len(line) - len(line.lstrip())] + "  "
        return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)

    return "\n".join(wrap(line) for line in message.splitlines())


def print_json(value: dict[str, Any]) -> None:
    """Print a value as JSON on standard output."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def console() -> Console:
    """Return the console for standard output."""
    from rich.console import Console  # noqa: PLC0415  not needed for --json

    # Files and pipes have no width. 240 columns truncate no name.
    return Console(highlight=False, width=None if sys.stdout.isatty() else 240)
