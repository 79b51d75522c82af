"""Dead letters on Kinesis: one stream with one shard for each pipe. Consumers may only write to it."""

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
    """Return a role's permissions on the dead-letter stream and its key, with their conditions."""
    [policy] = [each for each in recording.of_type("aws:iam/rolePolicy:RolePolicy") if each.name == role]
    statements = json.loads(policy.inputs["policy"])["Statement"]
    return [
        (statement["Action"], statement.get("Condition"))
        for statement in statements
        if name(stack) in json.dumps(statement)
    ]


@both
@pytest.mark.parametrize("parallelism", [1, 6])
def test_a_pipe_has_one_dead_letter_stream_with_one_shard(stack, parallelism):
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
def test_the_stream_is_encrypted_keeps_two_weeks_and_accepts_the_largest_record(stack, path, value):
    [stream] = dead_letters(shipped(stack).recording)
    assert stream.input(path) == value


@both
def test_the_stream_has_the_key_of_its_source_stream(stack):
    recording = shipped(stack).recording
    [stream] = dead_letters(recording)
    assert recording.one(KEYS[stack]).urn in stream.property_dependencies["kmsKeyId"]


@both
@pytest.mark.parametrize("protect", [True, False])
def test_protect_also_protects_the_dead_letter_stream(stack, protect):
    [stream] = dead_letters(changed(stack, {}, **{"data-pipes:protect": protect}))
    assert stream.protect is protect


@both
def test_consumers_may_only_write_to_the_stream(stack):
    arn = f"arn:aws:kinesis:eu-west-1:123456789012:stream/{name(stack)}"
    in_kinesis = {"kms:ViaService": "kinesis.eu-west-1.amazonaws.com", "kms:EncryptionContext:aws:kinesis:arn": arn}
    for role in WRITERS[stack]:
        assert rights(shipped(stack).recording, role, stack) == [
            (["kinesis:PutRecord"], None),
            (["kms:GenerateDataKey"], {"StringEquals": in_kinesis}),
        ]


@both
def test_retention_and_delivery_attempts_can_be_set_for_a_pipe(stack):
    recording = changed(stack, {"topic": {"deadLetter": {"retentionHours": 24, "maxDeliveryAttempts": 9}}})
    [stream] = dead_letters(recording)
    assert stream.inputs["retentionPeriod"] == 24
    inputs = json.dumps([each.inputs for each in recording.resources]).replace("\\", "")
    assert re.search(r'"STREAM_MAX_DELIVERY_ATTEMPTS"(: "9"|, "value": "9")', inputs)


@both
def test_without_dead_letters_there_is_no_stream_and_no_environment_variable(stack):
    recording = changed(stack, {"topic": {"deadLetter": {"enabled": False}}})
    assert dead_letters(recording) == []
    inputs = json.dumps([each.inputs for each in recording.resources])
    assert "STREAM_TOPIC" in inputs
    assert "STREAM_DEAD_LETTERS" not in inputs
    assert "STREAM_MAX_DELIVERY_ATTEMPTS" not in inputs


@both
@pytest.mark.parametrize(
    ("dead_letter", "line"),
    [
        (
            {"retentionHours": 23},
            ".retentionHours: must be at least 24, got 23. Meaning of retentionHours: The hours that dead letters",
        ),
        ({"retentionHours": 8761}, ".retentionHours: must be at most 8760, got 8761."),
        ({"maxDeliveryAttempts": 0}, ".maxDeliveryAttempts: must be at least 1, got 0."),
        ({"enabled": False, "retentionHours": 24}, ": has keys that are ignored when enabled is false"),
    ],
)
def test_an_invalid_setting_is_refused_with_key_and_reason(stack, dead_letter, line):
    with pytest.raises(SettingsError) as error:
        settings({"data-pipes:pipes": {PIPES[stack]: {"topic": {"deadLetter": dead_letter}}}}, stack)
    [message] = str(error.value).splitlines()
    assert f"pipes.{PIPES[stack]}.topic.deadLetter{line}" in message
