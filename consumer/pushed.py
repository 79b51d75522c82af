"""Waits for what a service pushes in a thread of its own, so that the one who handles it is never held up."""

from collections.abc import Callable, Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")

MAX_PREFETCHED = 2
"""How many items wait to be handled, beyond which whoever pushes has to."""


class PrefetchQueue(Generic[ItemT]):
    """What a generator gives, as it comes. It is told by an event to end, and may end late: nothing that it gives then is kept."""

    def __init__(self, name: str, items: Callable[[Event], Iterator[ItemT]]) -> None:
        self.closed = Event()
        self._items: Queue[ItemT | Exception] = Queue(MAX_PREFETCHED)
        Thread(target=self._run, args=(items,), name=name, daemon=True).start()

    def read(self) -> ItemT | None:
        """The next item, if there is one by now; raises what the generator raised."""
        try:
            item = self._items.get_nowait()
        except Empty:
            return None
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        """Wait for no more."""
        self.closed.set()

    def _run(self, items: Callable[[Event], Iterator[ItemT]]) -> None:
        try:
            for item in items(self.closed):
                self._put(item)
        except Exception as error:  # noqa: BLE001  told to the one who reads
            self._put(error)

    def _put(self, item: ItemT | Exception) -> None:
        while not self.closed.is_set():
            try:
                self._items.put(item, timeout=1)
            except Full:
                continue
            return
