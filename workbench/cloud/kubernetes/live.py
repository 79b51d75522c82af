"""Creates and changes objects on a real Kubernetes API server, as pulumi-kubernetes does (provider/pkg/await/await.go).

Objects are created with a request that fails if the object exists, and changed with server-side apply. No controllers run, so the
controllers' part of a deletion is done here.
"""

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from urllib3.exceptions import HTTPError

from workbench.cloud.inventory import RefusedError
from workbench.cloud.kubernetes.fields import taken_over
from workbench.cloud.wire import Values
from workbench.servers.kubernetes_api import KubernetesApi, KubernetesRefusalError

CREATOR = "pulumi-kubernetes"
"""Field manager of creations by pulumi-kubernetes. From its first update on, each resource has a separate field manager."""


class ApiRefusedError(RefusedError):
    """The server rejected a request. The message is the server's."""

    def __init__(self, message: str, reason: str) -> None:
        """``reason`` is the server's, such as AlreadyExists, Invalid or NotFound."""
        super().__init__(message)
        self.reason = reason


class LiveObjects:
    """Objects on a server on this machine."""

    def __init__(self, kubeconfig: Path) -> None:
        """Raises ValueError if the server is not on this machine. A rehearsal must never reach a user's cluster."""
        self._api = KubernetesApi(kubeconfig)
        self._kinds: dict[str, Mapping[str, Mapping[str, Any]]] = {}
        self._asking = threading.Lock()

    def version(self) -> str:
        """Return the server's version without the leading v."""
        return str(self._call("GET", "/version")["gitVersion"]).removeprefix("v")

    def serves(self, type_token: str) -> bool:
        """Whether the server has the kind of a resource type such as ``kubernetes:apps/v1:Deployment``."""
        return self._kind(type_token) is not None

    def get(self, type_token: str, id_: str) -> Values | None:
        """Return the current object, or None."""
        try:
            return self._call("GET", self._path(type_token, id_))
        except ApiRefusedError as error:
            if error.reason == "NotFound":
                return None
            raise

    def create(self, type_token: str, id_: str, content: Values, *, dry_run: bool = False) -> Values:
        """Create an object, or simulate that on the server, and return it.

        Unknown fields are rejected here. pulumi-kubernetes lets the server drop them with a warning. Raises ApiRefusedError.
        """
        path = self._path(type_token, id_).rpartition("/")[0]
        return self._call("POST", path, content, _query(CREATOR, dry_run=dry_run))

    def update(self, type_token: str, id_: str, content: Values, *, manager: str, dry_run: bool = False) -> Values:
        """Update an object, or simulate that on the server, and return it. Raises ApiRefusedError, also if another manager owns a field."""
        path = self._path(type_token, id_)
        fields = taken_over(self._call("GET", path)["metadata"].get("managedFields", []), manager)
        if fields and not dry_run:
            patch = [{"op": "replace", "path": "/metadata/managedFields", "value": fields}]
            self._call("PATCH", path, patch, content_type="application/json-patch+json")
        query = {**_query(manager, dry_run=dry_run), "force": json.dumps(bool(fields) and dry_run)}
        return self._call("PATCH", path, content, query, content_type="application/apply-patch+yaml")

    def delete(self, type_token: str, id_: str) -> None:
        """Delete an object and its finalizers, as the controllers would. It is no error if the object does not exist."""
        path = self._path(type_token, id_)
        try:
            left = self._call("DELETE", path, {"propagationPolicy": "Foreground"})
            if "finalizers" in left.get("spec", {}):  # a namespace
                self._call("PUT", f"{path}/finalize", {"metadata": {"name": id_}})
            if left.get("metadata", {}).get("finalizers"):
                self._call(
                    "PATCH", path, {"metadata": {"finalizers": None}}, content_type="application/merge-patch+json"
                )
        except ApiRefusedError as error:
            if error.reason != "NotFound":
                raise

    def _path(self, type_token: str, id_: str) -> str:
        """Return the path of an object. Its id is `namespace/name`, or `name` in the default namespace and for cluster-scoped kinds."""
        kind = self._kind(type_token)
        if kind is None:
            raise LookupError(f"{type_token}: the server does not have this kind")
        namespace, _, name = id_.rpartition("/")
        scope = f"/namespaces/{namespace or 'default'}" if kind["namespaced"] else ""
        return f"{_root(type_token)}{scope}/{kind['name']}/{name}"

    def _kind(self, type_token: str) -> Mapping[str, Any] | None:
        """Return the server's description of a kind. It is requested once for all kinds of an API version."""
        root = _root(type_token)
        with self._asking:
            if root not in self._kinds:
                try:
                    resources: list[dict[str, Any]] = self._call("GET", root)["resources"]
                except ApiRefusedError:
                    resources = []
                self._kinds[root] = {each["kind"]: each for each in resources if "/" not in each["name"]}
        return self._kinds[root].get(type_token.rpartition(":")[2])

    def _call(
        self,
        method: str,
        path: str,
        content: object = None,
        query: Mapping[str, str] | None = None,
        *,
        content_type: str = "application/json",
    ) -> Values:
        """Send a request and return the response. Raises ApiRefusedError."""
        try:
            return self._api.call(method, path, content, query=query, content=content_type)
        except KubernetesRefusalError as error:
            raise ApiRefusedError(str(error), error.reason) from None
        except HTTPError as error:
            raise RefusedError(f"the Kubernetes API server at {self._api.server} did not answer: {error}") from None


def _root(type_token: str) -> str:
    """Return the path of an API version: /api/v1 for ``kubernetes:core/v1:Secret``, /apis/apps/v1 for ``kubernetes:apps/v1:Deployment``."""
    version = type_token.split(":")[1]
    return "/api/v1" if version == "core/v1" else f"/apis/{version}"


def _query(manager: str, *, dry_run: bool) -> dict[str, str]:
    return {"fieldManager": manager, "fieldValidation": "Strict", **({"dryRun": "All"} if dry_run else {})}
