"""Replaces the secrets of the environment in everything that `dev` prints."""

import re
from collections.abc import Callable, Mapping

SECRET_NAME = re.compile(
    r"PASSW|PASSPHRASE|SECRET|TOKEN(?!I)|CREDENTIAL|AUTH(?!OR)|JAAS|DSN|CONNECTION_?STRING|ACCESS_?KEY|(^|_)(API)?(KEY|PASS|PWD)$",
    re.IGNORECASE,
)
"""Names of environment variables whose values are secrets."""

NO_SECRETS = frozenset({"true", "false", "none", "null"})

URL_PASSWORD = re.compile(r"://[^/\s:@]*:([^/\s@]+)@")
"""Password in a URL, such as that of a database."""

SHORTEST = 4
"""Characters of the shortest secret. A shorter value would be found in other words."""


def redactor(environment: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that replaces each secret in a text by the name of its variable in brackets.

    A secret is the value of a variable with a name such as API_TOKEN, or a password in a URL.
    """
    names = {
        secret: name
        for name, value in environment.items()
        for secret in _secrets(name, value)
        if len(secret) >= SHORTEST and secret.lower() not in NO_SECRETS
    }
    if not names:
        return str
    longest_first = sorted(names, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)))
    return lambda text: pattern.sub(lambda found: f"[{names[found[0]]}]", text)


def _secrets(name: str, value: str) -> list[str]:
    """Return the secrets in a variable. Each line is one too, because output is redacted by line."""
    if SECRET_NAME.search(name) and name != "PWD":
        return [value, *(line.strip() for line in value.splitlines())]
    return URL_PASSWORD.findall(value)
