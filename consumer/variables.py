"""Access to the environment variables, the consumer's only configuration."""

import re
from collections.abc import Mapping

from consumer.errors import WrongEnvironmentError


class Variables:
    """Environment variables, and all errors found while reading them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.errors: list[str] = []

    def required(self, name: str) -> str:
        """Return the value of a required variable."""
        value = self.environment.get(name, "")
        if not value:
            self.errors.append(f"{name}: is required.")
        return value

    def optional(self, name: str) -> str | None:
        """Return the value of a variable. None if it is unset or empty."""
        return self.environment.get(name) or None

    def number(self, name: str, default: int) -> int:
        """Return a whole number of at least 1."""
        text = self.environment.get(name)
        if text is None:
            return default
        if re.fullmatch("[1-9][0-9]{0,8}", text):
            return int(text)
        self.errors.append(f"{name}: must be a whole number of at least 1, got {text!r}.")
        return default

    def check(self) -> None:
        """Raise WrongEnvironmentError with all errors found so far, if there are any."""
        if self.errors:
            raise WrongEnvironmentError("\n".join(self.errors))
