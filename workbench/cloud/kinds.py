"""What the simulated clouds know about resource types: typical ids, outputs, times and rules.

One table, two readers: the Pulumi mocks behind ``plan`` and the simulated providers behind ``rehearse``. Everything here
is a test double.
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
from workbench.cloud.model import ACCOUNT, DEFAULT_REGION, ResourceModel

__all__ = ["ACCOUNT", "DEFAULT_REGION", "ResourceModel", "UnknownKindError", "invoke", "kind"]

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
_BRIDGED = ("aws", "confluentcloud", "gcp")
"""Packages whose provider is Terraform's: it keeps what is left out if it computed the value."""
_PLACES: Mapping[str, tuple[str, ...]] = {
    "aws": ("region",),
    "azure-native": ("location", "subscriptionId", "tenantId"),
    "gcp": ("defaultLabels", "project", "region"),
}


class UnknownKindError(Exception):
    """A resource type or function that no table describes; the message says which table to extend."""


@cache
def kind(type_token: str) -> ResourceModel:
    """Describe a resource type such as ``aws:msk/topic:Topic``.

    Raises UnknownKindError when the package's table has no such type.
    """
    package = type_token.split(":", 1)[0]
    if package not in _TABLES:
        raise UnknownKindError(
            f"{type_token}: the workbench simulates no package {package!r} (only {', '.join(sorted(_TABLES))}); "
            "add a table to workbench/cloud/ and name it in workbench/cloud/kinds.py"
        )
    where, table = _TABLES[package]
    if type_token not in table:
        raise UnknownKindError(
            f"{type_token}: the simulated {package} does not know this type; add it to KINDS in {where}"
        )
    known = table[type_token]
    return replace(known, computed=partial(computed_inputs, type_token)) if package in _BRIDGED else known


def holds_data(type_token: str) -> bool:
    """Whether an object of this type holds what a new one would not have.

    A cloud's type that no table describes is taken for one that does. Components and providers hold nothing.
    """
    if type_token.split(":", 1)[0] not in _TABLES:
        return False
    try:
        return kind(type_token).holds_data
    except UnknownKindError:
        return True


def place(package: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Where the objects of a provider are unless they say otherwise, and their labels: the settings of it that its tables look at."""
    return {key: settings[key] for key in _PLACES.get(package, ()) if isinstance(settings.get(key), str)}


def invoke(token: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answer a provider function such as ``aws:index/getPartition:getPartition`` typically.

    The arguments also say where, as ``place`` does. Raises UnknownKindError when no answer is written down.
    """
    package = token.split(":", 1)[0]
    answers = _INVOKES.get(package, {})
    if token not in answers:
        where = _TABLES[package][0] if package in _INVOKES else "a table of workbench/cloud/kinds.py"
        raise UnknownKindError(f"{token}: no simulated answer to this function; add it to INVOKES in {where}")
    return {**args, **answers[token](args)}
