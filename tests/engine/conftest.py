"""Fixtures for tests on the real engine with simulated clouds."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import PulumiCommand

from workbench.rehearse.pulumi_cli import pulumi_command
from workbench.rehearse.sandbox import Sandbox
from workbench.servers.kubernetes_server import KubernetesServer

Start = Callable[..., Sandbox]


@pytest.fixture(scope="session")
def command() -> PulumiCommand:
    return pulumi_command(print)


@pytest.fixture
def kubeconfig(server: KubernetesServer) -> Iterator[Path]:
    """Kubeconfig of the real API server, which is empty."""
    yield server.kubeconfig
    server.clean()


@pytest.fixture(autouse=True)
def _needs_the_engine(request: pytest.FixtureRequest) -> None:
    """Require that every test here uses the engine. Tests without it belong to a fast directory, such as tests/workbench."""
    assert "command" in request.fixturenames, (
        "must use the fixture `command` or `start`. Otherwise move it to a fast directory"
    )


@pytest.fixture(autouse=True)
def _forget_abandoned_programs(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if request.node.get_closest_marker("filterwarnings"):  # only tests that run such programs
        forget_abandoned_programs()


def pytest_sessionfinish() -> None:
    forget_abandoned_programs()


def forget_abandoned_programs() -> None:
    """Collect the objects of abandoned programs, without their warnings.

    If the engine stops before an inline program ends, Pulumi's SDK abandons the program's coroutines, event loop and sockets. Their
    warnings would otherwise fail an unrelated test.
    """
    hook, sys.unraisablehook = sys.unraisablehook, lambda _unraisable: None
    try:
        for _ in range(3):
            gc.collect()
    finally:
        sys.unraisablehook = hook


@pytest.fixture
def start(command: PulumiCommand) -> Iterator[Start]:
    """Return a function that starts a sandbox for a small program. Sandboxes are removed after the test."""
    with ExitStack() as stack:

        def begin(program: Callable[[], Any], **options: Any) -> Sandbox:
            return stack.enter_context(Sandbox(program, command, project="lab", stack="test", **options))

        yield begin
