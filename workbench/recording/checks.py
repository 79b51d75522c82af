"""Checks of a finished recording.

The engine accepts most of these mistakes. The deployment then fails, or goes wrong, hours later: see `docs/architecture.md`. Each
`Problem` has the resource, the rule and the fix.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from workbench.recording.input_types import input_errors
from workbench.recording.records import PROVIDER_PREFIX, STACK_TYPE, Message, RecordedInvoke, RecordedResource
from workbench.values import UNKNOWN, strings

Rule = Literal[
    "duplicate-urn",
    "equation",
    "wrong-input",
    "default-provider",
    "no-outputs",
    "unparented",
    "plain-secret",
    "transform",
    "logged-error",
    "unfinished-task",
]

_SHORTEST_SECRET = 6  # shorter strings occur by chance, so they can't be searched for


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One failed check."""

    rule: Rule
    urn: str
    """URN of the resource. Empty if the problem is not in one resource."""
    reason: str

    def __str__(self) -> str:
        """Return `name (type): reason`, or only the reason if there is no resource."""
        if not self.urn:
            return self.reason
        type_token, name = self.urn.split("::")[2].rpartition("$")[2], self.urn.split("::")[3]
        return f"{name} ({type_token}): {self.reason}"


def duplicate_urns(resources: Sequence[RecordedResource]) -> Iterator[Problem]:
    """Find resources with the same URN. The engine rejects the second one; mocks silently keep one."""
    seen: set[str] = set()
    for resource in resources:
        if resource.urn in seen:
            yield Problem(
                rule="duplicate-urn",
                urn=resource.urn,
                reason=f"is registered twice as {resource.urn}. Rename one of the two.",
            )
        seen.add(resource.urn)


def wrong_inputs(resources: Iterable[RecordedResource]) -> Iterator[Problem]:
    """Find nested keys that the SDK doesn't have, and values of the wrong type."""
    for resource in resources:
        if resource.custom and not resource.external:
            for error in input_errors(resource.type, resource.inputs):
                yield Problem(rule="wrong-input", urn=resource.urn, reason=error)


def default_providers(resources: Iterable[RecordedResource], invokes: Iterable[RecordedInvoke]) -> Iterator[Problem]:
    """Find resources and function calls without an explicit provider. They would use the machine's own configuration."""
    for resource in resources:
        if resource.custom and not _built_in(resource.type) and resource.provider is None:
            yield Problem(
                rule="default-provider",
                urn=resource.urn,
                reason="must have an explicit provider. Pass parent= so that it inherits one.",
            )
    for invoke in invokes:
        if not _built_in(invoke.token) and invoke.provider is None:
            yield Problem(
                rule="default-provider",
                urn="",
                reason=f"{invoke.token}: must be called with an explicit provider. Pass opts=InvokeOptions(parent=...).",
            )


def silent_components(resources: Iterable[RecordedResource], registered: Mapping[str, Any]) -> Iterator[Problem]:
    """Find components that never call `register_outputs`. The engine does not see that they are complete."""
    for resource in resources:
        if not resource.custom and resource.type != STACK_TYPE and resource.urn not in registered:
            yield Problem(
                rule="no-outputs",
                urn=resource.urn,
                reason="must register its outputs. Call self.register_outputs(...) at the end of the component's constructor.",
            )


def unparented(resources: Sequence[RecordedResource], top: str | None) -> Iterator[Problem]:
    """Find children of the stack that belong inside a component.

    Providers may be children of the stack. Components may be, too; if `top` is given, only components of this type.
    """
    stacks = {resource.urn for resource in resources if resource.type == STACK_TYPE}
    for resource in resources:
        if resource.parent not in stacks or resource.type.startswith(PROVIDER_PREFIX):
            continue
        if resource.custom:
            reason = "must not be a child of the stack. Pass opts=ResourceOptions(parent=self)."
        elif top is not None and resource.type != top:
            reason = f"must not be a top-level component (only {top} may be). Pass parent=self."
        else:
            continue
        yield Problem(rule="unparented", urn=resource.urn, reason=reason)


def plain_secrets(
    resources: Sequence[RecordedResource],
    registered: Mapping[str, Mapping[str, Any]],
    secret_config: Iterable[str],
) -> Iterator[Problem]:
    """Find secret values that are also sent in plain text, in an input or an output.

    Known secrets are the secret settings and the values that the program marked as secret. Strings of fewer than six characters
    are not checked, because they occur by chance.
    """
    has_secret = _search(
        [
            *(text for value in secret_config for text in _texts(value)),
            *(
                text
                for resource in resources
                for path in resource.secrets
                for _, text in strings(resource.reveal(path))
            ),
        ]
    )
    shown: list[tuple[str, str, Mapping[str, Any]]] = [
        *((resource.urn, "input", resource.inputs) for resource in resources),
        *((urn, "output", outputs) for urn, outputs in registered.items()),
    ]
    for urn, side, values in shown:
        for path, text in strings(values):
            if has_secret(text):
                yield Problem(
                    rule="plain-secret",
                    urn=urn,
                    reason=f"{side} {path}: contains a secret in plain text. Use Output.secret(...).",
                )


def transforms(resources: Iterable[RecordedResource]) -> Iterator[Problem]:
    """Find transforms. The recorder doesn't run them, so their changes are missing in the recording."""
    for resource in resources:
        if resource.transformed:
            yield Problem(
                rule="transform",
                urn=resource.urn,
                reason="must have no transform (transforms are not run here, so the real inputs may differ). Remove it.",
            )


def logged_errors(messages: Iterable[Message]) -> Iterator[Problem]:
    """Find errors that the program logged. The engine fails such an update."""
    for message in messages:
        if message.severity == "error":
            yield Problem(rule="logged-error", urn=message.urn, reason=message.text)


def _built_in(token: str) -> bool:
    return token.partition(":")[0] == "pulumi"


def _texts(value: str) -> Iterator[str]:
    """Return the strings in a setting. Objects and lists are JSON."""
    if value[:1] in ("{", "["):
        try:
            decoded = json.loads(value)
        except json.JSONDecodeError:
            yield value
        else:
            yield from (text for _, text in strings(decoded))
    else:
        yield value


def _search(secrets: Iterable[str]) -> Callable[[str], bool]:
    """Return a function that finds out whether a text contains a secret. Its time does not depend on the number of secrets."""
    by_start: defaultdict[str, set[str]] = defaultdict(set)
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET and secret != UNKNOWN:
            by_start[secret[:_SHORTEST_SECRET]].add(secret)

    @cache
    def found(text: str) -> bool:
        starts = ((at, text[at : at + _SHORTEST_SECRET]) for at in range(len(text) - _SHORTEST_SECRET + 1))
        return any(text.startswith(tuple(by_start[start]), at) for at, start in starts if start in by_start)

    return found if by_start else lambda _text: False
