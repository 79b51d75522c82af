"""What the simulated clouds know about resource types: typical ids, outputs, times and rules.

One table, two readers: the Pulumi mocks behind ``plan`` and the simulated providers behind ``rehearse``. Everything here
is a test double.
"""

from collections.abc import Mapping
from typing import Any

from workbench.cloud import aws, kubernetes, random_values
from workbench.cloud.model import ACCOUNT, DEFAULT_REGION, Kind

__all__ = ["ACCOUNT", "DEFAULT_REGION", "Kind", "UnknownKindError", "invoke", "kind"]

_TABLES: Mapping[str, tuple[str, Mapping[str, Kind]]] = {
    "aws": ("workbench/cloud/aws.py", aws.KINDS),
    "kubernetes": ("workbench/cloud/kubernetes.py", kubernetes.KINDS),
    "random": ("workbench/cloud/random_values.py", random_values.KINDS),
}


class UnknownKindError(Exception):
    """A resource type or function that no table describes; the message says which table to extend."""


def kind(type_token: str) -> Kind:
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
    return table[type_token]


def invoke(token: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answer a provider function such as ``aws:index/getPartition:getPartition`` typically.

    An argument ``region`` says where. Raises UnknownKindError when no answer is written down.
    """
    if token not in aws.INVOKES:
        raise UnknownKindError(
            f"{token}: no simulated answer to this function; add it to INVOKES in workbench/cloud/aws.py"
        )
    return {**args, **aws.INVOKES[token](args)}
