"""Simulated Azure: the container registry. Times and rules are explained in kinds.py."""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.azure.resource import resource
from workbench.cloud.model import CREATED_AT, Inputs, ResourceModel


def _registry(id_: str, _name: str, _inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a container registry."""
    return {"loginServer": f"{id_.rsplit('/', 1)[-1].lower()}.azurecr.io", "creationDate": CREATED_AT}


REGISTRY: Mapping[str, ResourceModel] = {
    "azure-native:containerregistry:Registry": resource(
        "Microsoft.ContainerRegistry/registries",
        "registryName",
        holds_data=True,
        create=0.4,
        delete=0.2,
        source="Terraform logs: created in 21 s and 28 s",
        outputs=_registry,
        replace_on=frozenset({"encryption"}),
        worldwide=True,
    ),
}
