"""Kinesis video streams: one for each consumer of a pipe."""

import json

import pytest

from components.aws.account import AwsSettings
from components.aws.kinesis_video.settings import KinesisVideoSettings
from components.aws.kinesis_video.streams import VideoPipeSettings
from components.aws.network.network import AwsNetworkSettings
from components.settings import SettingsError
from components.settings_bases import SystemWorkloads, ValidationContext
from tests.stacks import REMOVED, planned, settings, shipped

STACK = "aws-video-ecs"
NAME = "aws-video-ecs-cameras"
STREAM = "aws:kinesis/videoStream:VideoStream"
SERVICE = "aws:ecs/service:Service"
TABLE = "aws:dynamodb/table:Table"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
KEY = f"{STACK}-video-key"


def cameras(**changes):
    return {"data-pipes:pipes": {"cameras": changes}}


def statements(recording, number):
    """Return the policy statements of one stream's consumer, and the policy."""
    [policy] = [each for each in recording.of_type("aws:iam/rolePolicy:RolePolicy") if each.name == f"{NAME}-{number}"]
    return json.loads(policy.inputs["policy"])["Statement"], policy


def environments(recording):
    """Return the consumers' environment variables, ordered by stream number."""
    tasks = [json.loads(task.inputs["containerDefinitions"])[0] for task in recording.of_type(TASK)]
    found = [{each["name"]: each["value"] for each in task["environment"]} for task in tasks]
    return sorted(found, key=lambda variables: int(variables["STREAM_PARTITION"]))


@pytest.mark.parametrize("parallelism", [1, 5])
def test_a_pipe_has_as_many_streams_as_parallelism_and_one_task_for_each(parallelism):
    plan = planned(cameras(parallelism=parallelism), stack=STACK)
    assert plan.problems == ()
    names = [stream.inputs["name"] for stream in plan.recording.of_type(STREAM)]
    assert names == [f"{NAME}-{number}" for number in range(parallelism)]
    assert [service.inputs["desiredCount"] for service in plan.recording.of_type(SERVICE)] == [1] * parallelism
    assert plan.recording.outputs["pipes"]["cameras"] == {
        "topic": NAME,
        "partitions": parallelism,
        "replicas": parallelism,
    }


def test_the_numbers_of_streams_and_tasks_are_known_in_a_preview():
    outputs = shipped(STACK, preview=True).recording.outputs
    assert outputs["pipes"]["cameras"] == {"topic": NAME, "partitions": 3, "replicas": 3}


def test_higher_parallelism_adds_streams_and_does_not_change_existing_ones():
    before = {each.name: each.inputs for each in shipped(STACK).recording.of_type(STREAM)}
    after = {each.name: each.inputs for each in planned(cameras(parallelism=4), stack=STACK).recording.of_type(STREAM)}
    assert before.items() <= after.items()
    assert after.keys() - before.keys() == {f"{NAME}-3"}


@pytest.mark.parametrize(
    ("path", "value"), [("dataRetentionInHours", 168), ("mediaType", "video/h264"), ("tags", {"Name": f"{NAME}-0"})]
)
def test_a_stream_keeps_video_for_a_week(path, value):
    first = shipped(STACK).recording.of_type(STREAM)[0]
    assert first.input(path) == value


def test_retention_and_media_type_can_be_set_for_a_pipe():
    changes = cameras(topic={"retentionHours": 1, "mediaType": "video/h265,audio/aac"})
    streams = planned(changes, stack=STACK).recording.of_type(STREAM)
    assert {each.inputs["dataRetentionInHours"] for each in streams} == {1}
    assert {each.inputs["mediaType"] for each in streams} == {"video/h265,audio/aac"}


def test_video_is_encrypted_with_the_stack_s_key():
    recording = shipped(STACK).recording
    key = recording.one(KEY)
    assert all(key.urn in stream.property_dependencies["kmsKeyId"] for stream in recording.of_type(STREAM))


def test_the_environment_of_each_consumer_contains_its_stream():
    assert [
        {name: value for name, value in variables.items() if name.startswith(("STREAM_", "AWS_"))}
        for variables in environments(shipped(STACK).recording)
    ] == [
        {
            "AWS_REGION": "eu-west-1",
            "STREAM_SERVICE": "kinesis-video",
            "STREAM_TOPIC": f"{NAME}-{number}",
            "STREAM_PARTITION": str(number),
            "STREAM_GROUP": f"{NAME}.positions",
            "STREAM_DEAD_LETTERS": f"{NAME}.dead-letters",
            "STREAM_MAX_DELIVERY_ATTEMPTS": "5",
        }
        for number in range(3)
    ]


def test_each_consumer_may_read_only_its_own_stream():
    recording = shipped(STACK).recording
    for number in range(3):
        (reading, decrypting, *_), policy = statements(recording, number)
        assert reading["Action"] == ["kinesisvideo:GetDataEndpoint", "kinesisvideo:GetMedia"]
        own = f"arn:aws:kinesisvideo:eu-west-1:123456789012:stream/{NAME}-{number}/"
        assert reading["Resource"].startswith(own)
        assert reading["Resource"].removeprefix(own).isdigit(), "the whole ARN, without a wildcard"
        assert decrypting["Action"] == ["kms:Decrypt"]
        assert recording.one(KEY).urn in policy.dependencies


