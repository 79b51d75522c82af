"""What the recorder refuses in a program, found in the finished recording.

The engine would accept most of these and fail, or do the wrong thing, hours later: see
`docs/architecture.md`. Each is a `Problem` that names the resource, the rule and the way out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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

_SHORTEST_SECRET = 6  # a shorter text turns up by chance, so it can't be searched for


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing the recorder refuses."""

    rule: Rule
    urn: str
    """The resource, or empty where it is none in particular."""
    reason: str

    def __str__(self) -> str:
        """`name (type): reason`, or the reason alone."""
        if not self.urn:
            return self.reason
        type_token, name = self.urn.split("::")[2].rpartition("$")[2], self.urn.split("::")[3]
        return f"{name} ({type_token}): {self.reason}"


def duplicate_urns(resources: Sequence[RecordedResource]) -> Iterator[Problem]:
    """Two resources with one URN: the engine refuses the second, mocks keep one silently."""
    seen: set[str] = set()
    for resource in resources:
        if resource.urn in seen:
            yield Problem(
                rule="duplicate-urn",
                urn=resource.urn,
                reason=f"registered twice as {resource.urn}; give one of them another name",
            )
        seen.add(resource.urn)


def wrong_inputs(resources: Iterable[RecordedResource]) -> Iterator[Problem]:
    """Nested keys that the SDK doesn't know, and values of the wrong type."""
    for resource in resources:
        if resource.custom and not resource.external:
            for error in input_errors(resource.type, resource.inputs):
                yield Problem(rule="wrong-input", urn=resource.urn, reason=error)


def default_providers(resources: Iterable[RecordedResource], invokes: Iterable[RecordedInvoke]) -> Iterator[Problem]:
    """Resources and calls with no explicit provider: they'd use whatever the machine is set to."""
    for resource in resources:
        if resource.custom and not _built_in(resource.type) and resource.provider is None:
            yield Problem(
                rule="default-provider",
                urn=resource.urn,
                reason="has no explicit provider; pass parent= so that it inherits one",
            )
    for invoke in invokes:
        if not _built_in(invoke.token) and invoke.provider is None:
            yield Problem(
                rule="default-provider",
                urn="",
                reason=f"{invoke.token}: called with no explicit provider; pass opts=InvokeOptions(parent=...)",
            )


def silent_components(resources: Iterable[RecordedResource], registered: Mapping[str, Any]) -> Iterator[Problem]:
    """Components that never call `register_outputs`: the engine never sees them finished."""
    for resource in resources:
        if not resource.custom and resource.type != STACK_TYPE and resource.urn not in registered:
            yield Problem(
                rule="no-outputs",
                urn=resource.urn,
                reason="a component that registers no outputs; call self.register_outputs(...) last in its constructor",
            )


def unparented(resources: Sequence[RecordedResource], top: str | None) -> Iterator[Problem]:
    """Children of the stack that belong inside a component.

    Providers may stand at the top; so may components, or only those of type `top` if it is given.
    """
    stacks = {resource.urn for resource in resources if resource.type == STACK_TYPE}
    for resource in resources:
        if resource.parent not in stacks or resource.type.startswith(PROVIDER_PREFIX):
            continue
        if resource.custom:
            reason = "a child of the stack; pass opts=ResourceOptions(parent=self)"
        elif top is not None and resource.type != top:
            reason = f"a component at the top, where only {top} belongs; pass parent=self"
        else:
            continue
        yield Problem(rule="unparented", urn=resource.urn, reason=reason)


def plain_secrets(
    resources: Sequence[RecordedResource],
    registered: Mapping[str, Mapping[str, Any]],
    secret_config: Iterable[str],
) -> Iterator[Problem]:
    """Secret values that also travel in clear, in an input or in an output.

    Known secrets are the secret settings and what the program itself marked as secret. A text of
    fewer than six characters can't be told from chance.
    """
    known = _searchable(
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
            if any(secret in text for secret in known):
                yield Problem(
                    rule="plain-secret",
                    urn=urn,
                    reason=f"{side} {path}: holds a secret in clear; keep it an Output.secret(...)",
                )


def transforms(resources: Iterable[RecordedResource]) -> Iterator[Problem]:
    """Transforms: the recorder doesn't run them, so it can't vouch for what they'd change."""
    for resource in resources:
        if resource.transformed:
            yield Problem(
                rule="transform",
                urn=resource.urn,
                reason="carries a transform, which is not run here: what is shown may differ",
            )


def logged_errors(messages: Iterable[Message]) -> Iterator[Problem]:
    """Errors that the program logged; the engine ends such an update as failed."""
    for message in messages:
        if message.severity == "error":
            yield Problem(rule="logged-error", urn=message.urn, reason=message.text)


def _built_in(token: str) -> bool:
    return token.partition(":")[0] == "pulumi"


def _texts(value: str) -> Iterator[str]:
    """The strings in one setting, whose value is JSON text when it is an object."""
    if value[:1] in ("{", "["):
        try:
            decoded = json.loads(value)
        except json.JSONDecodeError:
            yield value
        else:
            yield from (text for _, text in strings(decoded))
    else:
        yield value


def _searchable(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(text for text in texts if len(text) >= _SHORTEST_SECRET and text != UNKNOWN)
