"""Simulated Kubernetes API: common parts of all object kinds."""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.model import CREATED_AT, Inputs, ResourceModel, text, uuid_of

SOURCE = "common use: the API server answers at once"


def identifier(name: str, inputs: Inputs) -> str:
    """Return pulumi-kubernetes' id: namespace/name, or only the name if there is no namespace."""
    own = text(inputs, "metadata.name", name)
    namespace = text(inputs, "metadata.namespace", "")
    return f"{namespace}/{own}" if namespace else own


def metadata(id_: str, name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """Return the metadata that the API server gives every object."""
    given = {
        "name": id_.rsplit("/", 1)[-1],
        "uid": uuid_of(f"{id_} {name}"),
        "resourceVersion": "1",
        "generation": 1,
        "creationTimestamp": CREATED_AT,
    }
    return {"metadata": given}


def row(
    *,
    create_minutes: float = 0.05,
    delete_minutes: float = 0.1,
    update_minutes: float = 0.05,
    source: str = SOURCE,
    replace_on: frozenset[str] = frozenset(),
    mutable_if: str | None = None,
    **more: Any,
) -> ResourceModel:
    """Return the model of an object kind. The defaults fit objects that the API server only stores."""
    return ResourceModel(
        create_minutes=create_minutes,
        delete_minutes=delete_minutes,
        update_minutes=update_minutes,
        source=source,
        identifier=identifier,
        outputs=more.pop("outputs", metadata),
        replace_on=replace_on | {"metadata.name", "metadata.namespace"},
        unless_configured=dict.fromkeys(replace_on, mutable_if) if mutable_if else {},
        unique=("metadata.namespace", "metadata.name"),
        name_property="metadata.name",
        **more,
    )
