"""Simulated Kubernetes API server: the server in a provider's kubeconfig, and the server's refusals."""

from collections.abc import Mapping
from typing import Any, cast

import yaml

from workbench.cloud.inventory import Inventory
from workbench.cloud.model import at, text
from workbench.cloud.wire import plain

_BUILT_IN = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})


def server_of(settings: Mapping[str, Any]) -> str | None:
    """Return the API server's address in a Kubernetes provider's settings, or None if there is none."""
    kubeconfig = settings.get("kubeconfig")
    parsed = yaml.safe_load(kubeconfig) if isinstance(kubeconfig, str) else kubeconfig
    clusters = at(parsed, "clusters")
    server = (
        at(cast("list[object]", clusters)[0], "cluster.server") if isinstance(clusters, list) and clusters else None
    )
    return server if isinstance(server, str) else None


def is_up(inventory: Inventory, server: str | None) -> bool:
    """Whether a simulated cluster has this address. A provider without an address is assumed to reach a cluster."""
    if server is None:
        return True
    return any(item.status == "active" and server in _addresses(plain(item.outputs)) for item in inventory.objects())


def _addresses(outputs: Mapping[str, Any]) -> set[str]:
    """Return the addresses of a cluster's API server: EKS has an endpoint, AKS a name with port 443, GKE an address and a name."""
    paths = ("fqdn", "privateFQDN", "endpoint", "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint")
    names = [name for name in (text(outputs, path, "") for path in paths) if name and "://" not in name]
    return {text(outputs, "endpoint", ""), *(f"https://{name}{port}" for name in names for port in ("", ":443"))}


def refusal(inventory: Inventory, server: str | None, inputs: Mapping[str, Any]) -> str | None:
    """Return the refusal of a creation or update if the cluster or the namespace does not exist, else None."""
    if not is_up(inventory, server):
        return f"configured Kubernetes cluster is unreachable: no cluster answers at {server}"
    given = plain(dict(inputs))
    namespace = text(given, "metadata.namespace", text(given, "namespace", "default"))  # the second is a Helm release's
    if namespace in _BUILT_IN:
        return None
    for item in inventory.objects():
        if item.type == "kubernetes:core/v1:Namespace" and item.id == namespace and item.status != "deleting":
            return None
    return f'namespaces "{namespace}" not found'
