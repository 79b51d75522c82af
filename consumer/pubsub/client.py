"""Google's client of Pub/Sub, knowing more of its stream: whether it is open, and why it was closed."""

# The library says little of its types.
# pyright: reportMissingTypeStubs=false

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any, Protocol, cast

import google.auth
import grpc
from google.api_core.exceptions import Cancelled
from google.auth.transport.requests import Request
from google.cloud.pubsub_v1 import SubscriberClient
from google.cloud.pubsub_v1.subscriber.scheduler import ThreadScheduler
from google.cloud.pubsub_v1.types import FlowControl
from typing_extensions import override

LOGGER = logging.getLogger(__name__)

SCOPE = "https://www.googleapis.com/auth/pubsub"

OUTSTANDING = 10
"""How many messages Pub/Sub sends before those sent are acknowledged: enough that the next one is there already, and few, since those
that wait behind a slow one are kept from other replicas that are free."""

OPEN_SECONDS = 2.0
"""Seconds after which a stream that was not refused counts as open: Pub/Sub answers nothing to a good one until it has messages."""


class Message(Protocol):
    """What is used of a message."""

    @property
    def message_id(self) -> str:
        """What Pub/Sub knows it by in its topic."""
        ...

    @property
    def ordering_key(self) -> str:
        """What it has in common with those that it keeps its order among; empty if it has no order."""
        ...

    @property
    def data(self) -> bytes:
        """Its content."""
        ...

    @property
    def attributes(self) -> Mapping[str, str]:
        """What its publisher said besides."""
        ...

    @property
    def publish_time(self) -> datetime:
        """When it was published."""
        ...

    @property
    def delivery_attempt(self) -> int | None:
        """Which delivery this is; None where the subscription has no dead letters, and Pub/Sub does not count."""
        ...

    def ack_with_response(self) -> "Future[Any]":
        """Acknowledge it; the answer is good at once, but where Pub/Sub delivers exactly once, which tells."""
        ...

    def nack(self) -> None:
        """Give it back, to be delivered again."""
        ...


class ClosedStream:
    """What stands for a stream that is opened again after the end: closed, as if it had been cancelled."""

    def is_active(self) -> bool:
        """Never."""
        return False

    def add_done_callback(self, _callback: Callable[[Any], None]) -> None:
        """There is nothing left to be told."""

    def cancel(self) -> None:
        """It is already."""

    def __next__(self) -> Any:
        raise Cancelled("the consumer reads no more")


class PubSubClient(SubscriberClient):
    """A client that opens its stream again by itself wherever that may help, as Google's does, but not without a word."""

    stream: Any = None
    opened: float = 0.0
    stopped: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the stream is open, and was not refused."""
        return self.stream is not None and time.monotonic() - self.opened >= OPEN_SECONDS

    def read(self, subscription: str, handle: Callable[[Message], None]) -> "Future[Any]":
        """Pull messages and have each taken, one after the other on one thread, until the answer is cancelled or fails."""
        return cast("Any", self).subscribe(
            subscription,
            callback=handle,
            flow_control=FlowControl(max_messages=OUTSTANDING),
            scheduler=ThreadScheduler(ThreadPoolExecutor(1, thread_name_prefix="handler")),
            await_callbacks_on_shutdown=True,
        )

    def stop(self, pull: "Future[Any]") -> None:
        """Pull no more, and return once what was being taken is; raises what the pull failed with before."""
        self.stopped = True
        pull.cancel()
        pull.result()

    @override
    def streaming_pull(self, *args: Any, **options: Any) -> Any:
        """Open the stream: what the library calls each time that it does.

        It waits up to ten seconds before it opens one again, looks at nothing then, and would find the client's channel closed.
        """
        if self.stopped:
            return ClosedStream()
        stream = cast("Any", super()).streaming_pull(*args, **options)
        self.stream, self.opened = stream, time.monotonic()
        stream.add_callback(lambda: self._closed_stream(stream))
        return stream

    def _closed_stream(self, stream: Any) -> None:
        if stream is self.stream:
            self.stream = None
        if stream.code() not in {grpc.StatusCode.OK, grpc.StatusCode.CANCELLED}:
            LOGGER.info("the stream was closed: %s: %s", stream.code().name, stream.details())


def default_credentials() -> Any:
    """Google's default credentials, once they have given a token: without one, the client would try for ever."""
    credentials, _ = cast("Any", google.auth).default(scopes=[SCOPE])
    credentials.refresh(Request())
    return credentials
