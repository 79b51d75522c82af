"""Background thread that prefetches pushed items, so that a slow handler does not block the connection."""

from collections.abc import Callable, Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")

MAX_PREFETCHED = 2
"""Maximum number of items waiting to be handled. The producing thread blocks when the queue is full."""


class PrefetchQueue(Generic[ItemT]):
    """Queue filled by a generator in its own thread. Items that arrive after close() are dropped."""

    def __init__(self, name: str, items: Callable[[Event], Iterator[ItemT]]) -> None:
        self.closed = Event()
        self._items: Queue[ItemT | Exception] = Queue(MAX_PREFETCHED)
        Thread(target=self._run, args=(items,), name=name, daemon=True).start()

    def read(self) -> ItemT | None:
        """Return the next item, or None if there is none yet. Raise the exception of the generator, if any."""
        try:
            item = self._items.get_nowait()
        except Empty:
            return None
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        """Stop prefetching."""
        self.closed.set()

    def _run(self, items: Callable[[Event], Iterator[ItemT]]) -> None:
        try:
            for item in items(self.closed):
                self._put(item)
        except Exception as error:  # noqa: BLE001 - raised again in read()
            self._put(error)

    def _put(self, item: ItemT | Exception) -> None:
        while not self.closed.is_set():
            try:
                self._items.put(item, timeout=1)
            except Full:
                continue
            return
