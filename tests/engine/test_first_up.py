"""Tests of a first deployment without pipes and alarms, so that images can be pushed before consumers start."""

import pytest
from pulumi.automation import PulumiCommand

from workbench.rehearse.rehearse import program
from workbench.rehearse.sandbox import Sandbox
from workbench.stack_file import ROOT, find_stack_file

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

PARTS = ("Pipe", "Monitoring")
EXCLUDED = [pattern for part in PARTS for pattern in (f"**:{part}::**", f"**:{part}$**")]


@pytest.mark.parametrize("stack", ["aws-msk-eks", "aws-kinesis-ecs"])
def test_a_stack_can_be_deployed_without_its_pipes_first(command: PulumiCommand, stack: str):
    page = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    assert " ".join(f"--exclude '{pattern}'" for pattern in EXCLUDED) in page
    stack_file = find_stack_file(stack)
    with Sandbox(program, command, stack=stack) as sandbox:
        values = {f"data-pipes:{path}": "stand-in" for path in stack_file.stand_ins}
        sandbox.configure(stack_file.config, values)
        sandbox.stack.up(exclude=EXCLUDED, show_secrets=False)
        made = [item.urn for item in sandbox.inventory.objects()]
        assert [urn for urn in made if "aws:ecr/repository:Repository" in urn]
        assert not [urn for urn in made if ":Pipe$" in urn or ":Monitoring$" in urn]
        followed = sandbox.run("up")
        assert followed.counts["create"] > 0
        assert {"update", "replace", "delete"}.isdisjoint(followed.counts)
        assert all(any(f":{part}$" in urn or f":{part}::" in urn for part in PARTS) for urn in followed.touched)
