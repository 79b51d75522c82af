"""Dead letters on MSK, and the consumers' group protocol."""

import json

import pytest

from tests.stacks import planned, shipped
from topic.topic import read

PROVISIONED, SERVERLESS, ECS = "aws-msk-eks", "aws-msk-serverless-eks", "aws-msk-ecs"
TOPIC = "aws:msk/topic:Topic"
NAME = "orders.dead-letters"


def with_dead_letters(stack=PROVISIONED, *, streaming=None, topic=None, **dead_letter):
    changes = {"data-pipes:pipes": {"orders": {"topic": {"deadLetter": dead_letter, **(topic or {})}}}}
    return planned({**changes, "data-pipes:streaming": streaming or {}}, stack=stack).recording


def topic_of(recording):
    """Return the dead-letter topic. The alarm on it has the same logical name."""
    [topic] = [each for each in recording.of_type(TOPIC) if each.name.endswith("-dead-letters")]
    return topic


def environment(recording):
    return recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]


def statements(recording, role):
    [policy] = [each for each in recording.of_type("aws:iam/rolePolicy:RolePolicy") if each.name == role]
    return json.loads(policy.inputs["policy"])["Statement"]


def variables(recording, stack):
    container = recording.one(f"{stack}-orders-dead-job").input("spec.template.spec.containers[0]")
    return {variable["name"]: variable["value"] for variable in container["env"]}


def test_dead_letters_have_a_topic_of_one_partition_with_as_many_replicas_as_the_pipe_s():
    topic = topic_of(shipped(PROVISIONED).recording)
    assert (topic.inputs["name"], topic.inputs["partitionCount"], topic.inputs["replicationFactor"]) == (NAME, 1, 3)
    assert json.loads(topic.inputs["configs"]) == {
        "max.message.bytes": "1114124",
        "min.insync.replicas": "2",
        "retention.ms": "1209600000",
    }


def test_they_are_kept_as_long_as_the_stack_file_says_and_never_compacted():
    recording = with_dead_letters(retentionHours=48, topic={"config": {"cleanup.policy": "compact"}})
    config = json.loads(topic_of(recording).inputs["configs"])
    assert config["retention.ms"] == "172800000"
    assert "cleanup.policy" not in config


@pytest.mark.parametrize("protect", [True, False])
def test_they_are_protected_as_the_pipe_s_topic_is(protect):
    recording = planned({"data-pipes:protect": protect}).recording
    assert topic_of(recording).protect is protect


@pytest.mark.parametrize("stack", [PROVISIONED, SERVERLESS])
def test_consumers_may_write_there_once_each_and_neither_read_nor_change_it(stack):
    recording = shipped(stack).recording
    allowed = [
        (each["Action"], each["Resource"].partition(":kafka:eu-west-1:123456789012:")[2])
        for each in statements(recording, f"{stack}-orders-role")
    ]
    path = allowed[0][1].removeprefix("cluster/")
    assert allowed == [
        (["kafka-cluster:Connect"], f"cluster/{path}"),
        (["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"], f"topic/{path}/orders"),
        (["kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"], f"group/{path}/orders"),
        (["kafka-cluster:WriteDataIdempotently"], f"cluster/{path}"),
        (["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"], f"topic/{path}/{NAME}"),
    ]


@pytest.mark.parametrize(
    ("stack", "made_by"),
    [(PROVISIONED, topic_of), (SERVERLESS, lambda recording: recording.one(f"{SERVERLESS}-orders-dead-job"))],
)
def test_consumers_get_the_dead_letter_settings_and_wait_for_the_topic(stack, made_by):
    recording = with_dead_letters(stack, maxDeliveryAttempts=7)
    assert environment(recording)["STREAM_DEAD_LETTERS"] == NAME
    assert environment(recording)["STREAM_MAX_DELIVERY_ATTEMPTS"] == "7"
    assert made_by(recording).urn in recording.requirements(recording.one("kubernetes:apps/v1:Deployment"))


