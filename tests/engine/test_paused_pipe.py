"""Tests on the real engine of a paused pipe: the end of the pause and another group update resources in place."""

from typing import Any

import pytest
from pulumi.automation import PulumiCommand

from tests.stacks import changed
from workbench.rehearse.rehearse import program
from workbench.rehearse.sandbox import EngineError, Sandbox

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

STACK = "aws-msk-ecs"
SERVICE, PIPE, RIGHTS = "aws:ecs/service:Service", "data-pipes:index:Pipe", "aws:iam/rolePolicy:RolePolicy"


def use(sandbox: Sandbox, **consumer: Any) -> None:
    wanted = changed({"data-pipes:pipes": {"orders": {"consumer": consumer}}}, STACK)
    sandbox.configure(wanted.config, {f"data-pipes:{path}": f"stand-in for {path}" for path in wanted.stand_ins})


def touched(sandbox: Sandbox) -> dict[str, str]:
    """Deploy, and return the operation on each resource, by its type. Alarms and the dashboard are updated in place, too."""
    steps = sandbox.run("up").touched
    assert {step for urn, step in steps.items() if ":Monitoring$" in urn} == {"update"}
    return {urn.split("::")[2].rsplit("$", 1)[-1]: step for urn, step in steps.items() if ":Monitoring$" not in urn}


def replicas(sandbox: Sandbox) -> list[Any]:
    return [item.inputs["desiredCount"] for item in sandbox.inventory.objects() if item.type == SERVICE]


def test_a_paused_pipe_starts_in_place_and_changes_its_group_only_while_paused(command: PulumiCommand):
    with Sandbox(program, command, stack=STACK) as sandbox:
        use(sandbox, paused=True)
        sandbox.run("up")
        assert replicas(sandbox) == [0]
        use(sandbox)
        assert touched(sandbox) == {SERVICE: "update", PIPE: "update"}
        assert replicas(sandbox) == [3]
        use(sandbox, group="billing")
        with pytest.raises(
            EngineError, match=r"pipes\.orders\.consumer\.group: cannot be changed from orders to billing"
        ):
            sandbox.run("preview")
        use(sandbox, group="billing", paused=True)
        changes = touched(sandbox)
        assert (changes[RIGHTS], changes[SERVICE]) == ("update", "update")
        assert replicas(sandbox) == [0]
        use(sandbox, group="billing")
        assert touched(sandbox) == {SERVICE: "update", PIPE: "update"}
        assert replicas(sandbox) == [3]
