"""Reads the environment, which is all that a consumer is told."""

import re
from collections.abc import Mapping

from consumer.errors import WrongEnvironmentError


class Variables:
    """The variables of an environment, and every mistake found in them while they are read."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.errors: list[str] = []

    def required(self, name: str) -> str:
        """The value of a variable that must be set."""
        value = self.environment.get(name, "")
        if not value:
            self.errors.append(f"{name}: must be set")
        return value

    def optional(self, name: str) -> str | None:
        """The value of a variable; None where it is not set or empty."""
        return self.environment.get(name) or None

    def number(self, name: str, default: int) -> int:
        """A whole number of at least 1."""
        text = self.environment.get(name)
        if text is None:
            return default
        if re.fullmatch("[1-9][0-9]{0,8}", text):
            return int(text)
        self.errors.append(f"{name}: must be a whole number of at least 1, not {text!r}")
        return default

    def check(self) -> None:
        """Raise WrongEnvironmentError with every mistake found so far, if there is one."""
        if self.errors:
            raise WrongEnvironmentError("\n".join(self.errors))
