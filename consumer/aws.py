"""Calls AWS, tells in one line what it refused, and tries again for a minute what may pass."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from threading import Event
from typing import Any, TypeAlias, TypeVar, cast

import boto3  # pyright: ignore[reportMissingTypeStubs]
from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]
from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    InvalidRegionError,
    NoCredentialsError,
)
from botocore.parsers import ResponseParserError  # pyright: ignore[reportMissingTypeStubs]
from botocore.retries.standard import (  # pyright: ignore[reportMissingTypeStubs]
    RetryContext,
    ThrottledRetryableChecker,
    TransientRetryableChecker,
)
from urllib3.exceptions import HTTPError

from consumer.errors import ConsumerError, WrongEnvironmentError

LOGGER = logging.getLogger(__name__)

RETRY_SECONDS = 60.0
"""How long AWS may be out of reach, or refuse what may pass, before the consumer ends."""

RETRY_PAUSE_SECONDS = 1.0
"""Seconds before a call is made again that failed."""

SDK_RETRY_CHECKERS = (ThrottledRetryableChecker(), TransientRetryableChecker())
"""The SDK's own lists of the errors that pass by themselves: throttling and timeouts."""

RETRYABLE_CODES = frozenset(
    {
        "InternalFailure",
        "InternalFailureException",
        "InternalServerError",
        "KMSThrottlingException",
        "ServiceUnavailable",
    }
)
"""Errors that pass as well and are not in SDK_RETRY_CHECKERS. An error inside an event stream has no HTTP status, only a name (Kinesis API, Common
errors and SubscribeToShard; DynamoDB, Error handling)."""

TIMEOUT, TOO_MANY, SERVER_FAULT = 408, 429, 500
"""HTTP statuses that pass: the first two, and the last one and above."""

ERRORS = (ClientError, BotoCoreError, HTTPError, ResponseParserError)
"""What the SDK raises. HTTPError is from the library below it, while an answer is streamed; ResponseParserError is for an answer that is
no answer of AWS, such as the page of a proxy."""

CONFIG = Config(
    connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3}, tcp_keepalive=True
)


Call: TypeAlias = Callable[..., Mapping[str, Any]]
"""A call of a client: keywords in, an answer out."""

AnswerT = TypeVar("AnswerT")
EventT = TypeVar("EventT")


class AwsError(ConsumerError):
    """What AWS did not do."""

    def __init__(self, text: str, *, code: str = "", retryable: bool = False) -> None:
        super().__init__(text)
        self.code = code
        """The error's name in AWS's API; empty where AWS said nothing."""
        self.retryable = retryable
        """Whether another try may mend it."""


def client(service: str, region: str, endpoint: str | None = None) -> Any:
    """A client of a service, signed in as the platform says it.

    Raises WrongEnvironmentError for a region that cannot exist, AwsError if the platform gives no credentials just now, and
    ConsumerError for anything else.
    """
    try:
        return cast("Any", boto3).client(service, region_name=region, endpoint_url=endpoint, config=CONFIG)
    except InvalidRegionError:
        raise WrongEnvironmentError(
            f"AWS_REGION: must be the name of a region, such as eu-west-1, not {region!r}"
        ) from None
    except CredentialRetrievalError as error:  # the SDK looks for credentials here already
        raise _aws_error(f"making a client of {service}", error) from None
    except (BotoCoreError, ValueError) as error:  # the SDK raises a bare ValueError for an endpoint that is no address
        raise ConsumerError(f"cannot make a client of {service}: {' '.join(str(error).split())}") from None


def call_aws(what: str, call: Callable[..., AnswerT], **request: Any) -> AnswerT:
    """Make a call and return its answer; raise AwsError, which says what the call was for, if there is none."""
    try:
        return call(**request)
    except ERRORS as error:
        raise _aws_error(what, error) from error


def stream_events(what: str, events: Iterable[EventT]) -> Iterator[EventT]:
    """What a call streams, with its errors told as those of calls."""
    try:
        yield from events
    except ERRORS as error:
        raise _aws_error(what, error) from error


class RetryWindow:
    """How long failures last by now, each of which may pass."""

    def __init__(self, seconds: float = RETRY_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.clock = clock
        self.since: float | None = None

    def record_failure(self, error: AwsError) -> None:
        """Return if another try makes sense; raise the error if it does not pass, or if failures have lasted for too long."""
        now = self.clock()
        self.since = now if self.since is None else self.since
        if now - self.since > self.seconds:
            error.retryable = False  # whoever catches it next has no retry_window left either
        if not error.retryable:
            raise error

    def reset(self) -> None:
        """Note that a call has worked."""
        self.since = None


def retry(call: Callable[[], AnswerT], stopping: Event, seconds: float = RETRY_SECONDS) -> AnswerT | None:
    """Return what a call returns, and repeat it while it fails with what may pass; None if the consumer is to stop before it works."""
    retry_window = RetryWindow(seconds)
    while True:
        try:
            return call()
        except AwsError as error:
            retry_window.record_failure(error)
            LOGGER.warning("%s", error)
        if stopping.wait(RETRY_PAUSE_SECONDS):
            return None


def _aws_error(what: str, error: Exception) -> AwsError:
    if isinstance(error, ClientError):
        response = cast("Mapping[str, Any]", cast("Any", error).response)
        answer: Mapping[str, str] = response.get("Error", {})
        code = answer.get("Code", "")
        reason = " ".join(answer.get("Message", "").split())
        return AwsError(f"{what}: AWS refused it: {code}: {reason}", code=code, retryable=_is_retryable(response, code))
    if isinstance(error, NoCredentialsError | CredentialRetrievalError):
        retryable = isinstance(error, CredentialRetrievalError)  # whoever gives them did not answer
        text = f"{what}: there are no credentials, which the platform gives to whoever has a role: {error}"
        return AwsError(text, retryable=retryable)
    return AwsError(f"{what}: AWS cannot be reached: {error}", retryable=True)


def _is_retryable(response: Mapping[str, Any], code: str) -> bool:
    """Whether another try may mend an error that AWS answered with."""
    status: int = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status in (TIMEOUT, TOO_MANY) or status >= SERVER_FAULT or code in RETRYABLE_CODES:
        return True
    context = RetryContext(attempt_number=1, parsed_response=response)
    return any(cast("Any", checker).is_retryable(context) for checker in SDK_RETRY_CHECKERS)
