"""Why a consumer ends by itself, and the text of errors of other people's code."""


class WrongEnvironmentError(Exception):
    """Variables that are missing or wrong, one line each."""


class ConsumerError(Exception):
    """What a consumer cannot go on with, in one line."""


def text_of(error: BaseException) -> str:
    """Text of an error of any code; empty if its `__str__` raises or returns no text."""
    try:
        return str.__str__(str(error))  # str() may return a subclass, whose methods may raise too
    except BaseException:  # noqa: BLE001 - code of the handler's owner
        return ""


def name_of(error: BaseException) -> str:
    """Type and text of an error; only the type if there is no text."""
    text = text_of(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def line_of(error: BaseException) -> str:
    """Text of an error in one line; its type if there is no text."""
    return " ".join(text_of(error).split()) or type(error).__name__
