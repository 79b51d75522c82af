"""Tests that a pipe moves to another service, platform or cloud with two changed sections and the same image."""

import json
from typing import Any

import pytest

from components.catalog import PROPOSED
from components.kubernetes.platform import KUBERNETES_REPLICAS
from tests.combinations import PAIRS, Combination
from workbench.plan import Plan, plan

MOVED = ("data-pipes:streaming", "data-pipes:platform")


def containers(found: Plan) -> list[dict[str, Any]]:
    """Return the containers of the consumers' program."""
    types = {count.type for count in KUBERNETES_REPLICAS}
    pods = [each.input("spec.template.spec.containers") for each in found.recording.resources if each.type in types]
    tasks = [
        json.loads(task.inputs["containerDefinitions"])
        for task in found.recording.of_type("aws:ecs/taskDefinition:TaskDefinition")
    ]
    return [container for listed in (*pods, *tasks) for container in listed if container["name"] == "consumer"]


def test_only_two_sections_of_the_stack_file_differ_between_all_clouds():
    [rest] = {
        repr([(key, value) for key, value in pair.stack_file().config.items() if key not in MOVED])
        for pair in PAIRS
        if pair.cloud
        in PROPOSED  # a stack on a platform that was there before also needs the full references of its images
    }
    assert "parallelism" in rest


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_a_pipe_keeps_its_image_on_every_pair(pair: Combination):
    found = plan(pair.stack_file())
    assert found.problems == ()
    images = {container["image"] for container in containers(found)}
    assert {image.rsplit("/", 1)[-1] for image in images} == {"matrix:1.0.0"}
