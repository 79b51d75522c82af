"""Tests on the real engine of the procedures in docs/operations.md: interrupted update, lost state, shrinking through a new pipe."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import PulumiCommand

from tests.engine import projects
from tests.engine.projects import alter, as_project, configure, pulumi
from tests.stacks import changed
from workbench.prove.replicas import wait_until
from workbench.rehearse.rehearse import program
from workbench.rehearse.sandbox import EngineError, Sandbox
from workbench.stack_file import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]

STACK = "aws-msk-ecs"
TOPIC = "aws:msk/topic:Topic"
UNCHANGED = ("preview", "--refresh", "--expect-no-changes")
UP = ("up", "--yes", "--skip-preview")

ENDLESS_TOPIC = f"""
import time
from workbench.cloud.provider import SimulatedProvider
wait = SimulatedProvider._wait
SimulatedProvider._wait = lambda self, operation, type, id: wait(self, operation, type, id) if type != {TOPIC!r} else time.sleep(3600)
"""
"""Makes a simulated cloud never answer the creation of a topic, although the topic exists."""


@pytest.fixture(scope="module")
def executor() -> str:
    return projects.executor()


def topics(sandbox: Sandbox) -> dict[str, str]:
    """Return the topics in the cloud: URN and ID."""
    return {item.urn: item.id for item in sandbox.inventory.objects() if item.type == TOPIC}


def succeed(sandbox: Sandbox, command: PulumiCommand, *arguments: str) -> str:
    status, output = pulumi(sandbox, command, *arguments)
    assert status == 0, output
    return output


def import_existing(sandbox: Sandbox, command: PulumiCommand) -> None:
    """Import what exists in the cloud and is missing in the state, as in docs/operations.md, Import what exists."""
    succeed(sandbox, command, "preview", "--import-file", "import.json")
    file = sandbox.directory / "project" / "import.json"
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    ids = {(item.type, item.urn.rsplit("::", 1)[-1]): item.id for item in sandbox.inventory.objects()}
    for resource in content["resources"]:
        if "id" in resource:
            resource["id"] = ids.get((resource["type"], resource.get("logicalName") or resource["name"]))
    content["resources"] = [each for each in content["resources"] if each.get("id", "none is needed")]
    file.write_text(json.dumps(content), encoding="utf-8")
    options = ("--yes", "--skip-preview", "--protect=false", "--generate-code=false")
    succeed(sandbox, command, "import", "--file", "import.json", *options)


def kill_update(sandbox: Sandbox, command: PulumiCommand) -> None:
    """Kill the CLI while it creates the topics."""
    alter(sandbox, "aws", ENDLESS_TOPIC)
    workspace = sandbox.stack.workspace
    update = subprocess.Popen(
        [command.command, *UP, "--stack", sandbox.stack.name, "--non-interactive"],
        cwd=workspace.work_dir,
        env={**os.environ, **workspace.env_vars, "PULUMI_HOME": str(workspace.pulumi_home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: len(topics(sandbox)) == 2 or update.poll() is not None, "the topics exist in the cloud")
        assert update.poll() is None, "the update must still run"
    finally:
        update.kill()
        update.wait()
    sandbox.write_plugins()


def test_an_interrupted_update_continues_after_its_lock_and_pending_creations_are_resolved(
    command: PulumiCommand, executor: str
):
    with Sandbox(program, command, stack=STACK) as sandbox:
        as_project(sandbox, executor)
        configure(sandbox, changed(stack=STACK))
        kill_update(sandbox, command)
        status, output = pulumi(sandbox, command, *UP)
        assert status != 0
        assert "the stack is currently locked by 1 lock(s)" in output
        succeed(sandbox, command, "cancel", "--yes")
        state = json.loads(succeed(sandbox, command, "stack", "export"))
        pending = [(each["type"], each["resource"]["urn"]) for each in state["deployment"]["pending_operations"]]
        # CloudWatch replaces an alarm of the same name, so alarms need no import.
        data = [(step, urn) for step, urn in pending if ":Monitoring$" not in urn]
        assert sorted(data) == sorted(("creating", urn) for urn in topics(sandbox))
        succeed(sandbox, command, "refresh", "--yes", "--skip-preview", "--clear-pending-creates")
        import_existing(sandbox, command)
        output = succeed(sandbox, command, *UP)
        assert "aws:msk:Topic" not in [line.split()[1] for line in output.splitlines() if line.startswith(" + ")]
        succeed(sandbox, command, *UNCHANGED)


def protected(sandbox: Sandbox) -> set[str]:
    return {each["urn"] for each in sandbox.resources() if each.get("protect")}


def restore(state: Path) -> None:
    """Copy the newest state of the history back, as in docs/operations.md, Lost state."""
    newest = max((state / "history").rglob("*.checkpoint.json"), key=lambda path: path.name)
    (state / "stacks" / "data-pipes" / f"{STACK}.json").write_bytes(newest.read_bytes())


def test_lost_state_is_restored_from_the_history_or_by_imports_and_nothing_is_replaced(
    command: PulumiCommand, executor: str
):
    with Sandbox(program, command, stack=STACK) as sandbox:
        as_project(sandbox, executor)
        configure(sandbox, changed(stack=STACK))
        succeed(sandbox, command, *UP)
        kept = protected(sandbox)
        assert kept
        state = sandbox.directory / "state" / ".pulumi"
        file = state / "stacks" / "data-pipes" / f"{STACK}.json"
        file.unlink()
        assert "no stack named" in pulumi(sandbox, command, "preview")[1]
        restore(state)
        succeed(sandbox, command, *UNCHANGED)

        file.unlink()
        before = sandbox.inventory.operations()
        succeed(sandbox, command, "stack", "init")
        import_existing(sandbox, command)
        succeed(sandbox, command, *UP)
        succeed(sandbox, command, *UNCHANGED)
        assert sandbox.inventory.operations() == before, "nothing was created, changed or deleted in the cloud"
        assert protected(sandbox) == kept


def test_a_pipe_shrinks_through_a_new_pipe_and_the_old_one_is_removed_after_unprotecting_it(command: PulumiCommand):
    page = (ROOT / "docs" / "changing.md").read_text(encoding="utf-8")
    assert "pulumi state unprotect '<URN>'" in page
    small = {"parallelism": 2, "consumer": {"image": "registry.example.com/orders:1.0.0"}}
    with Sandbox(program, command, stack=STACK) as sandbox:
        configure(sandbox, changed(stack=STACK))
        sandbox.run("up")
        configure(sandbox, changed({"data-pipes:pipes": {"orders": {"parallelism": 2}}}, STACK))
        with pytest.raises(EngineError, match=r"pipes\.orders\.parallelism: cannot be changed from 3 to 2"):
            sandbox.run("preview")
        both = changed({"data-pipes:pipes": {"orders2": small}}, STACK)
        configure(sandbox, both)
        added = sandbox.run("up")
        parts = (":Pipe$", ":Pipe::", ":Monitoring$")
        assert all(any(part in urn for part in parts) for urn, step in added.touched.items() if step == "create")
        assert {"replace", "delete"}.isdisjoint(added.touched.values())

        only = both.with_config("data-pipes:pipes", {"orders2": small})
        configure(sandbox, only)
        with pytest.raises(EngineError, match="protect"):
            sandbox.run("up")
        for urn in [urn for urn in topics(sandbox) if "orders2" not in urn]:
            succeed(sandbox, command, "state", "unprotect", urn, "--yes")
        removed = sandbox.run("up")
        deleted = [urn for urn, step in removed.touched.items() if step == "delete"]
        assert deleted
        assert all("orders2" not in urn for urn in deleted)
        assert all("orders2" in urn for urn in topics(sandbox))
