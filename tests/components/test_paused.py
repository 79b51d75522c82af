"""Tests of a paused pipe: everything is created, no replica runs, and the end of the pause is an update in place."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.stacks import NAMES, planned, settings, shipped
from workbench.diff.resources import walk
from workbench.plan import Plan

PARTITIONED = {"topic": {"mode": "partitioned"}}
REPLICAS = {"spec.replicas", "desiredCount"}
ENABLED = re.compile(r"(rules\[\d+\]\.)?enabled")
ALARMS = {"dashboardBody", "data", "threshold", "treatMissingData"}
"""Inputs of alarms and dashboards that a pause changes, all of them in place."""


RULES = 'spec.groups["'
"""Path of the alarms in a PrometheusRule. A disabled rule is left out of it."""


def paused(stack: str, **pipe: Any) -> Plan:
    return planned(
        {"data-pipes:pipes": {name: {"consumer": {"paused": True}, **pipe} for name in pipes(stack)}}, stack=stack
    )


def pipes(stack: str) -> list[str]:
    return list(settings(stack=stack).pipes)


def differences(before: Plan, after: Plan) -> Iterator[tuple[str, Any, Any]]:
    """Return the inputs of two plans that differ, except those of the pipes' components."""
    inputs = [{each.urn: each for each in plan.recording.resources} for plan in (before, after)]
    assert inputs[0].keys() == inputs[1].keys(), "a pause must not add or remove a resource"
    for urn, resource in inputs[0].items():
        if resource.type != "data-pipes:index:Pipe":
            yield from walk(resource.inputs, inputs[1][urn].inputs)


def assert_nothing_runs(before: Plan, after: Plan) -> None:
    assert after.problems == ()
    found = list(differences(before, after))
    assert not any(new for path, _, new in found if ENABLED.fullmatch(path)), "alarms of a paused pipe are off"
    changed = {path: (old, new) for path, old, new in found if not ENABLED.fullmatch(path)}
    others = {path for path in changed if path.split(".")[0] not in ALARMS and not path.startswith(RULES)}
    assert others <= {*REPLICAS, "deploymentMinimumHealthyPercent"}
    assert {new for path, (_, new) in changed.items() if path in REPLICAS} == {0}
    for running, resting in zip(before.pipes, after.pipes, strict=True):
        assert resting.as_json() == {"partitions": running.partitions, "replicas": 0, "paused": True}


@pytest.mark.parametrize("stack", NAMES)
def test_a_paused_stack_has_the_same_resources_without_replicas(stack: str):
    assert_nothing_runs(shipped(stack), paused(stack))


def test_consumers_with_one_partition_each_are_paused_too():
    running = planned({"data-pipes:pipes": {"orders": PARTITIONED}}, stack="gcp-pubsub-gke")
    assert running.recording.of_type("kubernetes:apps/v1:StatefulSet")
    assert_nothing_runs(running, paused("gcp-pubsub-gke", **PARTITIONED))


def test_each_service_of_a_pipe_with_one_service_per_stream_is_paused():
    services = paused("aws-video-ecs").recording.of_type("aws:ecs/service:Service")
    assert [each.inputs["desiredCount"] for each in services] == [0, 0, 0]


def outputs(plan: Plan) -> Mapping[str, Any]:
    return plan.recording.outputs["pipes"]["orders"]


@pytest.mark.parametrize("stack", ["aws-msk-eks", "aws-msk-ecs"])
def test_the_outputs_name_only_a_paused_pipe_as_paused(stack: str):
    assert outputs(paused(stack)) == {"topic": "orders", "partitions": 3, "replicas": 0, "paused": True}
    assert outputs(shipped(stack)) == {"topic": "orders", "partitions": 3, "replicas": 3}


def test_the_number_of_replicas_still_comes_from_the_topic():
    recording = paused("aws-msk-eks").recording
    topic = recording.one("aws-msk-eks-orders-topic")
    assert topic.urn in recording.one("kubernetes:apps/v1:Deployment").property_dependencies["spec"]
