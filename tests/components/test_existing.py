"""Tests of stacks that adopt something that was there before: rules that all services share."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pulumi import RunError

from tests.combinations import ALLOWED, EXISTING_VPC, MSK, Combination
from tests.stacks import refused
from workbench.plan import plan
from workbench.stack_file import StackFile, find_stack_file


def config(streaming: Mapping[str, Any], pipe: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "aws:region": "eu-west-1",
        "data-pipes:name": "test",
        "data-pipes:network": EXISTING_VPC,
        "data-pipes:streaming": streaming,
        "data-pipes:platform": {"service": "ecs"},
        "data-pipes:pipes": {"orders": pipe},
        **{f"data-pipes:{key}": value for key, value in more.items()},
    }


MSK_STREAMING = {"service": "msk", "existing": {"clusterArn": MSK}}
EXISTING_TOPIC: dict[str, Any] = {"topic": {"existing": True}}


def stack(**pipe: Any) -> StackFile:
    return replace(
        find_stack_file("aws-msk-ecs"), stack="test", config=config(MSK_STREAMING, {**EXISTING_TOPIC, **pipe})
    )


def test_a_topic_with_another_number_of_partitions_is_refused_with_both_numbers():
    with pytest.raises(RunError) as refusal:
        plan(stack(parallelism=5))
    [line] = str(refusal.value).splitlines()
    assert line.startswith("stacks/Pulumi.test.yaml: pipes.orders.parallelism: must be 3, ")
    assert "got 5" in line
    assert line.endswith("Set it to 3, or remove it.")


@pytest.mark.parametrize("pipe", [{}, {"parallelism": 3}], ids=["left out", "the same"])
def test_there_are_as_many_consumers_as_the_existing_topic_has_partitions(pipe: dict[str, Any]):
    [equation] = plan(stack(**pipe)).pipes
    assert (equation.partitions, equation.replicas) == (3, 3)


def test_a_new_cluster_with_nodes_needs_the_number_of_consumers():
    lines = refused({**config(MSK_STREAMING, EXISTING_TOPIC), "data-pipes:platform": {"service": "eks"}})
    assert lines == [
        "stacks/Pulumi.test.yaml: pipes.orders.parallelism: is required on a new eks cluster (its nodes are sized by it). Set it to the number "
        "of partitions of the topic."
    ]


def test_a_service_without_a_cluster_cannot_be_adopted():
    lines = refused(config({"service": "kinesis", "existing": {"name": "events"}}, {"parallelism": 3}))
    assert lines == [
        "stacks/Pulumi.test.yaml: streaming.existing: is not available on Amazon Kinesis Data Streams (only its topics can be adopted). Remove "
        "it, and set topic.existing in the pipes."
    ]


def test_a_topic_that_cannot_be_looked_up_is_refused_by_key():
    lines = refused(config({"service": "kinesis-video"}, {"parallelism": 3, **EXISTING_TOPIC}))
    assert any("pipes.orders.topic.existing: is not available on " in line for line in lines)


@pytest.mark.parametrize("combination", [each for each in ALLOWED if each.is_on_existing], ids=str)
def test_objects_in_an_adopted_cluster_stay_in_the_state_while_it_cannot_be_reached(combination: Combination):
    stack_file = combination.stack_file().with_config("data-pipes:protect", value=False)
    for provider in plan(stack_file).recording.of_type("pulumi:providers:kubernetes"):
        assert provider.inputs.get("deleteUnreachable", "false") == "false"


@pytest.mark.parametrize("name", ["*", "a b", "..", "orders/*", "x" * 250])
def test_the_name_of_an_existing_topic_has_no_wildcards(name: str):
    lines = refused(config(MSK_STREAMING, {"topic": {"existing": True, "name": name}}))
    assert len(lines) == 1
    assert "pipes.orders.topic.name: must be the name of a topic" in lines[0]


EXISTING_EKS: dict[str, Any] = {"service": "eks", "existing": {"name": "production"}}
IMAGE = {"consumer": {"image": "registry.example.com/orders:1.0.0"}}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"platform": {**EXISTING_EKS, "version": "1.35"}, "network": {}},
            "platform.version: cannot be used with platform.existing (it is a setting for a new cluster). Remove it, or remove "
            "platform.existing.",
        ),
        (
            {"platform": EXISTING_EKS, "network": {"cidr": "10.0.0.0/16"}},
            "network.cidr: cannot be used with platform.existing (it is a setting for a new cluster). Remove it, or remove platform.existing.",
        ),
        (
            {"streaming": {**MSK_STREAMING, "brokers": 6}},
            "streaming.brokers: cannot be used with streaming.existing (it is a setting for a new streaming service). Remove it, or remove "
            "streaming.existing.",
        ),
        (
            {"pipes": {"orders": {**IMAGE, "topic": {"existing": True, "retentionHours": 24}}}},
            "pipes.orders.topic.retentionHours: cannot be used with topic.existing (it is a setting for a new topic). Remove it, or remove "
            "topic.existing.",
        ),
    ],
    ids=["platform", "network", "streaming", "topic"],
)
def test_a_setting_for_a_new_thing_is_refused_for_an_existing_one(changes: dict[str, Any], text: str):
    present = config(MSK_STREAMING, {**EXISTING_TOPIC, **IMAGE})
    lines = refused({**present, **{f"data-pipes:{key}": value for key, value in changes.items()}})
    assert lines == [f"stacks/Pulumi.test.yaml: {text}"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"platform": {"service": "eks"}, "network": {"securityGroupId": "sg-0a"}},
            "network.securityGroupId: needs platform.existing (it is a setting for an existing cluster). Remove it, or set platform.existing.",
        ),
        (
            {"pipes": {"orders": {"parallelism": 3, "topic": {"name": "Orders"}}}},
            "pipes.orders.topic.name: needs topic.existing (it is a setting for an existing topic). Remove it, or set topic.existing.",
        ),
    ],
    ids=["network", "topic"],
)
def test_a_setting_for_an_existing_thing_is_refused_for_a_new_one(changes: dict[str, Any], text: str):
    lines = refused(config({"service": "msk"}, {"parallelism": 3}, **changes))
    assert lines == [f"stacks/Pulumi.test.yaml: {text}"]


def test_a_key_of_neither_form_is_unknown():
    lines = refused(config(MSK_STREAMING, {"topic": {"existing": True, "nam": "Orders"}}))
    assert lines == [
        "stacks/Pulumi.test.yaml: pipes.orders.topic.nam: unknown key. Did you mean 'name'? Valid: deadLetter, existing, name."
    ]


@pytest.mark.parametrize(("value", "shown"), [(False, "false"), ("yes", '"yes"'), (None, "null")])
def test_a_topic_is_existing_only_if_the_key_is_true(value: object, shown: str):
    lines = refused(config(MSK_STREAMING, {"parallelism": 3, "topic": {"existing": value, "retentionHours": 24}}))
    assert lines == [
        f"stacks/Pulumi.test.yaml: pipes.orders.topic.existing: must be true for a topic that was there before, got {shown}. Remove it, and "
        "the program makes the topic."
    ]


def two_pipes(orders: Mapping[str, Any], audit: Mapping[str, Any], streaming: Mapping[str, Any]) -> dict[str, Any]:
    return {**config(streaming, {}), "data-pipes:pipes": {"orders": orders, "audit": audit}}


@pytest.mark.parametrize(
    ("streaming", "topic"), [(MSK_STREAMING, "orders"), ({"service": "kinesis"}, "test-orders")], ids=["msk", "kinesis"]
)
def test_a_topic_that_another_pipe_makes_is_not_an_existing_one(streaming: dict[str, Any], topic: str):
    audit = {"parallelism": 3, "topic": {"existing": True, "name": topic}}
    assert refused(two_pipes({"parallelism": 3}, audit, streaming)) == [
        f"stacks/Pulumi.test.yaml: pipes.audit.topic.name: must be a topic that was there before, got {topic!r} (the pipe orders makes it). "
        "Correct the name, or read the topic from another stack."
    ]


def test_a_new_stream_may_have_a_pipe_with_the_name_of_an_existing_stream():
    existing = {"parallelism": 3, "topic": {"existing": True, "name": "orders"}}
    assert refused(two_pipes({"parallelism": 3}, existing, {"service": "kinesis"})) == []


def test_two_pipes_can_read_one_existing_topic_with_a_group_each():
    both = two_pipes(EXISTING_TOPIC, {"topic": {"existing": True, "name": "orders"}}, MSK_STREAMING)
    made = plan(replace(find_stack_file("aws-msk-ecs"), stack="test", config=both))
    assert made.problems == ()
    assert [equation.replicas for equation in made.pipes] == [3, 3]


def test_two_pipes_cannot_read_one_existing_topic_with_the_same_group():
    audit = {"topic": {"existing": True, "name": "orders"}, "consumer": {"group": "orders"}}
    [line] = refused(two_pipes(EXISTING_TOPIC, audit, MSK_STREAMING))
    assert "pipes.audit.consumer.group: must be different from the groups of all other pipes, got 'orders'" in line
