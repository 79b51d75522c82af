"""Models of resource types in the simulated clouds: typical ids, outputs, times and rules. Test doubles.

The recorder behind ``plan`` and the simulated providers behind ``rehearse`` use the same tables.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

from workbench.cloud import random_values
from workbench.cloud.aws import kinds as aws
from workbench.cloud.azure import kinds as azure
from workbench.cloud.computed import computed_inputs
from workbench.cloud.confluent import kinds as confluent
from workbench.cloud.gcp import kinds as gcp
from workbench.cloud.kubernetes import kinds as kubernetes
from workbench.cloud.model import ACCOUNT, DEFAULT_REGION, Existing, Lookup, NotFoundError, ResourceModel
from workbench.cloud.wire import merged

__all__ = ["ACCOUNT", "DEFAULT_REGION", "NotFoundError", "ResourceModel", "UnknownKindError", "invoke", "kind"]

Find = Callable[[str, str, Mapping[str, Any]], Existing | None]

_TABLES: Mapping[str, tuple[str, Mapping[str, ResourceModel]]] = {
    "aws": ("workbench/cloud/aws/kinds.py", aws.KINDS),
    "azure-native": ("workbench/cloud/azure/kinds.py", azure.KINDS),
    "confluentcloud": ("workbench/cloud/confluent/kinds.py", confluent.KINDS),
    "gcp": ("workbench/cloud/gcp/kinds.py", gcp.KINDS),
    "kubernetes": ("workbench/cloud/kubernetes/kinds.py", kubernetes.KINDS),
    "random": ("workbench/cloud/random_values.py", random_values.KINDS),
}

_INVOKES: Mapping[str, Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]] = {
    "aws": aws.INVOKES,
    "azure-native": azure.INVOKES,
    "confluentcloud": confluent.INVOKES,
    "gcp": gcp.INVOKES,
}
_LOOKUPS: Mapping[str, Mapping[str, Lookup]] = {
    "aws": aws.LOOKUPS,
    "azure-native": azure.LOOKUPS,
    "confluentcloud": confluent.LOOKUPS,
    "gcp": gcp.LOOKUPS,
}
MISSING = "missing"
"""No object with this word in its id was there before the stack. Tests use such ids."""
_BRIDGED = ("aws", "confluentcloud", "gcp")
"""Packages with a Terraform provider. It keeps the value of an input that a program leaves out if the provider computed it."""
_PLACES: Mapping[str, tuple[str, ...]] = {
    "aws": ("region",),
    "azure-native": ("location", "subscriptionId", "tenantId"),
    "gcp": ("defaultLabels", "project", "region"),
}


class UnknownKindError(Exception):
    """A resource type or function is missing in the tables. The message names the table to extend."""


@cache
def kind(type_token: str) -> ResourceModel:
    """Return the model of a resource type such as ``aws:msk/topic:Topic``.

    Raises UnknownKindError if the package's table has no such type.
    """
    package = type_token.split(":", 1)[0]
    if package not in _TABLES:
        raise UnknownKindError(
            f"{type_token}: package {package!r} is not simulated (only {', '.join(sorted(_TABLES))}). "
            "Add a table to workbench/cloud/ and register it in workbench/cloud/kinds.py."
        )
    where, table = _TABLES[package]
    if type_token not in table:
        raise UnknownKindError(
            f"{type_token}: the simulated {package} does not have this type. Add it to KINDS in {where}."
        )
    known = table[type_token]
    return replace(known, computed=partial(computed_inputs, type_token)) if package in _BRIDGED else known


def holds_data(type_token: str) -> bool:
    """Whether objects of this type hold data that a new object would not have.

    Types that are missing in a cloud's table are assumed to hold data. Components and providers hold none.
    """
    if type_token.split(":", 1)[0] not in _TABLES:
        return False
    try:
        return kind(type_token).holds_data
    except UnknownKindError:
        return True


def place(package: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the provider settings that the tables use: the default location of its objects, and their labels."""
    return {key: settings[key] for key in _PLACES.get(package, ()) if isinstance(settings.get(key), str)}


def existing(type_token: str, id_: str, location: Mapping[str, Any]) -> Existing | None:
    """Return an object that was there before the stack. None if no stack adopts this type, or the id has the word MISSING."""
    model = kind(type_token)
    if model.existing is None or MISSING in id_:
        return None
    inputs = model.existing(id_, location)
    state = merged(model.outputs(id_, id_, {**location, **inputs}), inputs)
    return Existing(type=type_token, id=id_, inputs=inputs, state=state)


def is_adopted(type_token: str) -> bool:
    """Whether a stack may adopt existing objects of this type."""
    return kind(type_token).existing is not None


def invoke(token: str, args: Mapping[str, Any], find: Find = existing) -> Mapping[str, Any]:
    """Return a typical result of a provider function such as ``aws:index/getPartition:getPartition``.

    The arguments include the location, as returned by ``place``. ``find`` returns the existing object of a type and an id, for functions
    that look one up. Raises UnknownKindError if the tables have no result, and NotFoundError if there is no such object.
    """
    package = token.split(":", 1)[0]
    if lookup := _LOOKUPS.get(package, {}).get(token):
        identifier = lookup.identifier(args)
        found = find(lookup.type, identifier, args)
        if found is None:
            raise NotFoundError(f"{token}: couldn't find resource {identifier}")
        return {**args, **lookup.result({"id": identifier, **found.state})}
    answers = _INVOKES.get(package, {})
    if token not in answers:
        where = _TABLES[package][0] if package in _INVOKES else "a table of workbench/cloud/kinds.py"
        raise UnknownKindError(f"{token}: this function has no simulated result. Add it to INVOKES in {where}.")
    return {**args, **answers[token](args)}
