"""What a resource type is drawn as: its role in the picture, a noun, and facts from its inputs.

Each cloud's table is in its folder (`figures.py`). The drawing and the report have no rules for single services.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workbench.values import at, is_list, is_object

Inputs = Mapping[str, Any]


class Role(StrEnum):
    """Part of the architecture that a resource is."""

    NETWORK = "network"
    SUBNET = "subnet"
    EXIT = "way out of the network"
    ENDPOINT = "private endpoint"
    FIREWALL = "firewall"
    CLUSTER = "cluster"
    NODES = "nodes"
    BROKERS = "brokers"
    TOPIC = "topic"
    WORKLOAD = "workload"
    IDENTITY = "identity"
    RIGHT = "right"
    REGISTRY = "registry"
    KEY = "key"
    LOGS = "logs"
    SECRET = "secret"
    STORAGE = "storage"
    DETAIL = "detail"
    """A part of another resource, such as a route or a rule. It is counted, not drawn."""


@dataclass(frozen=True, kw_only=True)
class Right:
    """One permission: who may do what on which resource."""

    who: str
    what: tuple[str, ...]
    on: str
    who_input: str = ""
    """Input with the identity. If its value is another resource's output, that resource's name is shown instead."""
    condition: str = ""


@dataclass(frozen=True)
class Figure:
    """How resources of one type are drawn."""

    role: Role
    label: str
    """Noun in singular, such as `NAT gateway`."""
    facts: tuple[str, ...] = ()
    """Texts with input paths in braces, such as `{numberOfBrokerNodes} brokers`. One without a value is left out."""
    private: Mapping[str, object] | bool = False
    """Whether the resource has no public endpoint, or the inputs that decide it: path -> one value, or a tuple of values."""
    rights: Callable[[Inputs], Iterable[Right]] | None = None
    """Inputs -> the permissions that the resource gives."""

    def texts(self, inputs: Inputs) -> list[str]:
        """Return the facts of a resource."""
        return [text for template in self.facts if (text := fill(template, inputs))]

    def is_private(self, inputs: Inputs) -> bool:
        """Whether the resource has no public endpoint."""
        if isinstance(self.private, bool):
            return self.private
        return all(
            value(inputs, path) in (wanted if isinstance(wanted, tuple) else (wanted,))
            for path, wanted in self.private.items()
        )


def value(inputs: object, path: str) -> Any:
    """Return the input at a path, or None."""
    try:
        return at(inputs, path)
    except (KeyError, IndexError, TypeError):
        return None


def fill(template: str, inputs: Inputs) -> str:
    """Fill a template's input paths. Return an empty text if an input is missing or is not plain."""
    values: list[Any] = []

    def put(match: re.Match[str]) -> str:
        values.append(value(inputs, match[1]))
        return str(values[-1]) if not isinstance(values[-1], float) else f"{values[-1]:g}"

    text = re.sub(r"\{([^}]+)\}", put, template)
    plain = all(each is not None and each != "" and not is_object(each) and not is_list(each) for each in values)
    return text if plain else ""


def right(who: str, what: str, on: str) -> Callable[[Inputs], Iterator[Right]]:
    """Return the permission of a type with one principal, one role and one object. Arguments are templates."""

    def found(inputs: Inputs) -> Iterator[Right]:
        named = re.search(r"\{([^}.\[]+)", who)
        yield Right(
            who=fill(who, inputs),
            what=(fill(what, inputs),),
            on=fill(on, inputs),
            who_input=named[1] if named else "",
            condition=fill("{condition.title}", inputs),
        )

    return found


def statements(policy: object) -> Iterator[Mapping[str, Any]]:
    """Return the statements of a policy document in JSON. An unreadable or secret one has none."""
    try:
        document = json.loads(policy) if isinstance(policy, str) else None
    except ValueError:
        return
    if is_object(document):
        found = document.get("Statement", [])
        yield from (each for each in (found if is_list(found) else [found]) if is_object(each))


def texts(given: object) -> tuple[str, ...]:
    """Return a value that is one text or a list of texts as a tuple."""
    return tuple(map(str, given)) if is_list(given) else (str(given),) if given is not None else ()
