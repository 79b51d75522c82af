"""Policies for stacks with existing streaming services and topics on AWS."""

import json

from tests.combinations import MSK
from tests.components.aws.existing import IMAGE, ON_EXISTING_EKS, TOPIC, planned, with_topic
from workbench.permissions.permissions import permissions

EVENTS = "arn:aws:kafka:eu-west-1:*:cluster/events/*"
STREAM = "arn:aws:kinesis:eu-west-1:*:stream"


TOPICS, UUID = "arn:aws:kafka:eu-west-1:*:topic/events", MSK.rpartition("/")[2]
THREE = {"parallelism": 3}


def limits(streaming, pipes, **sections):
    policy = json.loads(permissions(planned(streaming, pipes, **sections), preview=False).policy)
    return {action: set(each["Resource"]) for each in policy["Statement"] for action in each["Action"]}


def test_on_an_existing_cluster_only_topics_of_the_stack_may_be_changed():
    allowed = limits({"service": "msk", "existing": {"clusterArn": MSK}}, {"orders": TOPIC, "payments": IMAGE | THREE})
    own = {f"{TOPICS}/{UUID}/{name}" for name in ("orders.dead-letters", "payments", "payments.dead-letters")}
    changing = {
        *("kafka:CreateTopic", "kafka:UpdateTopic", "kafka:DeleteTopic", "kafka-cluster:CreateTopic"),
        *("kafka-cluster:AlterTopic", "kafka-cluster:AlterTopicDynamicConfiguration", "kafka-cluster:DeleteTopic"),
    }
    assert {action: allowed[action] for action in changing} == dict.fromkeys(changing, own)
    everywhere = {action for action, limit in allowed.items() if f"{TOPICS}/*" in limit}
    assert all(":Describe" in action for action in everywhere), everywhere
    assert f"{TOPICS}/*" in allowed["kafka:DescribeTopic"]


def test_on_a_cluster_of_the_stack_all_its_topics_may_be_changed():
    allowed = limits({"service": "msk"}, {"orders": IMAGE | THREE}, network={})
    assert allowed["kafka:DeleteTopic"] == {"arn:aws:kafka:eu-west-1:*:topic/test/*"}


def test_the_existing_cluster_is_only_read():
    allowed = limits({"service": "msk", "existing": {"clusterArn": MSK}}, {"orders": TOPIC})
    assert EVENTS in allowed["kafka:DescribeCluster"]
    assert allowed["kafka-cluster:Connect"] == {EVENTS}
    changing = [action for action in allowed if action.startswith("kafka:") and "Cluster" in action]
    assert all(action.startswith("kafka:Describe") for action in changing), changing


def test_an_existing_stream_may_be_read_and_not_deleted():
    allowed = limits({"service": "kinesis"}, {"orders": with_topic({}, name="events")})
    assert f"{STREAM}/events" in allowed["kinesis:DescribeStreamSummary"]
    assert f"{STREAM}/events" in allowed["kinesis:ListShards"]
    assert allowed["kinesis:DeleteStream"] == {f"{STREAM}/test-*"}


def test_a_stack_without_existing_streams_may_read_only_its_own():
    allowed = limits({"service": "kinesis"}, {"orders": {"parallelism": 3}})
    assert allowed["kinesis:DescribeStreamSummary"] == {f"{STREAM}/test-*"}


def test_the_existing_eks_cluster_may_not_be_tagged():
    allowed = limits({"service": "kinesis"}, {"orders": IMAGE | THREE}, **ON_EXISTING_EKS)
    cluster = "arn:aws:eks:eu-west-1:*:cluster/production"
    assert cluster in allowed["eks:DescribeCluster"]
    assert {action for action, limit in allowed.items() if cluster in limit and "agResource" in action} == set()


def test_what_the_policy_cannot_limit_is_said():
    notes = permissions(planned({"service": "kinesis"}, {"orders": IMAGE | THREE}), preview=False).notes
    assert any("UpdateShardCount" in note and "all data streams of the account" in note for note in notes)
    notes = permissions(planned({"service": "msk", "existing": {"clusterArn": MSK}}, {"orders": TOPIC}), preview=False)
    assert any("After you add a pipe, print the policy again." in note for note in notes.notes)
    assert not any("UpdateShardCount" in note for note in notes.notes)
