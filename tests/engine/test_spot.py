"""Tests of the procedure in docs/aws.md to move the tasks of a stack to Fargate Spot and back."""

import pytest
from pulumi.automation import PulumiCommand

from workbench.rehearse.rehearse import program
from workbench.rehearse.sandbox import EngineError, Sandbox
from workbench.stack_file import ROOT, find_stack_file

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

TARGETS = ["**aws:ecs/service:Service**", "**:Monitoring$**"]
"""The services, and the alarms that depend on them."""


def test_services_destroyed_first_can_return_on_spot_capacity(command: PulumiCommand):
    assert " ".join(f"--target '{target}'" for target in TARGETS) in (ROOT / "docs" / "aws.md").read_text(
        encoding="utf-8"
    )
    stack_file = find_stack_file("aws-video-ecs")
    with Sandbox(program, command, stack=stack_file.stack) as sandbox:
        sandbox.configure(stack_file.config)
        sandbox.run("up")
        spot = stack_file.with_config("data-pipes:platform", {**stack_file.config["data-pipes:platform"], "spot": True})
        sandbox.configure(spot.config)
        with pytest.raises(EngineError, match=r"platform\.spot: cannot be changed while the services run"):
            sandbox.run("preview")
        sandbox.configure(stack_file.config)
        sandbox.stack.destroy(target=TARGETS, show_secrets=False)
        assert not [item for item in sandbox.inventory.objects() if "aws:ecs/service:Service" in item.urn]
        sandbox.configure(spot.config)
        back = sandbox.run("up")
        created = [urn for urn, step in back.touched.items() if step == "create" and ":Monitoring$" not in urn]
        assert (len(created), back.counts.get("replace"), back.counts.get("delete")) == (3, None, None)
