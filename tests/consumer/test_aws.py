"""AWS errors are reported in one line, and temporary ones are retried for a limited time."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.credentials import CredentialResolver
from botocore.exceptions import CredentialRetrievalError

from consumer import aws as kinesis_aws
from consumer.aws import AwsError, RetryWindow, call_aws, client, retry, stream_events
from consumer.delivery import Delivery
from consumer.errors import ConsumerError, WrongEnvironmentError
from consumer.kinesis import source as kinesis
from consumer.kinesis.dead_letters import DeadLetterStream, with_data
from consumer.kinesis.shards import KinesisRecord
from consumer.kinesis_video import source as kinesis_video
from consumer.status import Status
from consumer.variables import Variables

ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "STREAM_TOPIC": "orders",
    "STREAM_GROUP": "orders",
    "STREAM_PARTITION": "0",
}

services = pytest.mark.parametrize("service", [kinesis, kinesis_video])


def run(service: Any, **changes: str) -> None:
    delivery = Delivery(handle=lambda _: None, tries=5, dead_letters=None, status=Status())
    service.source(Variables({**ENVIRONMENT, **changes})).run(delivery)


@services
@pytest.mark.parametrize("region", ["nowhere!", "-eu", "eu west 1"])
def test_an_invalid_region_is_an_environment_error(service: Any, region: str):
    with pytest.raises(WrongEnvironmentError) as error:
        run(service, AWS_REGION=region)
    assert str(error.value) == f"AWS_REGION: must be the name of an AWS region, such as eu-west-1, got {region!r}."


@services
@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("AWS_PROFILE", "nope", "The config profile (nope) could not be found"),
        ("AWS_ENDPOINT_URL", "nowhere", "Invalid endpoint: nowhere"),
    ],
)
def test_other_sdk_configuration_errors_are_reported_in_one_line(
    service: Any, name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setenv(name, value)
    with pytest.raises(ConsumerError) as fault:
        run(service)
    made = "kinesis" if service is kinesis else "dynamodb"
    assert str(fault.value) == f"cannot create the client for {made}: {told}"


Answers = Callable[..., str]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    """Serve responses in turn, repeating the last one, to clients without retries. Returns the URL."""
    monkeypatch.setattr(kinesis_aws, "CONFIG", Config(retries={"mode": "standard", "total_max_attempts": 1}))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    with ExitStack() as ended:

        def serve(*given: tuple[int, str, str], asked_for: list[bytes] | None = None) -> str:
            left = list(given)

            class Handler(BaseHTTPRequestHandler):
                def do_POST(self) -> None:
                    body = self.rfile.read(int(self.headers["Content-Length"]))
                    if asked_for is not None:
                        asked_for.append(body)
                    status, form, content = left.pop(0) if len(left) > 1 else left[0]
                    self.send_response(status)
                    self.send_header("Content-Type", form)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content.encode())

                def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - argument name of the library
                    """Log nothing."""

            server = ended.enter_context(HTTPServer(("127.0.0.1", 0), Handler))
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
            thread.start()
            ended.callback(thread.join)
            ended.callback(server.shutdown)
            url = f"http://127.0.0.1:{server.server_port}"
            monkeypatch.setenv("AWS_ENDPOINT_URL", url)
            return url

        yield serve


def named(status: int, code: str) -> tuple[int, str, str]:
    """Return an error response in AWS's format."""
    return status, "application/x-amz-json-1.1", json.dumps({"__type": code, "message": "no"})


PAGE = "text/html", "<html>no</html>"


def list_shards() -> Any:
    return call_aws("listing", client("kinesis", "eu-west-1").list_shards, StreamName="orders")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param((503, "text/plain", ""), id="503 without a body"),
        pytest.param((503, *PAGE), id="503 with a page"),
        pytest.param((502, *PAGE), id="502"),
        pytest.param((504, *PAGE), id="504"),
        pytest.param((599, "text/plain", ""), id="an unknown status above 500"),
        pytest.param((408, "text/plain", ""), id="408"),
        pytest.param((429, "text/plain", ""), id="429"),
        pytest.param(named(500, "SomethingNew"), id="500 with an unknown error"),
        pytest.param(named(400, "RequestTimeout"), id="RequestTimeout"),
        pytest.param(named(400, "RequestTimeoutException"), id="RequestTimeoutException"),
        pytest.param(named(400, "Throttling"), id="Throttling"),
        pytest.param(named(400, "ThrottlingException"), id="ThrottlingException"),
        pytest.param(named(400, "TooManyRequestsException"), id="TooManyRequestsException"),
        pytest.param(named(400, "RequestLimitExceeded"), id="RequestLimitExceeded"),
        pytest.param(named(400, "LimitExceededException"), id="LimitExceededException"),
        pytest.param(named(400, "ProvisionedThroughputExceededException"), id="ProvisionedThroughputExceededException"),
        pytest.param(named(400, "KMSThrottlingException"), id="KMSThrottlingException"),
    ],
)
def test_statuses_from_500_timeouts_and_throttling_are_retryable(answers: Answers, answer: tuple[int, str, str]):
    answers(answer)
    with pytest.raises(AwsError) as refusal:
        list_shards()
    assert refusal.value.retryable
    assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "AccessDeniedException"),
        (400, "ResourceNotFoundException"),
        (403, "UnrecognizedClientException"),
        (400, "KMSDisabledException"),
        (404, ""),
    ],
)
def test_permanent_errors_are_not_retryable(answers: Answers, status: int, code: str):
    answers(named(status, code))
    with pytest.raises(AwsError) as refusal:
        list_shards()
    assert not refusal.value.retryable


