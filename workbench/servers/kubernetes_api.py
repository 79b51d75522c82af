"""A Kubernetes API for objects of any kind, as the manifests that they are."""

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
"""How long a server may say nothing."""
CONNECTIONS = 4
RETRIES = 10
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_EVERY_KIND = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
"""Asks for all kinds of a server in one answer (Kubernetes, API concepts, Aggregated discovery)."""


class KubernetesRefusalError(Exception):
    """The server did not do what it was asked to; the message is its own."""

    def __init__(self, status: int, message: str, reason: str = "") -> None:
        """``status`` is that of HTTP; ``reason`` is the server's word for it, such as AlreadyExists, Invalid or NotFound."""
        self.status = status
        self.reason = reason
        super().__init__(message)


class KubernetesApi:
    """The API of a server on this machine; a context manager, which closes its connections.

    It needs little: a simulated provider starts in each action of the engine, and the official client takes longer to import than all
    else of it.
    """

    def __init__(self, kubeconfig: Path) -> None:
        """Use the first cluster and the first user, who has a token.

        Raises ValueError when the server is not on this machine: no test or rehearsal must ever reach a cluster of the user's.
        """
        settings = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        cluster, user = settings["clusters"][0]["cluster"], settings["users"][0]["user"]
        self.server: str = cluster["server"]
        if urlsplit(self.server).hostname not in LOOPBACK:
            raise ValueError(f"{kubeconfig}: {self.server} is not on this machine")
        self._pool = urllib3.PoolManager(
            maxsize=CONNECTIONS,
            block=True,
            # as every official client: asked again where the server says when, which it does while a kind is new to it
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
        """Server-side apply, which makes an object or changes it; a field that its kind does not have is refused.

        ``manager`` is whose fields those of the manifest are from then on.
        """
        query = {"fieldManager": manager, "fieldValidation": "Strict"}
        return self.call("PATCH", self.path(manifest), manifest, query=query, content="application/apply-patch+yaml")

    def create(self, manifest: Manifest) -> dict[str, Any]:
        """Make an object, or ask for a review."""
        return self.call("POST", self.collection(manifest), manifest, query={"fieldValidation": "Strict"})

    def read(self, manifest: Manifest) -> dict[str, Any]:
        """The object as it is now."""
        return self.call("GET", self.path(manifest))

    def delete(self, manifest: Manifest) -> None:
        """Ask for an object to go, as `remove` does by path."""
        self.remove(self.path(manifest))

    def remove(self, path: str) -> None:
        """Let an object go at once, and what it owns with it; finalizers hold it until somebody takes them off."""
        self.call("DELETE", path, {"propagationPolicy": "Background", "gracePeriodSeconds": 0})

    def path(self, manifest: Manifest) -> str:
        """Where an object is."""
        return f"{self.collection(manifest)}/{manifest['metadata']['name']}"

    def collection(self, manifest: Manifest) -> str:
        """Where an object is among those of its kind, in its namespace if its kind lives in one."""
        version, kind = manifest["apiVersion"], manifest["kind"]
        if (version, kind) not in self._kinds:
            self._learn(version)
        if (version, kind) not in self._kinds:
            raise KubernetesRefusalError(HTTPStatus.NOT_FOUND, f"the server knows no {kind} of {version}")
        plural, namespaced = self._kinds[version, kind]
        namespace = manifest["metadata"].get("namespace", "default") if namespaced else None
        return "/".join([_base(version), *(["namespaces", namespace] if namespace else []), plural])

    def _learn(self, version: str) -> None:
        """Ask for the kinds of a group's version, if the server has it."""
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
        """The path and content of every object that can be listed and deleted, each once."""
        for root in ("/api", "/apis"):
            for group in self.call("GET", root, accept=_EVERY_KIND)["items"]:
                version = group["versions"][0]  # the one that the server prefers
                base = "/".join(filter(None, [root, group["metadata"].get("name"), version["version"]]))
                for kind in version["resources"]:
                    if {"delete", "list"} <= set(kind["verbs"]):
                        for thing in self.call("GET", f"{base}/{kind['resource']}")["items"]:
                            metadata = thing["metadata"]
                            namespace = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
                            yield f"{base}{namespace}/{kind['resource']}/{metadata['name']}", thing

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
        """What the server answers to any request. Raises KubernetesRefusalError, or urllib3's HTTPError where it does not answer."""
        answer = self._pool.request(
            method,
            f"{self.server}{path}{'?' + urlencode(query) if query else ''}",
            body=None if body is None else json.dumps(body),
            headers={**self._pool.headers, "Accept": accept, "Content-Type": content},
        )
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise KubernetesRefusalError(answer.status, *_said(answer.data.decode(errors="replace")))
        return cast("dict[str, Any]", json.loads(answer.data))


def _base(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def _said(body: str) -> tuple[str, str]:
    """The message and the reason of a Status object, or whatever the body is."""
    try:
        status = json.loads(body)
        return str(status["message"]), str(status.get("reason", ""))
    except (ValueError, KeyError, TypeError):
        return body.strip(), ""
