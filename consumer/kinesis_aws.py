"""Calls AWS, and tells in one line what it refused."""

from collections.abc import Callable, Iterable, Iterator, Mapping
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
from urllib3.exceptions import HTTPError

from consumer.errors import ConsumerError, WrongEnvironmentError

PASSING = frozenset(
    {
        "InternalFailure",
        "InternalFailureException",
        "InternalServerError",
        "KMSThrottlingException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
    }
)
"""The errors that pass by themselves (Kinesis API, Common errors; DynamoDB, Error handling)."""

ERRORS = (ClientError, BotoCoreError, HTTPError)
"""What the SDK raises, and where it streams, the library beneath it."""

CONFIG = Config(
    connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3}, tcp_keepalive=True
)


Call: TypeAlias = Callable[..., Mapping[str, Any]]
"""A call of a client: keywords in, an answer out."""

AnswerT = TypeVar("AnswerT")
EventT = TypeVar("EventT")


class AwsError(ConsumerError):
    """What AWS did not do."""

    def __init__(self, text: str, *, code: str = "", passing: bool = False) -> None:
        super().__init__(text)
        self.code = code
        """The error's name in AWS's API; empty where AWS said nothing."""
        self.passing = passing
        """Whether another try may mend it."""


def client(service: str, region: str, endpoint: str | None = None) -> Any:
    """A client of a service, signed in as the platform says it; what the SDK cannot make one of is told at once."""
    try:
        return cast("Any", boto3).client(service, region_name=region, endpoint_url=endpoint, config=CONFIG)
    except InvalidRegionError:
        raise WrongEnvironmentError(
            f"AWS_REGION: must be the name of a region, such as eu-west-1, not {region!r}"
        ) from None
    except (BotoCoreError, ValueError) as error:  # the SDK raises a bare ValueError for an endpoint that is no address
        raise ConsumerError(f"cannot make a client of {service}: {' '.join(str(error).split())}") from None


def asked(what: str, call: Callable[..., AnswerT], **request: Any) -> AnswerT:
    """Make a call and return its answer; raise AwsError, which says what the call was for, if there is none."""
    try:
        return call(**request)
    except ERRORS as error:
        raise _told(what, error) from error


def streamed(what: str, events: Iterable[EventT]) -> Iterator[EventT]:
    """What a call streams, with its errors told as those of calls."""
    try:
        yield from events
    except ERRORS as error:
        raise _told(what, error) from error


def _told(what: str, error: Exception) -> AwsError:
    if isinstance(error, ClientError):
        answer = cast("Mapping[str, str]", cast("Any", error).response["Error"])
        code = answer.get("Code", "")
        reason = " ".join(answer.get("Message", "").split())
        return AwsError(f"{what}: AWS refused it: {code}: {reason}", code=code, passing=code in PASSING)
    if isinstance(error, NoCredentialsError | CredentialRetrievalError):
        return AwsError(f"{what}: there are no credentials, which the platform gives to whoever has a role: {error}")
    return AwsError(f"{what}: AWS cannot be reached: {error}", passing=True)
