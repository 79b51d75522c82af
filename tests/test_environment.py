"""Tests that plans and the reference consumer agree on services and environment variables."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException
from typing_extensions import override

from components.consumer import RESERVED_ENVIRONMENT, BatchSettings, ConsumerSettings
from consumer import batches
from consumer import run as program
from consumer.kafka.source import KafkaSource
from consumer.variables import Variables
from tests import stacks
from tests.combinations import ALLOWED, Combination
from tests.stacks import NAMES, shipped
from workbench.plan import Plan, plan
from workbench.stack_file import ROOT

CONTAINER = "consumer"
INJECTED = {
    "AZURE_CLIENT_ID": "set by AKS's webhook of workload identity",
    "AZURE_TENANT_ID": "likewise",
    "AZURE_FEDERATED_TOKEN_FILE": "likewise",
    "HOSTNAME": "set by every container runtime",
    "PUBSUB_EMULATOR_HOST": "set by hand, for an emulator",
}
"""Variables that the consumer reads and no plan sets."""

UNREAD = {
    ("kafka", "AWS_REGION"): "set on AWS for the SDK, whoever signs in",
    ("kafka", "STREAM_SCHEMA_GROUP"): "for images that use a schema registry",
    ("kafka", "STREAM_SCHEMA_REGISTRY"): "likewise",
    ("kafka", "STREAM_SCHEMA_REGISTRY_CLUSTER"): "likewise",
    ("kafka", "STREAM_SCHEMA_REGISTRY_IDENTITY_POOL"): "likewise",
    ("kafka", "STREAM_SCHEMA_REGISTRY_PASSWORD"): "likewise",
    ("kafka", "STREAM_SCHEMA_REGISTRY_USERNAME"): "likewise",
    ("pubsub", "STREAM_GROUP"): "the same on every service; Pub/Sub has no groups",
    ("pubsub", "STREAM_SCHEMA"): "for images that use the topic's schema",
}
"""Variables that plans may set, by service, and the reference consumer does not read."""

FORMS = list({(each.streaming, each.streaming_form): each for each in ALLOWED if each.streaming_form}.values())
"""Forms of streaming services without a shipped stack, each on one platform."""

WHICH = [*NAMES, *FORMS]


class Noted(dict[str, str]):
    """Environment that records which variables are read."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        self.read: set[str] = set()

    @override
    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)


def environments(made: Plan) -> list[dict[str, str]]:
    """Return the variables of each consumer in a plan, with stand-ins for values that only the service knows."""
    found: list[dict[str, str]] = []
    shared = [
        each.inputs.get("data", {}) for each in made.recording.resources if each.type == "kubernetes:core/v1:ConfigMap"
    ]
    settings = [data for data in shared if "STREAM_SERVICE" in data]
    for resource in made.recording.resources:
        if resource.type == "aws:ecs/taskDefinition:TaskDefinition":
            containers = json.loads(resource.input("containerDefinitions"))
            [container] = [each for each in containers if each["name"] == CONTAINER]
            found.append(variables([*container["environment"], *container.get("secrets", ())]))
        elif resource.type in {"kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet"}:
            for container in resource.input("spec.template.spec.containers"):
                if container["name"] == CONTAINER:
                    found += [{**data, **variables(container.get("env", ()))} for data in settings]
    return found


def variables(entries: Any) -> dict[str, str]:
    return {each["name"]: str(each.get("value", "0")) for each in entries}


@cache
def planned(which: str | Combination) -> list[dict[str, str]]:
    """Return the environments of a shipped stack or a combination, without variables from the stack file."""
    made = shipped(which) if isinstance(which, str) else plan(which.stack_file())
    return [
        {name: value for name, value in each.items() if name.startswith(RESERVED_ENVIRONMENT)}
        for each in environments(made)
    ]


def read(environment: Mapping[str, str]) -> tuple[Any, set[str]]:
    """Return the source for an environment, and the variables that were read."""
    noted = Noted({**environment, **({} if "AWS_REGION" in environment else INJECTED)})
    reading = Variables(noted)
    source = program._source(reading)
    reading.number("STREAM_MAX_DELIVERY_ATTEMPTS", program.TRIES)
    reading.check()
    properties = {name for name in environment if name.startswith("KAFKA_") and isinstance(source, KafkaSource)}
    return source, noted.read | properties


@pytest.fixture(autouse=True)
def _files_are_there(monkeypatch):
    monkeypatch.setattr("consumer.kafka.settings.Path.exists", lambda path: True)


@pytest.mark.parametrize("which", WHICH, ids=str)
def test_consumer_and_librdkafka_accept_the_environment_of_every_plan(which):
    assert planned(which), "every plan has a consumer"
    for environment in planned(which):
        source, _ = read(environment)
        assert (source.dead_letters is not None) == ("STREAM_DEAD_LETTERS" in environment)
        if isinstance(source, KafkaSource):
            for name, value in {**source.settings.connection, **source.settings.membership}.items():
                if isinstance(value, str):
                    assert "No such configuration property" not in refusal(name, value)


def refusal(name: str, value: str) -> str:
    """Return librdkafka's error for a property. Empty if there is none."""
    try:
        Consumer({"group.id": "none", name: value}).close()
    except KafkaException as error:
        return error.args[0].str()
    return ""


def test_plans_and_the_consumer_have_the_same_services():
    given = {environment["STREAM_SERVICE"] for which in WHICH for environment in planned(which)}
    assert given == set(program.SOURCES)


def test_every_variable_that_the_consumer_reads_is_set_by_a_plan_or_injected():
    environments = [environment for which in WHICH for environment in planned(which)]
    given = set[str]().union(*environments)
    asked = set[str]().union(*(read(environment)[1] for environment in environments))
    assert asked - given == set(INJECTED)


def test_every_variable_that_a_plan_sets_is_read_or_documented_for_other_images():
    unread = {
        (environment["STREAM_SERVICE"], name)
        for which in WHICH
        for environment in planned(which)
        for name in environment.keys() - read(environment)[1]
    }
    assert unread <= UNREAD.keys()
    documented = (ROOT / "docs" / "consumer.md").read_text(encoding="utf-8")
    assert {name for _, name in UNREAD if f"`{name}`" not in documented} == set()


@pytest.mark.parametrize("stack", ["aws-msk-eks", "aws-kinesis-ecs"])
def test_the_consumer_reads_the_batches_of_the_stack_file(stack):
    consumer = {"memory": "2Gi", "batch": {"records": 50, "milliseconds": 2000}}
    made = stacks.planned({"data-pipes:pipes": {"orders": {"consumer": consumer}}}, stack=stack)
    found = environments(made)
    assert found
    for environment in found:
        limits = batches.read(lambda records: None, Variables(environment))
        assert (limits.records, limits.seconds, limits.bytes) == (50, 2.0, 2**31 // 8)


def test_a_stack_file_without_batches_sets_no_limits_and_both_sides_have_the_same_defaults():
    assert not [name for which in WHICH for each in planned(which) for name in each if name.startswith("STREAM_BATCH")]
    assert (BatchSettings().records, BatchSettings().milliseconds) == (batches.RECORDS, batches.MILLISECONDS)
    most = ConsumerSettings(memory="64Gi", batch=BatchSettings()).variables
    variables = Variables(most)
    batches.read(lambda records: None, variables)
    assert variables.errors == []
