"""Tests of stacks that adopt something that was there before: rules that all services share."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pulumi import RunError

from tests.combinations import EXISTING_VPC, MSK
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


def test_a_read_topic_has_no_settings_of_a_new_one():
    lines = refused(config(MSK_STREAMING, {"topic": {"existing": True, "retentionHours": 24}}))
    assert len(lines) == 1
    assert "pipes.orders.topic.retentionHours: unknown key" in lines[0]
