"""Event loop of a recording: no threads, no lost errors.

Pulumi's SDK sends each request from a thread pool and drops the errors of tasks that are not awaited. A recording must be
reproducible, and it must fail if the program fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar, cast

_P = ParamSpec("_P")
_T = TypeVar("_T")


class _Inline(ThreadPoolExecutor):
    """Runs each call immediately in the caller's thread, so that the order of a recording is fixed."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        future: Future[_T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  the future raises it
            future.set_exception(error)
        return future


def one_threaded_loop(tasks: list[asyncio.Task[Any]]) -> asyncio.AbstractEventLoop:
    """Return a new event loop that adds its tasks to a list and prints nothing."""

    def make(
        loop: asyncio.AbstractEventLoop,
        coroutine: Coroutine[Any, Any, _T] | Generator[Any, None, _T],
        **options: Any,
    ) -> asyncio.Task[_T]:
        task = asyncio.Task(cast("Coroutine[Any, Any, _T]", coroutine), loop=loop, **options)
        tasks.append(task)
        return task

    loop = asyncio.new_event_loop()
    loop.set_default_executor(_Inline())
    loop.set_task_factory(cast("Any", make))
    # Otherwise, after an error, every pending task would print a traceback.
    loop.set_exception_handler(lambda _loop, _context: None)
    return loop


def raise_unseen(tasks: list[asyncio.Task[Any]]) -> None:
    """Raise the error of a failed task that was not awaited."""
    for task in tasks:
        # asyncio sets this flag to report such tasks when they are garbage-collected.
        if task.done() and not task.cancelled() and getattr(task, "_log_traceback", False):
            error = task.exception()
            if error is not None:
                raise error
