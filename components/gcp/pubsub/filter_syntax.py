"""Pub/Sub filter syntax check. The API would reject a bad filter only after the topic is created (Pub/Sub, Filter messages)."""

import re

TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[A-Za-z_][A-Za-z0-9_-]*|!=|[-=:.,()])')
"""A quoted string, a word, or an operator."""

EXAMPLE = 'such as attributes.kind = "order" AND NOT attributes:test'


def checked_filter(text: str) -> str:
    """Return the filter. Raise ValueError with the unexpected token if the syntax is invalid."""
    reader = _Reader(_tokens(text))
    reader.expression()
    if reader.token:
        raise ValueError(_syntax_error(f"expected AND, OR or the end, found {reader.token!r}"))
    return text


def _syntax_error(fact: str) -> str:
    return f"must be a Pub/Sub filter {EXAMPLE} ({fact}; see Pub/Sub, Filter messages). Correct the filter."


def _shown(token: str) -> str:
    return repr(token) if token else "the end"


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    rest = text.strip()
    while rest:
        token = TOKEN.match(rest)
        if token is None:
            raise ValueError(_syntax_error(f"expected a word, a quoted string or an operator, found {rest[:10]!r}"))
        found.append(token[1])
        rest = rest[token.end() :].lstrip()
    return found


class _Reader:
    """Recursive-descent parser of a filter."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    @property
    def token(self) -> str:
        """The next token. Empty at the end."""
        return self.tokens[0] if self.tokens else ""

    def expression(self) -> None:
        """Parse conditions joined by only AND or only OR. Mixing the two requires parentheses."""
        self.condition()
        between = self.token
        while self.token in ("AND", "OR"):
            if self.token != between:
                raise ValueError(_syntax_error("AND and OR cannot be mixed without parentheses"))
            self.take()
            self.condition()

    def condition(self) -> None:
        """Parse one condition or a parenthesized expression, optionally negated."""
        if self.token in ("NOT", "-"):
            self.take()
        if self.token == "(":
            self.take()
            self.expression()
            self.expect(")")
        elif self.token == "hasPrefix":
            self.take()
            self.expect("(")
            self.expect("attributes")
            self.expect(".")
            self.key()
            self.expect(",")
            self.text()
            self.expect(")")
        else:
            self.expect("attributes")
            if self.token == ":":
                self.take()
                self.key()
                return
            self.expect(".")
            self.key()
            self.expect("=", "!=")
            self.text()

    def take(self) -> str:
        """Return the next token and advance."""
        return self.tokens.pop(0) if self.tokens else ""

    def expect(self, *wanted: str) -> None:
        """Advance past one of the given tokens. Raise ValueError if another token follows."""
        token = self.take()
        if token not in wanted:
            raise ValueError(_syntax_error(f"expected {' or '.join(wanted)}, found {_shown(token)}"))

    def key(self) -> None:
        """Parse an attribute name. Quotes are required around characters other than letters, digits, - and _."""
        token = self.take()
        if not re.match(r'["A-Za-z_]', token):
            raise ValueError(_syntax_error(f"expected an attribute name, found {_shown(token)}"))

    def text(self) -> None:
        """Parse a value, which must be quoted."""
        token = self.take()
        if not token.startswith('"'):
            raise ValueError(_syntax_error(f"expected a quoted string, found {_shown(token)}"))
