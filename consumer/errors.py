"""Errors that end the consumer, and safe access to the text of any exception."""


class WrongEnvironmentError(Exception):
    """Missing or invalid environment variables, one line each."""


class ConsumerError(Exception):
    """A failure that ends the consumer, in one line."""


def text_of(error: BaseException) -> str:
    """Return the text of any exception. Empty if its `__str__` raises or returns no text."""
    try:
        return str.__str__(str(error))  # str() may return a subclass whose methods raise
    except BaseException:  # noqa: BLE001 - this runs code of the handler
        return ""


def name_of(error: BaseException) -> str:
    """Return the type and text of an exception, or only the type if it has no text."""
    text = text_of(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def line_of(error: BaseException) -> str:
    """Return the text of an exception in one line, or its type if it has no text."""
    return " ".join(text_of(error).split()) or type(error).__name__
