"""Fixtures and markers for all tests. They hide the settings and credentials of the machine."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from workbench.servers.kubernetes_kinds import PUBLISHED, definitions, install
from workbench.servers.kubernetes_server import KubernetesServer

settings.register_profile("data-pipes", deadline=None)  # the first example includes the time of imports
settings.load_profile("data-pipes")

gc.disable()  # until the SDKs are imported: their classes are never freed, and looking through them takes most of a plan's time

MARKED = ("dataplane", "engine", "kubernetes")
"""Directories whose tests get the marker of the same name."""

SETTINGS_OF_A_RUN = ("PULUMI_CONFIG", "PULUMI_CONFIG_SECRET_KEYS", "PULUMI_STACK", "PULUMI_PROJECT")
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "KUBECONFIG")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        directory = item.path.relative_to(Path(__file__).parent).parts[0]
        if directory in MARKED:
            item.add_marker(directory)


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def _no_settings_of_the_machine():
    """Hide the machine's credentials, because tests must pass without an account."""
    kept = {name: os.environ.pop(name) for name in (*SETTINGS_OF_A_RUN, *CREDENTIALS) if name in os.environ}
    yield
    os.environ.update(kept)


@pytest.fixture(scope="session")
def server() -> Iterator[KubernetesServer]:
    """Run one real API server per test process, with the custom kinds of the stacks."""
    with KubernetesServer(print) as running:
        with running.api() as api:
            install(api, definitions(PUBLISHED, print))
        yield running
