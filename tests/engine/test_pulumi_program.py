"""Tests of the program in a separate process, as the Pulumi CLI runs it. The Automation API does not."""

import re

import pytest
from pulumi.automation import PulumiCommand

from tests.engine import projects
from tests.engine.projects import alter, as_project, configure, pulumi
from workbench.rehearse.rehearse import program
from workbench.rehearse.sandbox import Sandbox
from workbench.stack_file import find_stack_file

pytestmark = [pytest.mark.engine, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]


@pytest.fixture(scope="module")
def executor() -> str:
    return projects.executor()


def failing(sandbox: Sandbox, package: str, token: str, reason: str) -> None:
    """Make a simulated cloud reject a function call."""
    code = (
        "from workbench.cloud import kinds\n"
        "answer = kinds.invoke\n"
        "def refuse(token, args, find):\n"
        f"    if token != {token!r}: return answer(token, args, find)\n"
        f"    raise kinds.UnknownKindError({reason!r})\n"
        "kinds.invoke = refuse"
    )
    alter(sandbox, package, code)


def test_a_refused_change_shows_its_message_without_a_traceback(command: PulumiCommand, executor: str):
    stack_file = find_stack_file("gcp-pubsub-gke")
    with Sandbox(program, command, stack=stack_file.stack) as sandbox:
        configure(sandbox, stack_file)
        sandbox.run("up")
        as_project(sandbox, executor)
        configure(sandbox, stack_file.with_config("data-pipes:platform", {"service": "gke", "mode": "autopilot"}))
        status, output = pulumi(sandbox, command, "preview")
    assert status != 0
    assert (
        len(re.findall("^ *error: .*platform.mode: cannot be changed from standard to autopilot", output, re.MULTILINE))
        == 1
    )
    assert "Traceback" not in output
    assert "KeyboardInterrupt" not in output


@pytest.mark.parametrize(
    ("stack", "token", "key"),
    [
        ("gcp-pubsub-gke", "gcp:projects/getProject:getProject", "gcp:project"),
        ("aws-kinesis-ecs", "aws:index/getCallerIdentity:getCallerIdentity", "aws:profile"),
    ],
)
def test_a_refused_lookup_is_reported_in_one_line_with_the_key(
    command: PulumiCommand, executor: str, stack: str, token: str, key: str
):
    stack_file = find_stack_file(stack)
    with Sandbox(program, command, stack=stack_file.stack) as sandbox:
        configure(sandbox, stack_file)
        as_project(sandbox, executor)
        failing(sandbox, token.split(":", maxsplit=1)[0], token, "Error 403: denied")
        status, output = pulumi(sandbox, command, "preview")
    assert status != 0
    assert (
        len(
            re.findall(
                f"^ *error: stacks/Pulumi.{stack}.yaml: {key}: must be .*Error 403: denied", output, re.MULTILINE
            )
        )
        == 1
    )
    assert "Traceback" not in output


def test_a_missing_resource_that_is_only_read_is_reported_with_the_key(command: PulumiCommand, executor: str):
    network = {
        "network": "projects/shared/global/networks/shared",
        "subnetwork": "gke",
        "cidr": "10.20.0.0/20",
        "podsRange": "pods",
        "podCidr": "10.24.0.0/14",
        "servicesRange": "services",
    }
    stack_file = (
        find_stack_file("gcp-managed-kafka-gke")
        .with_config("data-pipes:network", {"existing": network})
        .with_config("data-pipes:streaming", {"service": "managed-kafka", "existing": {"cluster": "missing"}})
    )
    with Sandbox(program, command, stack=stack_file.stack) as sandbox:
        configure(sandbox, stack_file)
        as_project(sandbox, executor)
        status, output = pulumi(sandbox, command, "preview")
    assert status != 0
    assert "gcp:managedkafka:Cluster (gcp-managed-kafka-gke-streaming.existing.cluster):" in output
    assert re.search("^ *error: .*clusters/missing' does not exist$", output, re.MULTILINE)
    assert "Traceback" not in output
