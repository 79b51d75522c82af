"""Kubernetes API client for manifests of any kind."""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlencode, urlsplit

import urllib3
import yaml

Manifest = Mapping[str, Any]

SECONDS = 60
"""Timeout of a request in seconds."""
CONNECTIONS = 4
RETRIES = 10
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_EVERY_KIND = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
"""Requests all kinds of a server in one response (Kubernetes, API concepts, Aggregated discovery)."""


class KubernetesRefusalError(Exception):
    """The server rejected a request. The message is the server's."""

    def __init__(self, status: int, message: str, reason: str = "") -> None:
        """``status`` is the HTTP status. ``reason`` is the server's, such as AlreadyExists, Invalid or NotFound."""
        self.status = status
        self.reason = reason
        super().__init__(message)


class KubernetesApi:
    """Client of a server on this machine. A context manager that closes its connections.

    A simulated provider starts in each action of the engine. The official client takes longer to import than everything else in it.
    """

    def __init__(self, kubeconfig: Path) -> None:
        """Use the kubeconfig's first cluster and the token of its first user.

        Raises ValueError if the server is not on this machine. Tests and rehearsals must never reach a user's cluster.
        """
        settings = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        cluster, user = settings["clusters"][0]["cluster"], settings["users"][0]["user"]
        self.server: str = cluster["server"]
        if urlsplit(self.server).hostname not in LOOPBACK:
            raise ValueError(f"{kubeconfig}: the server must be on this machine, got {self.server}")
        self._pool = urllib3.PoolManager(
            maxsize=CONNECTIONS,
            block=True,
            # like every official client: retries if the server sends Retry-After, as it does just after a kind was added
            retries=urllib3.Retry(RETRIES, connect=0, read=0, allowed_methods=None, raise_on_status=False),
            timeout=SECONDS,
            ca_certs=cluster["certificate-authority"],
            headers={"Authorization": f"Bearer {user['token']}"},
        )
        self._kinds: dict[tuple[str, str], tuple[str, bool]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.clear()

    def apply(self, manifest: Manifest, *, manager: str) -> dict[str, Any]:
        """Create or change an object with server-side apply. The server rejects unknown fields.

        ``manager`` becomes the owner of the manifest's fields.
        """
        query = {"fieldManager": manager, "fieldValidation": "Strict"}
        return self.call("PATCH", self.path(manifest), manifest, query=query, content="application/apply-patch+yaml")

    def create(self, manifest: Manifest) -> dict[str, Any]:
        """Create an object or a review."""
        return self.call("POST", self.collection(manifest), manifest, query={"fieldValidation": "Strict"})

    def read(self, manifest: Manifest) -> dict[str, Any]:
        """Return the current object."""
        return self.call("GET", self.path(manifest))

    def delete(self, manifest: Manifest) -> None:
        """Delete an object. `remove` does the same by path."""
        self.remove(self.path(manifest))

    def remove(self, path: str) -> None:
        """Delete an object and its dependents without a grace period. Finalizers keep it until they are removed."""
        self.call("DELETE", path, {"propagationPolicy": "Background", "gracePeriodSeconds": 0})

    def path(self, manifest: Manifest) -> str:
        """Return the path of an object."""
        return f"{self.collection(manifest)}/{manifest['metadata']['name']}"

    def collection(self, manifest: Manifest) -> str:
        """Return the path of an object's collection, including the namespace if the kind is namespaced."""
        version, kind = manifest["apiVersion"], manifest["kind"]
        if (version, kind) not in self._kinds:
            self._load_kinds(version)
        if (version, kind) not in self._kinds:
            raise KubernetesRefusalError(HTTPStatus.NOT_FOUND, f"the server has no kind {kind} in {version}")
        plural, namespaced = self._kinds[version, kind]
        namespace = manifest["metadata"].get("namespace", "default") if namespaced else None
        return "/".join([_base(version), *(["namespaces", namespace] if namespace else []), plural])

    def _load_kinds(self, version: str) -> None:
        """Load the kinds of an API version if the server has it."""
        try:
            resources = self.call("GET", _base(version))["resources"]
        except KubernetesRefusalError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return
        self._kinds |= {
            (version, each["kind"]): (each["name"], each["namespaced"]) for each in resources if "/" not in each["name"]
        }

    def everything(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Return path and content of every object that can be listed and deleted, each once."""
        for root in ("/api", "/apis"):
            for group in self.call("GET", root, accept=_EVERY_KIND)["items"]:
                version = group["versions"][0]  # the server's preferred version
                base = "/".join(filter(None, [root, group["metadata"].get("name"), version["version"]]))
                for kind in version["resources"]:
                    if {"delete", "list"} <= set(kind["verbs"]):
                        for item in self.call("GET", f"{base}/{kind['resource']}")["items"]:
                            metadata = item["metadata"]
                            namespace = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
                            yield f"{base}{namespace}/{kind['resource']}/{metadata['name']}", item

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        content: str = "application/json",
        accept: str = "application/json",
    ) -> dict[str, Any]:
        """Send a request and return the response. Raises KubernetesRefusalError, or urllib3's HTTPError if there is no response."""
        answer = self._pool.request(
            method,
            f"{self.server}{path}{'?' + urlencode(query) if query else ''}",
            body=None if body is None else json.dumps(body),
            headers={**self._pool.headers, "Accept": accept, "Content-Type": content},
        )
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise KubernetesRefusalError(answer.status, *_message_and_reason(answer.data.decode(errors="replace")))
        return cast("dict[str, Any]", json.loads(answer.data))


def _base(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def _message_and_reason(body: str) -> tuple[str, str]:
    """Return the message and the reason of a Status object, or the body if it is something else."""
    try:
        status = json.loads(body)
        return str(status["message"]), str(status.get("reason", ""))
    except (ValueError, KeyError, TypeError):
        return body.strip(), ""
