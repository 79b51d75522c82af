"""The stream that consumers on Kinesis set records aside in: one for each pipe, with one shard, and theirs to write only."""

import json
import re

import pytest

from components.settings import SettingsError
from tests.stacks import planned, settings, shipped

STREAM = "aws:kinesis/stream:Stream"
PIPES = {"aws-kinesis-eks": "orders", "aws-video-ecs": "cameras"}
KEYS = {"aws-kinesis-eks": "aws-kinesis-eks-kinesis-key", "aws-video-ecs": "aws-video-ecs-video-key"}
WRITERS = {
    "aws-kinesis-eks": ["aws-kinesis-eks-orders-role"],
    "aws-video-ecs": [f"aws-video-ecs-cameras-{n}" for n in range(3)],
}
both = pytest.mark.parametrize("stack", PIPES)


def name(stack):
    return f"{stack}-{PIPES[stack]}.dead-letters"


def changed(stack, pipe, **changes):
    return planned({"data-pipes:pipes": {PIPES[stack]: pipe}, **changes}, stack=stack).recording


def dead_letters(recording):
    return [stream for stream in recording.of_type(STREAM) if stream.inputs["name"].endswith(".dead-letters")]


def rights(recording, role, stack):
    """What a role may do with the dead letters, and with their key for them, under which condition."""
    [policy] = [each for each in recording.of_type("aws:iam/rolePolicy:RolePolicy") if each.name == role]
    statements = json.loads(policy.inputs["policy"])["Statement"]
    return [
        (statement["Action"], statement.get("Condition"))
        for statement in statements
        if name(stack) in json.dumps(statement)
    ]


@both
@pytest.mark.parametrize("parallelism", [1, 6])
def test_a_pipe_has_one_stream_for_them_with_one_shard_whatever_its_parallelism(stack, parallelism):
    [stream] = dead_letters(changed(stack, {"parallelism": parallelism}))
    assert (stream.inputs["name"], stream.inputs["shardCount"]) == (name(stack), 1)


@both
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("streamModeDetails.streamMode", "PROVISIONED"),
        ("encryptionType", "KMS"),
        ("retentionPeriod", 336),
        ("maxRecordSizeInKib", 2048),
        ("enforceConsumerDeletion", True),
    ],
)
def test_it_keeps_two_weeks_of_them_encrypted_with_room_for_the_largest_record(stack, path, value):
    [stream] = dead_letters(shipped(stack).recording)
    assert stream.input(path) == value


@both
def test_it_is_encrypted_with_the_key_of_what_they_were_read_from(stack):
    recording = shipped(stack).recording
    [stream] = dead_letters(recording)
    assert recording.one(KEYS[stack]).urn in stream.property_dependencies["kmsKeyId"]


@both
@pytest.mark.parametrize("protect", [True, False])
def test_it_is_protected_as_the_records_are(stack, protect):
    [stream] = dead_letters(changed(stack, {}, **{"data-pipes:protect": protect}))
    assert stream.protect is protect


@both
def test_consumers_may_write_to_it_and_nothing_else(stack):
    arn = f"arn:aws:kinesis:eu-west-1:123456789012:stream/{name(stack)}"
    in_kinesis = {"kms:ViaService": "kinesis.eu-west-1.amazonaws.com", "kms:EncryptionContext:aws:kinesis:arn": arn}
    for role in WRITERS[stack]:
        assert rights(shipped(stack).recording, role, stack) == [
            (["kinesis:PutRecord"], None),
            (["kms:GenerateDataKey"], {"StringEquals": in_kinesis}),
        ]


@both
def test_how_long_they_are_kept_and_after_how_many_tries_is_the_pipe_s_to_choose(stack):
    recording = changed(stack, {"topic": {"deadLetter": {"retentionHours": 24, "maxDeliveryAttempts": 9}}})
    [stream] = dead_letters(recording)
    assert stream.inputs["retentionPeriod"] == 24
    told = json.dumps([each.inputs for each in recording.resources]).replace("\\", "")
    assert re.search(r'"STREAM_MAX_DELIVERY_ATTEMPTS"(: "9"|, "value": "9")', told)


@both
def test_without_them_there_is_no_stream_and_consumers_are_told_of_none(stack):
    recording = changed(stack, {"topic": {"deadLetter": {"enabled": False}}})
    assert dead_letters(recording) == []
    told = json.dumps([each.inputs for each in recording.resources])
    assert "STREAM_TOPIC" in told
    assert "STREAM_DEAD_LETTERS" not in told
    assert "STREAM_MAX_DELIVERY_ATTEMPTS" not in told


@both
@pytest.mark.parametrize(
    ("dead_letter", "line"),
    [
        (
            {"retentionHours": 23},
            ".retentionHours: must be at least 24, got 23.",
        ),
        ({"retentionHours": 8761}, ".retentionHours: must be at most 8760, got 8761."),
        ({"maxDeliveryAttempts": 0}, ".maxDeliveryAttempts: must be at least 1, got 0."),
        ({"enabled": False, "retentionHours": 24}, ": has keys that are ignored when enabled is false"),
    ],
)
def test_a_mistake_is_told_with_key_and_reason(stack, dead_letter, line):
    with pytest.raises(SettingsError) as error:
        settings({"data-pipes:pipes": {PIPES[stack]: {"topic": {"deadLetter": dead_letter}}}}, stack)
    [told] = str(error.value).splitlines()
    assert f"pipes.{PIPES[stack]}.topic.deadLetter{line}" in told
