"""Stack files of tests with existing streaming services and topics on AWS."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pulumi import RunError

from tests.combinations import EXISTING_VPC, MSK
from tests.stacks import merged, refused
from workbench.cloud.model import ACCOUNT
from workbench.plan import Plan, plan
from workbench.recording.records import RecordedResource
from workbench.stack_file import find_stack_file

ON_EKS: dict[str, Any] = {"platform": {"service": "eks"}}
ON_EXISTING_EKS = {"platform": {"service": "eks", "existing": {"name": "production"}}, "network": {}}
IMAGE = {"consumer": {"image": "registry.example.com/pipes:1.0.0"}}
TOPIC: dict[str, Any] = {"topic": {"existing": True}}


def config(streaming: Mapping[str, Any], pipes: Mapping[str, Any], **sections: Any) -> dict[str, Any]:
    """Return the keys of a stack on ECS in an existing VPC. `sections` replace the others, such as the platform."""
    return {
        "aws:region": "eu-west-1",
        "data-pipes:name": "test",
        "data-pipes:network": EXISTING_VPC,
        "data-pipes:streaming": streaming,
        "data-pipes:platform": {"service": "ecs"},
        "data-pipes:pipes": pipes,
        **{key if ":" in key else f"data-pipes:{key}": value for key, value in sections.items()},
    }


def planned(streaming: Mapping[str, Any], pipes: Mapping[str, Any], *, preview: bool = False, **sections: Any) -> Plan:
    stack_file = replace(find_stack_file("aws-msk-ecs"), stack="test", config=config(streaming, pipes, **sections))
    return plan(stack_file, preview=preview)


def stopped(streaming: Mapping[str, Any], pipes: Mapping[str, Any], **sections: Any) -> str:
    """Return the error that stops a preview. It has one line."""
    with pytest.raises(RunError) as error:
        planned(streaming, pipes, preview=True, **sections)
    [line] = str(error.value).splitlines()
    return line.removeprefix("stacks/Pulumi.test.yaml: ")


def errors(streaming: Mapping[str, Any], pipes: Mapping[str, Any], **sections: Any) -> list[str]:
    """Return the errors of the stack file."""
    prefix = "stacks/Pulumi.test.yaml: "
    return [line.removeprefix(prefix) for line in refused(config(streaming, pipes, **sections))]


def msk_cluster(name: str, account: str = ACCOUNT) -> dict[str, Any]:
    """Return the streaming section for an existing MSK cluster. Words in its name change it (existing_streams.py)."""
    arn = MSK.replace("/events/", f"/{name}/").replace(ACCOUNT, account)
    return {"service": "msk", "existing": {"clusterArn": arn}}


def with_topic(pipe: Mapping[str, Any], **topic: Any) -> dict[str, Any]:
    """Return a pipe with an existing topic."""
    return merged({**TOPIC, **pipe}, {"topic": topic})


def made(plan: Plan) -> list[RecordedResource]:
    """Return the resources that a stack makes in AWS."""
    return [
        each for each in plan.recording.resources if each.custom and not each.external and each.type.startswith("aws:")
    ]