@pytest.mark.parametrize("parallelism", [1, 5])
def test_a_pipe_has_one_table_of_positions_for_all_its_streams(parallelism):
    [table] = planned(cameras(parallelism=parallelism), stack=STACK).recording.of_type(TABLE)
    assert table.inputs == shipped(STACK).recording.one(TABLE).inputs


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", f"{NAME}.positions"),
        ("hashKey", "stream"),
        ("attributes", [{"name": "stream", "type": "S"}]),
        ("billingMode", "PAY_PER_REQUEST"),
        ("pointInTimeRecovery.enabled", True),
        ("tags", {"Name": f"{NAME}.positions"}),
    ],
)
def test_the_positions_table_has_a_stream_key_on_demand_billing_and_recovery(path, value):
    assert shipped(STACK).recording.one(TABLE).input(path) == value


def test_each_consumer_may_read_and_write_only_the_position_of_its_own_stream():
    recording = shipped(STACK).recording
    for number in range(3):
        allowed, _ = statements(recording, number)
        assert [each for each in allowed if "dynamodb" in json.dumps(each)] == [
            {
                "Effect": "Allow",
                "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
                "Resource": f"arn:aws:dynamodb:eu-west-1:123456789012:table/{NAME}.positions",
                "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": f"{NAME}-{number}"}},
            }
        ]


def test_consumers_depend_on_the_positions_table():
    recording = shipped(STACK).recording
    table = recording.one(TABLE)
    assert all(table.urn in recording.requirements(service) for service in recording.of_type(SERVICE))


def test_higher_parallelism_does_not_change_existing_tasks():
    def known(recording):
        return {each.name: each.inputs for each in (*recording.of_type(TASK), *recording.of_type(TABLE))}

    before, after = known(shipped(STACK).recording), known(planned(cameras(parallelism=4), stack=STACK).recording)
    assert before.items() <= after.items()
    assert after.keys() - before.keys() == {f"{NAME}-3-task"}


def test_the_positions_table_has_a_gateway_endpoint():
    endpoints = shipped(STACK).recording.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")
    services = {each.inputs["serviceName"].rsplit(".", 1)[1]: each.inputs["vpcEndpointType"] for each in endpoints}
    assert services["dynamodb"] == "Gateway"


@pytest.mark.parametrize("protect", [True, False])
def test_protect_covers_streams_positions_and_key(protect):
    recording = planned({"data-pipes:protect": protect}, stack=STACK).recording
    for held in (recording.one(KEY), *recording.of_type(STREAM), recording.one(TABLE)):
        assert held.protect is protect, held.name
    assert recording.one(TABLE).inputs["deletionProtectionEnabled"] is protect


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            cameras(topic={"retentionHours": 0}),
            "pipes.cameras.topic.retentionHours: must be at least 1, got 0. Meaning of retentionHours: The hours that video",
        ),
        (
            cameras(topic={"retentionHours": 87_601}),
            "pipes.cameras.topic.retentionHours: must be at most 87600, got 87601.",
        ),
        *(
            (
                cameras(topic={"mediaType": media_type}),
                "pipes.cameras.topic.mediaType: must be a media type such as video/h264, or several with commas between them, "
                f"got '{media_type}'",
            )
            for media_type in ("h264", "video/h264,", "video/h264, audio/aac", "video/" + "h" * 123)
        ),
        (
            {"data-pipes:streaming": {"streamQuota": 2}},
            "streaming.streamQuota: must be at least 3, the video streams of all pipes, got 2 (Kinesis Video Streams, "
            "Service quotas). Lower the pipes' parallelism, or have AWS raise the quota and set it here.",
        ),
    ],
)
def test_an_invalid_setting_is_refused_with_key_reason_and_fix(changes, line):
    with pytest.raises(SettingsError) as error:
        settings(changes, STACK)
    [message] = str(error.value).splitlines()
    assert line in message


def test_the_streams_of_all_pipes_must_fit_in_the_quota():
    def refused(parallelism):
        pipes = {f"pipe{number}": VideoPipeSettings(parallelism=each) for number, each in enumerate(parallelism)}
        account, network = AwsSettings(region="eu-west-1"), AwsNetworkSettings()
        rest = ValidationContext(
            stack="test", account=account, network=network, system_workloads=SystemWorkloads(), pipes=pipes
        )
        return list(KinesisVideoSettings(service="kinesis-video").config_errors(rest))

    assert refused([9_000, 1_000]) == []
    assert len(refused([9_000, 1_001])) == 1


def test_video_on_eks_is_refused_with_the_reason():
    platform = {"service": "eks", "admins": ["arn:aws:iam::123456789012:role/platform-admin"], "architecture": REMOVED}
    with pytest.raises(SettingsError) as error:
        settings({"data-pipes:platform": platform}, STACK)
    [message] = str(error.value).splitlines()
    assert message.endswith(
        "streaming.service: kinesis-video is not available on eks: each consumer reads its own video stream with its own identity, but "
        "all pods of a pipe share one identity. Set platform.service to ecs."
    )
