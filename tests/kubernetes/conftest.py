"""Fixtures for tests with a real API server, as its administrator and as the pods' service accounts."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from tests.kubernetes.manifests import token
from workbench.servers.kubernetes_api import KubernetesApi
from workbench.servers.kubernetes_server import KubernetesServer

Acting = Callable[[str, str], KubernetesApi]


@pytest.fixture(scope="session")
def api(server: KubernetesServer) -> Iterator[KubernetesApi]:
    with server.api() as api:
        yield api


@pytest.fixture
def acting(server: KubernetesServer, api: KubernetesApi, tmp_path: Path) -> Iterator[Acting]:
    """Return a function that opens the API as a service account, by namespace and name."""
    with ExitStack() as stack:

        def act(namespace: str, name: str) -> KubernetesApi:
            content = yaml.safe_load(server.kubeconfig.read_text(encoding="utf-8"))
            content["users"][0]["user"]["token"] = token(api, namespace, name)
            file = tmp_path / f"{namespace}-{name}"
            file.write_text(yaml.safe_dump(content), encoding="utf-8")
            return stack.enter_context(KubernetesApi(file))

        yield act
