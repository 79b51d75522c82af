"""The command of drift.yml, on the real engine: what it calls a difference, and its exit status."""

from dataclasses import replace

import pytest
from pulumi.automation import CommandError, PulumiCommand

from tests.stacks import changed
from workbench.cloud import kinds
from workbench.rehearse.rehearse import program
from workbench.rehearse.sandbox import Sandbox, own_connections

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

STACK = "azure-eventhubs-aks"
REGISTRY = "azure-native:containerregistry:Registry"


def compare(sandbox: Sandbox) -> str:
    """Run `pulumi preview --refresh --expect-no-changes`. Return the engine's error, or an empty text."""
    try:
        with own_connections():
            sandbox.stack.preview(refresh=True, expect_no_changes=True)
    except CommandError as error:
        return str(error)
    return ""


def test_a_change_in_the_cloud_is_status_7_and_azures_own_changes_are_none(command: PulumiCommand):
    wanted = changed(stack=STACK)
    with Sandbox(program, command, stack=STACK) as sandbox:
        sandbox.configure(wanted.config, {f"data-pipes:{path}": f"stand-in for {path}" for path in wanted.stand_ins})
        sandbox.run("up")
        assert compare(sandbox) == ""
        [registry] = [item for item in sandbox.inventory.objects() if item.type == REGISTRY]
        opened = {"adminUserEnabled": True}
        sandbox.inventory.update(
            kinds.kind(REGISTRY),
            replace(registry, inputs={**registry.inputs, **opened}, outputs={**registry.outputs, **opened}),
        )
        assert "code: 7" in compare(sandbox)
