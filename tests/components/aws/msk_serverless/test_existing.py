"""Existing serverless MSK clusters, and existing topics on serverless clusters."""

import json

import pytest

from tests.combinations import MSK, MSK_SERVERLESS
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
from tests.stacks import planned as planned_stack
from workbench.cloud.aws import existing

STREAMING = {"service": "msk-serverless", "existing": {"clusterArn": MSK_SERVERLESS}}
PIPE = {"parallelism": 3, **TOPIC}
ARN = "streaming.existing.clusterArn"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
MADE_TOPIC, READ_TOPIC = "test-orders-topic-job", "test-orders-topic-job"
STACK = "aws-msk-serverless-eks"


def actions(plan, role):
    [policy] = [each for each in plan.recording.of_type("aws:iam/rolePolicy:RolePolicy") if each.name == role]
    statements = json.loads(policy.inputs["policy"])["Statement"]
    return {(action, each["Resource"]) for each in statements for action in each["Action"]}


def environment(plan, job):
    container = plan.recording.one(job).input("spec.template.spec.containers[0]")
    return {each["name"]: each["value"] for each in container["env"]}


def test_nothing_of_the_cluster_is_made_or_changed():
    plan = planned(STREAMING, {"orders": PIPE}, **ON_EKS)
    assert plan.problems == ()
    assert [each.type for each in plan.recording.resources if each.external] == [
        "aws:msk/serverlessCluster:ServerlessCluster"
    ]
    assert not [each.urn for each in made(plan) if "msk/" in each.type]


def test_topics_can_be_made_on_an_existing_cluster():
    plan = planned(STREAMING, {"orders": {"parallelism": 6}}, **ON_EKS)
    assert environment(plan, MADE_TOPIC)["TOPIC_PARTITIONS"] == "6"
    assert environment(plan, MADE_TOPIC)["KAFKA_BOOTSTRAP_SERVERS"] == plan.recording.outputs["bootstrapServers"]
    [equation] = plan.pipes
    assert (equation.partitions, equation.replicas) == (6, 6)


def test_a_job_may_only_describe_an_existing_topic():
    plan = planned(STREAMING, {"orders": with_topic(PIPE, name="shop_orders.v2")}, **ON_EKS)
    topic = MSK_SERVERLESS.replace(":cluster/", ":topic/")
    assert environment(plan, READ_TOPIC)["STREAM_TOPIC"] == "shop_orders.v2"
    assert environment(plan, READ_TOPIC)["TOPIC_EXISTING"] == "true"
    assert actions(plan, "test-orders-topic-role") == {
        ("kafka-cluster:Connect", MSK_SERVERLESS),
        ("kafka-cluster:DescribeTopic", f"{topic}/shop_orders.v2"),
    }


def test_consumers_may_read_only_the_topic_in_one_group_and_write_only_their_dead_letters():
    plan = planned(STREAMING, {"orders": with_topic(PIPE, name="shop_orders.v2")}, **ON_EKS)
    within = MSK_SERVERLESS.replace(":cluster/", ":{}/")
    assert actions(plan, "test-orders-role") == {
        ("kafka-cluster:Connect", MSK_SERVERLESS),
        ("kafka-cluster:DescribeTopic", f"{within.format('topic')}/shop_orders.v2"),
        ("kafka-cluster:ReadData", f"{within.format('topic')}/shop_orders.v2"),
        ("kafka-cluster:DescribeGroup", f"{within.format('group')}/orders"),
        ("kafka-cluster:AlterGroup", f"{within.format('group')}/orders"),
        ("kafka-cluster:WriteDataIdempotently", MSK_SERVERLESS),
        ("kafka-cluster:DescribeTopic", f"{within.format('topic')}/orders.dead-letters"),
        ("kafka-cluster:WriteData", f"{within.format('topic')}/orders.dead-letters"),
    }


def test_dead_letters_of_an_existing_topic_may_be_as_large_as_msk_serverless_allows():
    letters = environment(planned(STREAMING, {"orders": PIPE}, **ON_EKS), "test-orders-dead-job")
    assert json.loads(letters["TOPIC_CONFIG"])["max.message.bytes"] == "8388608"


def test_an_existing_topic_can_be_read_on_a_cluster_of_the_stack():
    plan = planned_stack({"data-pipes:pipes": {"orders": PIPE}}, stack=STACK)
    assert plan.problems == ()
    assert environment(plan, f"{STACK}-orders-topic-job")["TOPIC_EXISTING"] == "true"


@pytest.mark.parametrize("sections", [ON_EKS, ON_EXISTING_EKS], ids=["new eks", "existing eks"])
def test_parallelism_is_required_because_only_the_job_can_read_the_number(sections):
    streaming = {**STREAMING, "topicImage": "registry.example.com/topic:1.0.0"}
    lines = errors(streaming, {"orders": {**TOPIC, **IMAGE}}, **sections)
    assert any(line.startswith("pipes.orders.parallelism: is required on MSK Serverless") for line in lines)


def test_the_topic_image_must_be_in_the_user_s_registry_on_an_existing_cluster():
    [line] = errors(STREAMING, {"orders": {**PIPE, **IMAGE}}, **ON_EXISTING_EKS)
    assert line.startswith("streaming.topicImage: must be a full reference")


@pytest.mark.parametrize("open_group", [True, False])
def test_one_rule_opens_the_cluster_s_security_group_unless_its_owner_does_it(open_group):
    streaming = {**STREAMING, "existing": {"clusterArn": MSK_SERVERLESS, "openSecurityGroup": open_group}}
    rules = planned(streaming, {"orders": PIPE}, **ON_EKS).recording.of_type(INGRESS)
    brokers = [each.inputs for each in rules if each.inputs["securityGroupId"] == existing.BROKERS]
    assert [(each["fromPort"], each["toPort"]) for each in brokers] == ([(9098, 9098)] if open_group else [])


@pytest.mark.parametrize("name", ["missing", "creating"])
def test_a_cluster_that_is_not_there_or_not_ready_stops_the_preview(name):
    arn = MSK_SERVERLESS.replace("/events/", f"/{name}/")
    line = stopped({**STREAMING, "existing": {"clusterArn": arn}}, {"orders": PIPE}, **ON_EKS)
    assert line.startswith(f"{ARN}: must be the ARN of an MSK cluster that is there and ready, got '{arn}'")


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        (
            {"existing": {"clusterArn": MSK}},
            f"{ARN}: must be the ARN of a serverless cluster, got that of a cluster with brokers",
        ),
        ({"authentication": "iam"}, "streaming.authentication: cannot be used with "),
    ],
    ids=["brokers", "mixed"],
)
def test_wrong_settings_are_refused_by_key(changes, start):
    [line] = errors({**STREAMING, **changes}, {"orders": PIPE}, **ON_EKS)
    assert line.startswith(start)


def test_ecs_is_refused_with_the_reason():
    [line] = errors(STREAMING, {"orders": PIPE})
    assert line.startswith("streaming.service: msk-serverless is not available on ecs: ")


def test_dead_letters_keep_their_urns_when_the_program_takes_over_the_topic():
    plans = [planned(STREAMING, {"orders": pipe}, **ON_EKS) for pipe in (PIPE, {"parallelism": 3})]
    letters = [{each.urn for each in plan.recording.resources if "-dead" in each.name} for plan in plans]
    assert letters[0] == letters[1]
