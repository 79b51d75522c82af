"""Policies for stacks with existing streaming services and topics on AWS."""

import json

from tests.combinations import MSK
from tests.components.aws.existing import TOPIC, planned, with_topic
from workbench.permissions.permissions import permissions

EVENTS = "arn:aws:kafka:eu-west-1:*:cluster/events/*"
STREAM = "arn:aws:kinesis:eu-west-1:*:stream"


def limits(streaming, pipes):
    policy = json.loads(permissions(planned(streaming, pipes), preview=False).policy)
    return {action: set(each["Resource"]) for each in policy["Statement"] for action in each["Action"]}


def test_topics_may_be_made_on_the_existing_cluster_which_is_only_read():
    allowed = limits({"service": "msk", "existing": {"clusterArn": MSK}}, {"orders": TOPIC})
    assert EVENTS in allowed["kafka-cluster:CreateTopic"]
    assert EVENTS in allowed["kafka:DescribeCluster"]
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
