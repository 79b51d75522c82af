"""Answers of `new`: from flags, from prompts on a terminal, or from defaults. Each is checked where it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import typer

from components.section import SettingsModel, parse
from workbench.output import FlagError


@dataclass
class Answers:
    """Collects answers, and the flags that are missing if nobody can be asked."""

    interactive: bool
    missing: list[str] = field(default_factory=list[str])

    def get(
        self, flag: str, text: str, given: Any, default: Any, check: Callable[[Any], Any], *, required: bool = False
    ) -> Any:
        """Return the checked value of a flag, of a prompt, or the default.

        Args:
            flag: Name of the flag, for messages.
            text: Question on a terminal.
            given: Value of the flag. None if it was not set.
            default: Value if nothing is entered.
            check: Returns the value, or raises ValueError with the rule.
            required: Whether the flag must be set if nobody can be asked.

        Raises:
            FlagError: The value of the flag is wrong.
        """
        if given is None and self.interactive:
            return typer.prompt(text, default=default, value_proc=lambda value: _ask_again(check, value))
        if given is None and required:
            self.missing.append(flag)
            return None
        try:
            return check(default if given is None else given)
        except ValueError as error:
            raise FlagError(f"{flag}: {error}") from error

    def require(self) -> None:
        """Raise FlagError if flags are missing."""
        if self.missing:
            reason = "is required if standard input is not a terminal. Set it."
            raise FlagError("\n".join(f"{flag}: {reason}" for flag in self.missing))


def _ask_again(check: Callable[[Any], Any], value: Any) -> Any:
    try:
        return check(value)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def field_of(model: type[SettingsModel], key: str, **others: object) -> Callable[[Any], Any]:
    """Return a check of one key of a settings section. `others` are keys that the section requires as well."""

    def check(value: Any) -> Any:
        found = parse(model, {**others, key: value})
        if not isinstance(found, list):
            return value
        raise ValueError(" ".join(error.text for error in found))

    return check


def one_of(known: list[str]) -> Callable[[Any], str]:
    """Return a check that accepts only the known names."""

    def check(value: Any) -> str:
        if value not in known:
            raise ValueError(f"must be one of {', '.join(known)}, got {value}. Choose one of these.")
        return str(value)

    return check


def a_number(kind: Callable[[str], float], check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a check of a number that may be text from a prompt."""

    def converted(value: Any) -> Any:
        try:
            number = kind(str(value).replace(",", "").replace("_", ""))
        except ValueError as error:
            whole = "whole number" if kind is int else "number"
            raise ValueError(f"must be a {whole}, got {value}. Enter digits only.") from error
        return check(number)

    return converted
