"""Replacements of functions of Pulumi's SDK that take most of a recording's time and do not change what is recorded."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast
from unittest.mock import patch

from pulumi import Output
from pulumi.runtime import settings
from pulumi.runtime.proto import source_pb2


@contextmanager
def faster() -> Generator[None]:
    """Run a program with the replacements."""
    with (
        patch("pulumi.resource.collapse_alias_to_urn", _no_urn),
        patch("pulumi.runtime.resource._get_stack_trace", source_pb2.StackTrace),
        patch("pulumi.runtime.stack.wait_for_rpcs", _wait_for_rpcs),
    ):
        yield


def _no_urn(*_alias: object) -> Output[str]:
    """Compute no URN for an alias. Only engines that accept aliases as nothing but URNs need it.

    azure-native gives a resource up to a hundred aliases, AWS a few. Their URNs would take more than two thirds of a plan's time.
    """
    return Output.from_input("")


async def _wait_for_rpcs() -> None:
    """Wait until all requests and outputs are complete. Raise their first error.

    The SDK's function starts again with all outputs after each one, which takes a third of a plan's time.
    """
    runtime = cast("Any", settings.SETTINGS)
    manager, outputs = runtime.rpc_manager, cast("set[asyncio.Task[object]]", runtime.outputs)
    while manager.rpcs or outputs:
        while manager.rpcs:
            await manager.rpcs.pop()
        if manager.unhandled_exception is not None:
            raise manager.unhandled_exception.with_traceback(manager.exception_traceback)
        if outputs:
            pending = list(outputs)
            outputs.clear()
            done, others = await asyncio.wait(pending, return_when=asyncio.FIRST_EXCEPTION)
            outputs |= others
            for task in done:
                await task
