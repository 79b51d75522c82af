"""Lookups in the cloud during a deployment, with a one-line error if they fail."""

from typing import NoReturn, TypeVar

import pulumi
from pulumi import Output, RunError

AnswerT = TypeVar("AnswerT")
MOST = 500
"""Maximum length of the reason in an error. Google appends the whole response as JSON."""


def lookup(found: Output[AnswerT], key: str, *, rule: str, got: str | None = None, fix: str) -> Output[AnswerT]:
    """Return the result of a lookup. If it fails, raise RunError, which Pulumi prints without a traceback.

    `key` is the setting that the lookup depends on, `rule` is what the setting must be, and `got` is its value.
    """

    def refused(error: Exception) -> NoReturn:
        if isinstance(error, RunError):
            raise error  # from a lookup that this one depends on
        reason = " ".join(str(error).split())
        reason = reason if len(reason) <= MOST else f"{reason[:MOST]}..."
        raise unanswered(key, rule=rule, got=got, reason=reason, fix=fix) from error

    return found.recover(refused)


def unanswered(key: str, *, rule: str, got: str | int | None, reason: str, fix: str) -> RunError:
    """Return the error for a failed lookup. Only text is quoted."""
    value = "" if got in (None, "") else f", got {got!r}" if isinstance(got, str) else f", got {str(got).lower()}"
    return RunError(f"stacks/Pulumi.{pulumi.get_stack()}.yaml: {key}: must be {rule}{value} ({reason}). {fix}")


def name_of_read(name: str, key: str) -> str:
    """Return the name of a resource that was there before, for services without a lookup function.

    If it is missing, the engine ends the deployment, and the program cannot add to the message. It prints "resource ID does not exist"
    below the type and the name of the resource. So the name ends with the key of the setting to correct.
    """
    return f"{name}-{key}"