def test_a_failed_connection_is_retryable(answers: Answers, monkeypatch: pytest.MonkeyPatch):
    answers(named(400, "unused"))
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        with pytest.raises(AwsError, match="cannot reach AWS") as refusal:
            list_shards()
    assert refusal.value.retryable


@pytest.mark.parametrize("code", ["InternalFailureException", "KMSThrottlingException", "LimitExceededException"])
def test_an_error_within_an_event_stream_is_retryable_by_its_name(code: str):
    def events() -> Iterator[Any]:
        yield 1
        raise kinesis_aws.ClientError({"Error": {"Code": code, "Message": "no"}}, "SubscribeToShard")

    found = stream_events("subscribing", events())
    assert next(found) == 1
    with pytest.raises(AwsError) as refusal:
        next(found)
    assert (refusal.value.code, refusal.value.retryable) == (code, True)


def test_a_credential_retrieval_error_is_retryable(monkeypatch: pytest.MonkeyPatch):
    def fails(_: Any) -> Any:
        raise CredentialRetrievalError(provider="container-role", error_msg="Read timed out")

    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(CredentialResolver, "load_credentials", fails)
    with pytest.raises(AwsError, match="creating the client for kinesis: no AWS credentials") as refusal:
        client("kinesis", "eu-west-1")
    assert refusal.value.retryable


def test_a_call_is_retried_while_its_errors_are_retryable(answers: Answers, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kinesis_aws, "RETRY_PAUSE_SECONDS", 0.01)
    answers((503, *PAGE), named(400, "ThrottlingException"), (200, "application/x-amz-json-1.1", '{"Shards": []}'))
    found = retry(list_shards, Event())
    assert found
    assert found["Shards"] == []


def test_a_dead_letter_is_retried_after_a_temporary_error(answers: Answers, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kinesis_aws, "RETRY_PAUSE_SECONDS", 0.01)
    letters: list[bytes] = []
    answers((503, *PAGE), (200, "application/x-amz-json-1.1", "{}"), asked_for=letters)
    dead_letters = DeadLetterStream(stream="orders.dead-letters", region="eu-west-1", describe=with_data)
    record = KinesisRecord(
        topic="orders", partition="shard-0", position="17:3", key=b"red", value=b"poison", timestamp=1.5
    )
    dead_letters.put(record, reason="ValueError: no", tries=5)
    assert len(letters) == 2
    request = json.loads(letters[-1])
    assert (request["StreamName"], request["PartitionKey"]) == ("orders.dead-letters", "17:3")


def test_only_user_records_have_a_sub_sequence_number_in_the_dead_letter():
    whole = KinesisRecord(
        topic="orders", partition="shard-0", position="17", key=b"red", value=b"poison", timestamp=1.5
    )
    user_record = KinesisRecord(
        topic="orders", partition="shard-0", position="17:3", key=b"red", value=b"poison", timestamp=1.5
    )
    letter = {
        "stream": "orders",
        "shard": "shard-0",
        "sequenceNumber": "17",
        "partitionKey": "red",
        "timestamp": 1.5,
        "data": "cG9pc29u",
    }
    assert with_data(whole) == letter
    assert with_data(user_record) == {**letter, "subSequenceNumber": 3}


def test_the_retry_window_starts_at_the_first_failure_and_is_reset_by_a_success():
    now = [0.0]
    retry_window = RetryWindow(60, lambda: now[0])

    def fails() -> AwsError:
        return AwsError("cannot reach AWS", retryable=True)

    retry_window.record_failure(fails())
    now[0] = 60.0
    retry_window.record_failure(fails())
    retry_window.reset()
    now[0] = 1000.0
    retry_window.record_failure(fails())
    now[0] = 1060.5
    with pytest.raises(AwsError) as late:
        retry_window.record_failure(fails())
    assert not late.value.retryable
    with pytest.raises(AwsError, match="denied"):
        RetryWindow(60).record_failure(AwsError("denied"))
