"""Tests of MSK Serverless: the cluster, and the Jobs that create the topics."""

import json

import pytest

from tests.stacks import planned, shipped

STACK = "aws-msk-serverless-eks"
CLUSTER = "aws:msk/serverlessCluster:ServerlessCluster"
JOB = f"{STACK}-orders-topic-job"


@pytest.fixture(scope="module")
def recording():
    return shipped(STACK).recording


def statements(recording, name):
    [policy] = [each for each in recording.of_type("aws:iam/rolePolicy:RolePolicy") if each.name == name]
    return json.loads(policy.inputs["policy"])["Statement"]


@pytest.mark.parametrize("protect", [True, False])
def test_the_cluster_uses_iam_and_only_consumers_can_reach_it(protect):
    recording = planned({"data-pipes:protect": protect}, stack=STACK).recording
    cluster = recording.one(CLUSTER)
    assert cluster.inputs["clusterName"] == STACK
    assert cluster.inputs["clientAuthentication"] == {"sasl": {"iam": {"enabled": True}}}
    assert cluster.protect is protect
    [place] = cluster.inputs["vpcConfigs"]
    assert len(place["subnetIds"]) == 3
    names = {recording.by_urn(urn).name for urn in cluster.dependencies}
    assert {f"{STACK}-private-{zone}" for zone in "abc"} <= names
    rules = recording.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    [rule] = [each.inputs for each in rules if [each.inputs["securityGroupId"]] == place["securityGroupIds"]]
    assert (rule["fromPort"], rule["toPort"]) == (9098, 9098)
    assert "referencedSecurityGroupId" in rule


def test_the_cluster_does_not_wait_for_the_platform(recording):
    required = {recording.by_urn(urn).type for urn in recording.requirements(recording.one(CLUSTER))}
    assert not any("eks/" in each or "kubernetes" in each for each in required)


def test_msk_s_topic_api_is_not_used(recording):
    assert recording.of_type("aws:msk/topic:Topic") == ()


def test_the_equation_holds_and_consumers_wait_for_their_topic():
    assert shipped(STACK).problems == ()
    assert shipped(STACK, preview=True).problems == ()
    recording = planned({"data-pipes:pipes": {"orders": {"parallelism": 7}}}, stack=STACK).recording
    deployment, job = recording.one("kubernetes:apps/v1:Deployment"), recording.one(JOB)
    assert deployment.input("spec.replicas") == 7
    assert job.urn in deployment.property_dependencies["spec"]
    assert recording.outputs["pipes"] == {"orders": {"topic": "orders", "partitions": 7, "replicas": 7}}


def test_a_preview_shows_the_replicas():
    assert shipped(STACK, preview=True).recording.outputs["pipes"] == {
        "orders": {"topic": "orders", "partitions": 3, "replicas": 3}
    }


def test_consumers_get_the_settings_and_permissions_to_read_the_topic(recording):
    environment = recording.one("kubernetes:core/v1:ConfigMap").inputs["data"]
    assert environment == {
        "AWS_REGION": "eu-west-1",
        "KAFKA_BOOTSTRAP_SERVERS": recording.outputs["bootstrapServers"],
        "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "LOG_LEVEL": "info",
        "STREAM_DEAD_LETTERS": "orders.dead-letters",
        "STREAM_GROUP": "orders",
        "STREAM_MAX_DELIVERY_ATTEMPTS": "5",
        "STREAM_SERVICE": "kafka",
        "STREAM_TOPIC": "orders",
    }
    assert [each["Action"] for each in statements(recording, f"{STACK}-orders-role")] == [
        ["kafka-cluster:Connect"],
        ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"],
        ["kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"],
        ["kafka-cluster:WriteDataIdempotently"],
        ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"],
    ]


def test_the_job_can_create_and_change_only_this_topic(recording):
    connect, make = statements(recording, f"{STACK}-orders-topic-role")
    cluster = recording.one(CLUSTER)
    assert connect["Action"] == ["kafka-cluster:Connect"]
    assert connect["Resource"].startswith(f"arn:aws:kafka:eu-west-1:123456789012:cluster/{STACK}/")
    assert cluster.urn in recording.requirements(recording.one(JOB))
    assert make["Action"] == [
        "kafka-cluster:CreateTopic",
        "kafka-cluster:DescribeTopic",
        "kafka-cluster:AlterTopic",
        "kafka-cluster:DescribeTopicDynamicConfiguration",
        "kafka-cluster:AlterTopicDynamicConfiguration",
    ]
    assert make["Resource"] == connect["Resource"].replace(":cluster/", ":topic/") + "/orders"


def test_topic_settings_and_image_are_passed_to_the_job():
    topic = {"retentionHours": 1, "config": {"cleanup.policy": "compact"}}
    changes = {
        "data-pipes:pipes": {"orders": {"topic": topic}},
        "data-pipes:streaming": {"topicImage": "registry.example.com/topic:2"},
    }
    recording = planned(changes, stack=STACK).recording
    container = recording.one(JOB).input("spec.template.spec.containers[0]")
    assert container["image"] == "registry.example.com/topic:2"
    assert {variable["name"]: variable["value"] for variable in container["env"]} == {
        "AWS_REGION": "eu-west-1",
        "KAFKA_BOOTSTRAP_SERVERS": recording.outputs["bootstrapServers"],
        "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "STREAM_TOPIC": "orders",
        "TOPIC_CONFIG": '{"cleanup.policy": "compact", "retention.ms": "3600000"}',
        "TOPIC_PARTITIONS": "3",
        "TOPIC_SETTINGS": (
            "compression.type,max.message.bytes,message.timestamp.difference.max.ms,message.timestamp.type,retention.bytes"
        ),
    }


def test_the_topic_image_is_in_the_stack_s_registry_by_default(recording):
    image = recording.one(JOB).input("spec.template.spec.containers[0].image")
    assert image == f"{recording.outputs['registry']}:topic-1.0.0"
