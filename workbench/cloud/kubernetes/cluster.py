"""The simulated Kubernetes API server: where a provider's kubeconfig leads, and what the server refuses."""

from collections.abc import Mapping
from typing import Any, cast

import yaml

from workbench.cloud.inventory import Inventory
from workbench.cloud.model import at, text
from workbench.cloud.wire import plain

_BUILT_IN = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})


def server_of(settings: Mapping[str, Any]) -> str | None:
    """The API server's address in a Kubernetes provider's settings, or None when they name none."""
    kubeconfig = settings.get("kubeconfig")
    parsed = yaml.safe_load(kubeconfig) if isinstance(kubeconfig, str) else kubeconfig
    clusters = at(parsed, "clusters")
    server = (
        at(cast("list[object]", clusters)[0], "cluster.server") if isinstance(clusters, list) and clusters else None
    )
    return server if isinstance(server, str) else None


def is_up(inventory: Inventory, server: str | None) -> bool:
    """Whether a simulated cluster answers at this address; a provider without an address is taken to reach one."""
    if server is None:
        return True
    return any(thing.status == "active" and server in _addresses(plain(thing.outputs)) for thing in inventory.things())


def _addresses(outputs: Mapping[str, Any]) -> set[str]:
    """Where a cluster's API server answers: EKS says an endpoint, AKS a name on port 443, GKE an address and a name."""
    paths = ("fqdn", "privateFQDN", "endpoint", "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint")
    names = [name for name in (text(outputs, path, "") for path in paths) if name and "://" not in name]
    return {text(outputs, "endpoint", ""), *(f"https://{name}{port}" for name in names for port in ("", ":443"))}


def refusal(inventory: Inventory, server: str | None, inputs: Mapping[str, Any]) -> str | None:
    """Why an object can't be created or changed now, or None: no cluster answers, or its namespace does not exist."""
    if not is_up(inventory, server):
        return f"configured Kubernetes cluster is unreachable: no cluster answers at {server}"
    given = plain(dict(inputs))
    namespace = text(given, "metadata.namespace", text(given, "namespace", "default"))  # the second is a Helm release's
    if namespace in _BUILT_IN:
        return None
    for thing in inventory.things():
        if thing.type == "kubernetes:core/v1:Namespace" and thing.id == namespace and thing.status != "deleting":
            return None
    return f'namespaces "{namespace}" not found'