def test_tasks_are_told_of_it_as_pods_are():
    recording = shipped(ECS).recording
    task = recording.one("aws:ecs/taskDefinition:TaskDefinition")
    [consumer] = [each for each in json.loads(task.inputs["containerDefinitions"]) if each["name"] == "consumer"]
    assert {"name": "STREAM_DEAD_LETTERS", "value": NAME} in consumer["environment"]
    assert topic_of(recording).urn in recording.requirements(task)


def test_a_user_with_a_password_needs_no_right_by_iam():
    recording = with_dead_letters(streaming={"authentication": "scram"})
    assert environment(recording)["STREAM_DEAD_LETTERS"] == NAME
    assert not [each for each in recording.of_type("aws:iam/rolePolicy:RolePolicy") if "orders" in each.name]


@pytest.mark.parametrize("stack", [PROVISIONED, SERVERLESS])
def test_without_dead_letters_there_is_no_topic_no_acl_and_no_variable(stack):
    recording = with_dead_letters(stack, enabled=False)
    assert len(recording.of_type(TOPIC)) + len(recording.of_type("kubernetes:batch/v1:Job")) == 1
    assert not [each.name for each in recording.resources if "-orders-dead" in each.name]
    assert not {"STREAM_DEAD_LETTERS", "STREAM_MAX_DELIVERY_ATTEMPTS"} & environment(recording).keys()
    actions = {action for each in statements(recording, f"{stack}-orders-role") for action in each["Action"]}
    assert not [action for action in actions if "Write" in action]


@pytest.mark.parametrize("stack", [PROVISIONED, SERVERLESS])
def test_growth_changes_the_pipe_s_topic_and_its_consumers_and_nothing_of_the_dead_letters(stack):
    grown = planned({"data-pipes:pipes": {"orders": {"parallelism": 6}}}, stack=stack).recording
    before = {each.urn: each.inputs for each in shipped(stack).recording.resources}
    changed = {each.name.removeprefix(f"{stack}-") for each in grown.resources if each.inputs != before[each.urn]}
    of_topic = {PROVISIONED: {"orders-topic"}, SERVERLESS: {"orders-topic-job", "orders-topic-account"}}[stack]
    assert changed == {*of_topic, "orders-deployment", "orders-old-records", "dashboard"}


def test_express_brokers_are_told_what_they_let_one_choose():
    recording = with_dead_letters(streaming={"instanceType": "express.m7g.large"})
    config = json.loads(topic_of(recording).inputs["configs"])
    assert config == {"max.message.bytes": "1114124", "retention.ms": "1209600000"}


def test_a_job_makes_the_topic_where_no_api_does_and_may_make_no_other():
    recording = shipped(SERVERLESS).recording
    wanted, _ = read(variables(recording, SERVERLESS))
    assert (wanted.name, wanted.partitions) == (NAME, 1)
    assert wanted.config == {"max.message.bytes": "1114124", "retention.ms": "1209600000"}
    connect, make = statements(recording, f"{SERVERLESS}-orders-dead-role")
    assert connect["Action"] == ["kafka-cluster:Connect"]
    assert make["Resource"] == connect["Resource"].replace(":cluster/", ":topic/") + f"/{NAME}"


def test_a_serverless_topic_is_asked_for_no_larger_records_than_the_service_takes():
    recording = with_dead_letters(SERVERLESS, topic={"config": {"max.message.bytes": "8388608"}})
    wanted, _ = read(variables(recording, SERVERLESS))
    assert wanted.config["max.message.bytes"] == "8388608"


@pytest.mark.parametrize(
    ("streaming", "protocol"),
    [
        ({}, None),
        ({"version": "4.1.x.kraft"}, "consumer"),
        ({"version": "4.1.x.kraft", "authentication": "scram"}, "consumer"),
        ({"version": "4.2.x.kraft", "instanceType": "express.m7g.large"}, "consumer"),
    ],
)
def test_brokers_deal_partitions_out_from_kafka_4_on(streaming, protocol):
    recording = planned({"data-pipes:streaming": streaming}).recording
    assert environment(recording).get("KAFKA_GROUP_PROTOCOL") == protocol


def test_consumers_of_a_serverless_cluster_share_partitions_themselves():
    assert "KAFKA_GROUP_PROTOCOL" not in environment(shipped(SERVERLESS).recording)
