"""Google's Pub/Sub client, extended to report whether its stream is open and why it was closed."""

# The library has few type annotations.
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
"""Maximum unacknowledged messages, if a batch has no more. Enough that the next message is already local. Few, because
messages that wait behind a slow one are not available to idle replicas."""

OPEN_SECONDS = 2.0
"""Seconds without a rejection after which a stream counts as open: Pub/Sub sends nothing on a new stream until it has
messages."""


class Message(Protocol):
    """The attributes of a message that the consumer uses."""

    @property
    def message_id(self) -> str:
        """ID of the message in its topic."""
        ...

    @property
    def ordering_key(self) -> str:
        """Messages with the same key keep their order. Empty if the message has no order."""
        ...

    @property
    def data(self) -> bytes:
        """Content of the message."""
        ...

    @property
    def attributes(self) -> Mapping[str, str]:
        """Attributes set by the publisher."""
        ...

    @property
    def publish_time(self) -> datetime:
        """Time of publishing."""
        ...

    @property
    def delivery_attempt(self) -> int | None:
        """Number of this delivery. None if the subscription has no dead letters: then Pub/Sub does not count."""
        ...

    def ack_with_response(self) -> "Future[Any]":
        """Acknowledge the message.

        With exactly-once delivery, the future reports whether the ack succeeded; otherwise it succeeds at once.
        """
        ...

    def nack(self) -> None:
        """Return the message, to be delivered again."""
        ...


class ClosedStream:
    """Replacement for a stream that the library opens after the stop. It behaves like a cancelled stream."""

    def is_active(self) -> bool:
        """Return False."""
        return False

    def add_done_callback(self, _callback: Callable[[Any], None]) -> None:
        """Do nothing: the stream is already closed."""

    def cancel(self) -> None:
        """Do nothing: the stream is already closed."""

    def __next__(self) -> Any:
        raise Cancelled("the consumer has stopped reading")


class PubSubClient(SubscriberClient):
    """Client that reopens its stream after temporary failures, like Google's, and logs each failure."""

    stream: Any = None
    opened: float = 0.0
    stopped: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the stream is open and was not rejected."""
        return self.stream is not None and time.monotonic() - self.opened >= OPEN_SECONDS

    def read(
        self, subscription: str, receive: Callable[[Message], None], batch_records: int, batch_bytes: int
    ) -> "Future[Any]":
        """Pull messages and pass them on one by one, on one thread, until the future is cancelled or fails.

        At most OUTSTANDING messages, or one batch, are unacknowledged.
        """
        flow_control = FlowControl(max_messages=OUTSTANDING)
        if batch_records > 1:
            flow_control = FlowControl(max_messages=max(OUTSTANDING, batch_records), max_bytes=batch_bytes)
        return cast("Any", self).subscribe(
            subscription,
            callback=receive,
            flow_control=flow_control,
            scheduler=ThreadScheduler(ThreadPoolExecutor(1, thread_name_prefix="messages")),
            await_callbacks_on_shutdown=True,
        )

    def stop(self, pull: "Future[Any]") -> None:
        """Stop pulling and send the outstanding acknowledgements. Raises the error that ended the pull, if any."""
        self.stopped = True
        pull.cancel()
        pull.result()

    @override
    def streaming_pull(self, *args: Any, **options: Any) -> Any:
        """Open the stream. The library calls this for each connection.

        The library waits up to ten seconds before it reopens a stream. It does not check for a stop, and would use a
        closed channel.
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
    """Return Google's default credentials after they returned a token.

    Without a token, the client would retry forever.
    """
    credentials, _ = cast("Any", google.auth).default(scopes=[SCOPE])
    credentials.refresh(Request())
    return credentials
