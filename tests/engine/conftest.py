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
    """That of the real API server, with nothing in it."""
    yield server.kubeconfig
    server.clean()


@pytest.fixture(autouse=True)
def _needs_the_engine(request: pytest.FixtureRequest) -> None:
    """A test that needs no engine belongs to a fast directory, such as tests/workbench."""
    assert "command" in request.fixturenames, (
        "must use the fixture `command` or `start`; or move it to a fast directory"
    )


@pytest.fixture(autouse=True)
def _forget_abandoned_programs(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if request.node.get_closest_marker("filterwarnings"):  # of those who run such programs
        forget_abandoned_programs()


def pytest_sessionfinish() -> None:
    forget_abandoned_programs()


def forget_abandoned_programs() -> None:
    """When the engine stops before an inline program does, Pulumi's SDK abandons the program's coroutines, event loop
    and sockets. Collecting them complains, which is no failure of the test that happens to run then."""
    hook, sys.unraisablehook = sys.unraisablehook, lambda _unraisable: None
    try:
        for _ in range(3):
            gc.collect()
    finally:
        sys.unraisablehook = hook


@pytest.fixture
def start(command: PulumiCommand) -> Iterator[Start]:
    """Starts a sandbox for a small program; it is gone at the end of the test."""
    with ExitStack() as stack:

        def begin(program: Callable[[], Any], **options: Any) -> Sandbox:
            return stack.enter_context(Sandbox(program, command, project="lab", stack="test", **options))

        yield begin
