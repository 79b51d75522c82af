"""The objects of a real Kubernetes API server, made and changed as pulumi-kubernetes does it (provider/pkg/await/await.go).

An object is created by a request that fails where it exists, and changed by server-side apply. No controller runs, so what one
would do to let an object go is done here.
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
"""The field manager of what pulumi-kubernetes creates; each resource has one of its own from the first update on."""


class ApiRefusedError(RefusedError):
    """The server refuses a request; the message is its own."""

    def __init__(self, message: str, reason: str) -> None:
        """``reason`` is the server's word for it, such as AlreadyExists, Invalid or NotFound."""
        super().__init__(message)
        self.reason = reason


class LiveObjects:
    """The objects of one server on this machine."""

    def __init__(self, kubeconfig: Path) -> None:
        """Raises ValueError when the server is not on this machine: a rehearsal must never reach a cluster of the user's."""
        self._api = KubernetesApi(kubeconfig)
        self._kinds: dict[str, Mapping[str, Mapping[str, Any]]] = {}
        self._asking = threading.Lock()

    def version(self) -> str:
        """The server's version, without a leading v."""
        return str(self._call("GET", "/version")["gitVersion"]).removeprefix("v")

    def serves(self, type_token: str) -> bool:
        """Whether the server knows the kind of a resource type such as ``kubernetes:apps/v1:Deployment``."""
        return self._kind(type_token) is not None

    def get(self, type_token: str, id_: str) -> Values | None:
        """The object as it is, or None."""
        try:
            return self._call("GET", self._path(type_token, id_))
        except ApiRefusedError as error:
            if error.reason == "NotFound":
                return None
            raise

    def create(self, type_token: str, id_: str, content: Values, *, dry_run: bool = False) -> Values:
        """The object as the server has made it, or would.

        pulumi-kubernetes lets the server drop fields that it does not know, and warns; here it refuses them. Raises ApiRefusedError.
        """
        path = self._path(type_token, id_).rpartition("/")[0]
        return self._call("POST", path, content, _query(CREATOR, dry_run=dry_run))

    def update(self, type_token: str, id_: str, content: Values, *, manager: str, dry_run: bool = False) -> Values:
        """The object as the server has changed it, or would. Raises ApiRefusedError, also where another manager owns a field."""
        path = self._path(type_token, id_)
        fields = taken_over(self._call("GET", path)["metadata"].get("managedFields", []), manager)
        if fields and not dry_run:
            patch = [{"op": "replace", "path": "/metadata/managedFields", "value": fields}]
            self._call("PATCH", path, patch, content_type="application/json-patch+json")
        query = {**_query(manager, dry_run=dry_run), "force": json.dumps(bool(fields) and dry_run)}
        return self._call("PATCH", path, content, query, content_type="application/apply-patch+yaml")

    def delete(self, type_token: str, id_: str) -> None:
        """Delete the object and let it go, as its namespace's or the garbage collector's controller would; one that is gone is no error."""
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
        """Where an object is: an id is its namespace and name, or the name alone of what is in the default namespace or in none."""
        kind = self._kind(type_token)
        if kind is None:
            raise LookupError(f"{type_token}: the server knows no such kind")
        namespace, _, name = id_.rpartition("/")
        place = f"/namespaces/{namespace or 'default'}" if kind["namespaced"] else ""
        return f"{_root(type_token)}{place}/{kind['name']}/{name}"

    def _kind(self, type_token: str) -> Mapping[str, Any] | None:
        """What the server says of a kind, asked once for all kinds of its API version."""
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
        """What the server answers. Raises ApiRefusedError."""
        try:
            return self._api.call(method, path, content, query=query, content=content_type)
        except KubernetesRefusalError as error:
            raise ApiRefusedError(str(error), error.reason) from None
        except HTTPError as error:
            raise RefusedError(f"the Kubernetes API server at {self._api.server} does not answer: {error}") from None


def _root(type_token: str) -> str:
    """The path of an API version: ``kubernetes:core/v1:Secret`` is of /api/v1, ``kubernetes:apps/v1:Deployment`` of /apis/apps/v1."""
    version = type_token.split(":")[1]
    return "/api/v1" if version == "core/v1" else f"/apis/{version}"


def _query(manager: str, *, dry_run: bool) -> dict[str, str]:
    return {"fieldManager": manager, "fieldValidation": "Strict", **({"dryRun": "All"} if dry_run else {})}
