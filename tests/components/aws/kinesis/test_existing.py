"""Existing Kinesis data streams: they are only read, and there are as many consumers as open shards."""

import json

import pytest

from tests.components.aws.existing import (
    IMAGE,
    ON_EKS,
    ON_EXISTING_EKS,
    TOPIC,
    errors,
    made,
    planned,
    stopped,
    with_topic,
)
from workbench.cloud.aws import existing_streams

STREAMING = {"service": "kinesis"}
STREAM = "aws:kinesis/stream:Stream"
TABLE = "aws:dynamodb/table:Table"
ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream"
KEY = existing_streams.kinesis_stream("orders", {})["kmsKeyId"]
ALIAS_KEY = existing_streams.kms_key("alias/events", {})["arn"]
EXISTING = "pipes.orders.topic.existing"


def statements(plan):
    """Return the actions of the consumers on ECS, with their resources and conditions."""
    [policy] = [each for each in plan.recording.of_type("aws:iam/rolePolicy:RolePolicy") if each.name == "test-orders"]
    return {
        (action, each["Resource"]): each.get("Condition", {})
        for each in json.loads(policy.inputs["policy"])["Statement"]
        for action in each["Action"]
    }


def variables(plan):
    """Return the consumers' environment variables on ECS."""
    [task] = plan.recording.of_type("aws:ecs/taskDefinition:TaskDefinition")
    containers = json.loads(task.inputs["containerDefinitions"])
    [consumer] = [each for each in containers if any(v["name"] == "STREAM_TOPIC" for v in each["environment"])]
    return {each["name"]: each["value"] for each in consumer["environment"]}


def test_nothing_of_the_stream_is_made_or_changed():
    plan = planned(STREAMING, {"orders": TOPIC})
    assert plan.problems == ()
    assert [each.type for each in plan.recording.resources if each.external] == [STREAM]
    streams = [each.inputs["name"] for each in made(plan) if each.type == STREAM]
    assert streams == ["test-orders.dead-letters"]
    assert not [each for each in made(plan) if each.type == "aws:kinesis/resourcePolicy:ResourcePolicy"]


@pytest.mark.parametrize("parallelism", [{}, {"parallelism": 3}])
@pytest.mark.parametrize("sections", [{}, ON_EXISTING_EKS], ids=["ecs", "existing eks"])
def test_there_are_as_many_consumers_as_open_shards(parallelism, sections):
    [equation] = planned(STREAMING, {"orders": {**TOPIC, **IMAGE, **parallelism}}, **sections).pipes
    assert (equation.partitions, equation.replicas) == (3, 3)


def test_parallelism_is_required_on_new_nodes():
    [line] = errors(STREAMING, {"orders": TOPIC}, **ON_EKS)
    assert line.startswith("pipes.orders.parallelism: is required on a new eks cluster")


def test_another_number_of_shards_is_refused_with_both_numbers():
    line = stopped(STREAMING, {"orders": {**TOPIC, "parallelism": 5}})
    assert line.startswith(
        "pipes.orders.parallelism: must be 3, the number of partitions of the existing topic, got 5 "
    )


def test_consumers_read_the_stream_as_an_application_of_their_own():
    plan = planned(STREAMING, {"orders": with_topic({}, name="events")})
    found = variables(plan)
    assert (found["STREAM_TOPIC"], found["STREAM_GROUP"], found["STREAM_DEAD_LETTERS"]) == (
        "events",
        "test-orders",
        "test-orders.dead-letters",
    )
    rights = statements(plan)
    assert {arn for action, arn in rights if action == "kinesis:GetRecords"} == {f"{ARN}/events"}
    assert {arn for action, arn in rights if action == "kinesis:PutRecord"} == {f"{ARN}/test-orders.dead-letters"}


def test_two_pipes_on_one_stream_have_leases_of_their_own():
    plan = planned(STREAMING, {name: with_topic({}, name="events") for name in ("billing", "search")})
    tables = [each.inputs["name"] for each in plan.recording.of_type(TABLE)]
    assert len(tables) == len(set(tables)) == 6
    assert {"test-billing", "test-search"} <= set(tables)


@pytest.mark.parametrize(("stream", "key"), [("orders", KEY), ("alias", ALIAS_KEY)])
def test_consumers_may_decrypt_the_records_of_the_stream_with_its_key(stream, key):
    decrypt = {
        arn: condition
        for (action, arn), condition in statements(planned(STREAMING, {"orders": with_topic({}, name=stream)})).items()
        if action == "kms:Decrypt"
    }
    assert list(decrypt) == [key]
    assert decrypt[key]["StringEquals"]["kms:EncryptionContext:aws:kinesis:arn"] == f"{ARN}/{stream}"


def test_an_unencrypted_stream_gives_no_right_on_a_key_of_others():
    plan = planned(STREAMING, {"orders": with_topic({}, name="unencrypted")})
    [decrypt] = {arn for action, arn in statements(plan) if action == "kms:Decrypt"}
    [letters] = {arn for action, arn in statements(plan) if action == "kms:GenerateDataKey"}
    assert decrypt == letters


def test_enhanced_fan_out_registers_the_application_on_the_stream():
    plan = planned(STREAMING, {"orders": with_topic({}, name="events", fanOut=True)})
    consumer = plan.recording.one("aws:kinesis/streamConsumer:StreamConsumer")
    assert (consumer.inputs["name"], consumer.inputs["streamArn"]) == ("test-orders", f"{ARN}/events")


@pytest.mark.parametrize(
    ("stream", "start", "reason"),
    [
        (
            "missing",
            "must be the name of a data stream in the account and region of the stack, got 'missing'",
            "couldn't find",
        ),
        (
            "on-demand",
            "must be the name of a stream with a fixed number of shards, got 'on-demand'",
            "update-stream-mode",
        ),
        (
            "updating",
            "must be the name of a stream that is active, got 'updating'",
            "its status is UPDATING",
        ),
    ],
)
def test_a_stream_that_cannot_be_read_stops_the_preview_with_the_reason(stream, start, reason):
    line = stopped(STREAMING, {"orders": with_topic({}, name=stream)})
    assert line.startswith(f"pipes.orders.topic.name: {start}")
    assert reason in line


@pytest.mark.parametrize(
    ("topic", "start"),
    [
        (
            {"retentionHours": 24},
            "pipes.orders.topic.retentionHours: cannot be used with ",
        ),
        ({"name": f"{ARN}/orders"}, "pipes.orders.topic.name: must be the name of a data stream"),
        (
            {"existing": False},
            "pipes.orders.topic.existing: must be true for a topic that was there before, got false. ",
        ),
    ],
)
def test_wrong_settings_are_refused_by_key(topic, start):
    [line] = errors(STREAMING, {"orders": with_topic({"parallelism": 3}, **topic)})
    assert line.startswith(start)


def test_dead_letters_of_existing_streams_count_in_the_quota():
    [line] = errors({**STREAMING, "shardQuota": 3}, {"orders": TOPIC, "made": {"parallelism": 2}})
    assert line.startswith("streaming.shardQuota: must be at least 4, ")


def test_tables_and_dead_letters_stay_when_the_program_takes_over_the_stream():
    plans = [planned(STREAMING, {"orders": pipe}) for pipe in (TOPIC, {"parallelism": 3})]
    kept = [
        {
            each.urn: each.inputs
            for each in made(plan)
            if each.type in (STREAM, TABLE) and each.name != "test-orders-stream"
        }
        for plan in plans
    ]
    assert kept[0] == kept[1]
    assert plans[1].recording.one("test-orders-stream").urn not in plans[0].recording.urns
