"""Simulated GCP: table of the resource types of pulumi-gcp, and results of functions.

Times are planning values in minutes. If a source names a log, it is a public Terraform log. Inputs that replace an object are
ForceNew in terraform-provider-google. Each service has a table next to this file.
"""

from collections.abc import Callable, Mapping
from typing import Any

from workbench.cloud.gcp.account import ACCOUNT_WIDE
from workbench.cloud.gcp.gke import GKE
from workbench.cloud.gcp.managed_kafka import MANAGED_KAFKA
from workbench.cloud.gcp.monitoring import MONITORING
from workbench.cloud.gcp.network import NETWORK
from workbench.cloud.gcp.pubsub import PUBSUB
from workbench.cloud.gcp.registry import REGISTRY
from workbench.cloud.gcp.resource import NUMBER
from workbench.cloud.model import Inputs, Lookup, ResourceModel, text

KINDS: Mapping[str, ResourceModel] = {
    **NETWORK,
    **ACCOUNT_WIDE,
    **GKE,
    **REGISTRY,
    **PUBSUB,
    **MANAGED_KAFKA,
    **MONITORING,
}


def _projects(args: Inputs) -> Mapping[str, Any]:
    """Return the projects that the Resource Manager lists for a filter such as id:pipes-1."""
    asked = text(args, "filter", "")
    project = asked.removeprefix("id:")
    found = {"projectId": project, "name": project, "number": NUMBER, "lifecycleState": "ACTIVE"}
    return {"id": asked, "projects": [found]}


INVOKES: Mapping[str, Callable[[Inputs], Mapping[str, Any]]] = {
    "gcp:projects/getProject:getProject": _projects,
}

LOOKUPS: Mapping[str, Lookup] = {}
"""Functions that find objects which were there before the stack."""
