"""The form of a filter of Pub/Sub: what its API would refuse only after the topic was made (Pub/Sub, Filter messages)."""

import re

TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[A-Za-z_][A-Za-z0-9_-]*|!=|[-=:.,()])')
"""A text in quotes, a word, or a mark."""

EXAMPLE = 'such as attributes.kind = "order" AND NOT attributes:test'


def checked_filter(text: str) -> str:
    """Return a filter, or raise ValueError where it is none, which says what was expected and where."""
    reader = _Reader(_tokens(text))
    reader.expression()
    if reader.token:
        raise ValueError(_told(f"{reader.token!r} stands where AND, OR or the end was expected"))
    return text


def _told(fact: str) -> str:
    return f"is no filter of Pub/Sub, {EXAMPLE} (Pub/Sub, Filter messages): {fact}; correct it"


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    rest = text.strip()
    while rest:
        token = TOKEN.match(rest)
        if token is None:
            raise ValueError(_told(f"{rest[:10]!r} is neither a word, nor a text in closed quotes, nor a mark"))
        found.append(token[1])
        rest = rest[token.end() :].lstrip()
    return found


class _Reader:
    """Reads a filter from the left to the right."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    @property
    def token(self) -> str:
        """What stands there next; nothing at the end."""
        return self.tokens[0] if self.tokens else ""

    def expression(self) -> None:
        """Conditions with one and the same word between them: AND and OR together take parentheses."""
        self.condition()
        between = self.token
        while self.token in ("AND", "OR"):
            if self.token != between:
                raise ValueError(_told("AND and OR stand side by side; put one of them in parentheses"))
            self.take()
            self.condition()

    def condition(self) -> None:
        """One condition, or several in parentheses, perhaps turned into their contrary."""
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
        """What stands there, and go on."""
        return self.tokens.pop(0) if self.tokens else ""

    def expect(self, *wanted: str) -> None:
        """Go on if one of these stands there."""
        token = self.take()
        if token not in wanted:
            raise ValueError(_told(f"{token or 'the end'!r} stands where {' or '.join(wanted)} was expected"))

    def key(self) -> None:
        """The name of an attribute, in quotes where it has other characters than those of a word."""
        token = self.take()
        if not re.match(r'["A-Za-z_]', token):
            raise ValueError(_told(f"{token or 'the end'!r} stands where the name of an attribute was expected"))

    def text(self) -> None:
        """A value, which is always in quotes."""
        token = self.take()
        if not token.startswith('"'):
            raise ValueError(_told(f"{token or 'the end'!r} stands where a text in quotes was expected"))
