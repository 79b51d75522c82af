"""What the SDK cannot make a client of is told in one line, before anything is read."""

from typing import Any

import boto3
import pytest

from consumer import kinesis, kinesis_video
from consumer.delivery import Delivery
from consumer.errors import ConsumerError, WrongEnvironmentError
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
def test_a_region_that_can_be_none_is_a_mistake_of_the_environment(service: Any, region: str):
    with pytest.raises(WrongEnvironmentError) as mistake:
        run(service, AWS_REGION=region)
    assert str(mistake.value) == f"AWS_REGION: must be the name of a region, such as eu-west-1, not {region!r}"


@services
@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("AWS_PROFILE", "nope", "The config profile (nope) could not be found"),
        ("AWS_ENDPOINT_URL", "nowhere", "Invalid endpoint: nowhere"),
    ],
)
def test_what_else_the_sdk_finds_wrong_is_told_in_one_line(
    service: Any, name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setenv(name, value)
    with pytest.raises(ConsumerError) as fault:
        run(service)
    made = "kinesis" if service is kinesis else "dynamodb"
    assert str(fault.value) == f"cannot make a client of {made}: {told}"
