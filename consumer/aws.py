"""AWS calls with one-line errors, and retries of temporary failures for up to a minute."""

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
"""Maximum duration of consecutive temporary failures. After that, the consumer exits."""

RETRY_PAUSE_SECONDS = 1.0
"""Pause between two attempts of a failed call."""

SDK_RETRY_CHECKERS = (ThrottledRetryableChecker(), TransientRetryableChecker())
"""The SDK's own checks for temporary errors: throttling and timeouts."""

RETRYABLE_CODES = frozenset(
    {
        "InternalFailure",
        "InternalFailureException",
        "InternalServerError",
        "KMSThrottlingException",
        "ServiceUnavailable",
    }
)
"""Temporary errors that SDK_RETRY_CHECKERS does not cover. Errors inside an event stream have no HTTP status, only a
name (Kinesis API, Common errors and SubscribeToShard; DynamoDB, Error handling)."""

TIMEOUT, TOO_MANY, SERVER_FAULT = 408, 429, 500
"""Retryable HTTP statuses: 408, 429, and every status from 500."""

ERRORS = (ClientError, BotoCoreError, HTTPError, ResponseParserError)
"""Exceptions of the SDK. HTTPError comes from urllib3 while a response is streamed. ResponseParserError means that the
response is not from AWS, for example a proxy's error page."""

CONFIG = Config(
    connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3}, tcp_keepalive=True
)


Call: TypeAlias = Callable[..., Mapping[str, Any]]
"""A boto3 client method: keyword arguments in, response out."""

AnswerT = TypeVar("AnswerT")
EventT = TypeVar("EventT")


class AwsError(ConsumerError):
    """A failed AWS call."""

    def __init__(self, text: str, *, code: str = "", retryable: bool = False) -> None:
        super().__init__(text)
        self.code = code
        """Error code of the AWS API. Empty if AWS returned none."""
        self.retryable = retryable
        """Whether a retry may succeed."""


def client(service: str, region: str, endpoint: str | None = None) -> Any:
    """Return a boto3 client with the credentials that the platform provides.

    Raises WrongEnvironmentError for an invalid region, AwsError if the platform temporarily provides no credentials,
    and ConsumerError for any other failure.
    """
    try:
        return cast("Any", boto3).client(service, region_name=region, endpoint_url=endpoint, config=CONFIG)
    except InvalidRegionError:
        raise WrongEnvironmentError(
            f"AWS_REGION: must be the name of an AWS region, such as eu-west-1, got {region!r}."
        ) from None
    except CredentialRetrievalError as error:  # the SDK already loads credentials when it creates a client
        raise _aws_error(f"creating the client for {service}", error) from None
    except (BotoCoreError, ValueError) as error:  # the SDK raises a bare ValueError for an invalid endpoint URL
        raise ConsumerError(f"cannot create the client for {service}: {' '.join(str(error).split())}") from None


def call_aws(action: str, call: Callable[..., AnswerT], **request: Any) -> AnswerT:
    """Make a call and return its response. Raise AwsError, which names the purpose of the call, if it fails."""
    try:
        return call(**request)
    except ERRORS as error:
        raise _aws_error(action, error) from error


def stream_events(action: str, events: Iterable[EventT]) -> Iterator[EventT]:
    """Yield the events of a streaming call. Convert its exceptions to AwsError."""
    try:
        yield from events
    except ERRORS as error:
        raise _aws_error(action, error) from error


class RetryWindow:
    """Limits how long temporary failures may continue."""

    def __init__(self, seconds: float = RETRY_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.clock = clock
        self.since: float | None = None

    def record_failure(self, error: AwsError) -> None:
        """Return if a retry makes sense. Raise the error if it is permanent or failures have continued for too long."""
        now = self.clock()
        self.since = now if self.since is None else self.since
        if now - self.since > self.seconds:
            error.retryable = False  # callers that catch it must not start another retry window
        if not error.retryable:
            raise error

    def reset(self) -> None:
        """Record a successful call."""
        self.since = None


def retry(call: Callable[[], AnswerT], stopping: Event, seconds: float = RETRY_SECONDS) -> AnswerT | None:
    """Return the result of a call, retrying while it fails with temporary errors.

    Return None if the consumer stops before it succeeds.
    """
    retry_window = RetryWindow(seconds)
    while True:
        try:
            return call()
        except AwsError as error:
            retry_window.record_failure(error)
            LOGGER.warning("%s", error)
        if stopping.wait(RETRY_PAUSE_SECONDS):
            return None


def _aws_error(action: str, error: Exception) -> AwsError:
    if isinstance(error, ClientError):
        response = cast("Mapping[str, Any]", cast("Any", error).response)
        answer: Mapping[str, str] = response.get("Error", {})
        code = answer.get("Code", "")
        reason = " ".join(answer.get("Message", "").split())
        return AwsError(
            f"{action}: AWS returned an error: {code}: {reason}", code=code, retryable=_is_retryable(response, code)
        )
    if isinstance(error, NoCredentialsError | CredentialRetrievalError):
        retryable = isinstance(error, CredentialRetrievalError)  # the credentials endpoint did not respond
        text = f"{action}: no AWS credentials. Run the consumer with an IAM role: {error}"
        return AwsError(text, retryable=retryable)
    return AwsError(f"{action}: cannot reach AWS: {error}", retryable=True)


def _is_retryable(response: Mapping[str, Any], code: str) -> bool:
    """Return whether an error response of AWS is temporary."""
    status: int = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status in (TIMEOUT, TOO_MANY) or status >= SERVER_FAULT or code in RETRYABLE_CODES:
        return True
    context = RetryContext(attempt_number=1, parsed_response=response)
    return any(cast("Any", checker).is_retryable(context) for checker in SDK_RETRY_CHECKERS)
