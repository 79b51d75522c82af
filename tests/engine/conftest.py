"""Fixtures for tests on the real engine with simulated clouds."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from pulumi.automation import PulumiCommand

from workbench.cloud.sandbox import Sandbox
from workbench.pulumi_cli import pulumi_command

Start = Callable[..., Sandbox]


@pytest.fixture(scope="session")
def command() -> PulumiCommand:
    return pulumi_command(print)


@pytest.fixture(autouse=True)
def _quiet_end_of_programs() -> Iterator[None]:
    """Pulumi's SDK abandons an inline program's event loop when the engine stops before it; that is no failure here."""
    yield
    hook, sys.unraisablehook = sys.unraisablehook, lambda _unraisable: None
    try:
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
