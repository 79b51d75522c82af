"""Lookups: what a program asks its cloud, and one line instead of a traceback where the cloud refuses."""

from typing import NoReturn, TypeVar

import pulumi
from pulumi import Output, RunError

AnswerT = TypeVar("AnswerT")
MOST = 500
"""How many characters of a reason are told; Google adds the whole answer as JSON."""


def lookup(found: Output[AnswerT], key: str, *, rule: str, got: str | None = None, fix: str) -> Output[AnswerT]:
    """Return the answer to a lookup; its failure is a RunError, which Pulumi prints without a traceback.

    `key` is the setting that decides who is asked or about what, `rule` what it must be for an answer, `got` its value.
    """

    def refused(error: Exception) -> NoReturn:
        if isinstance(error, RunError):
            raise error  # of a lookup that this one builds on
        reason = " ".join(str(error).split())
        reason = reason if len(reason) <= MOST else f"{reason[:MOST]}..."
        raise unanswered(key, rule=rule, got=got, reason=reason, fix=fix) from error

    return found.recover(refused)


def unanswered(key: str, *, rule: str, got: str | None, reason: str, fix: str) -> RunError:
    """The error of a lookup without an answer."""
    value = f", got {got!r}" if got else ""
    return RunError(f"stacks/Pulumi.{pulumi.get_stack()}.yaml: {key}: must be {rule}{value} ({reason}). {fix}")
