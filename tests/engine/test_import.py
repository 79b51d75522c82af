"""An existing topic is brought under management with the commands that `workbench import` prints."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import PulumiCommand

from tests.combinations import ALLOWED, Combination
from tests.engine.projects import executor, with_language_host
from workbench.cloud.inventory import CloudObject
from workbench.cloud.kinds import holds_data
from workbench.cloud.provider import type_of
from workbench.importing.importing import MadeTopic, imports, made_topics, without_existing
from workbench.importing.state import key
from workbench.plan import plan
from workbench.rehearse.adopted import plant
from workbench.rehearse.rehearse import program
from workbench.rehearse.sandbox import EngineError, Sandbox
from workbench.stack_file import StackFile

pytestmark = [pytest.mark.engine, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]

PROTECT = "data-pipes:protect"

BY_JOBS = {"hdinsight", "kafka-external", "msk-serverless"}
"""Services whose topics are made by a Job, so there is nothing to import."""

FORMS = {
    each.streaming: each
    for each in reversed(ALLOWED)
    if each.streaming_form == "existing-topic" and not each.platform_form and each.streaming not in BY_JOBS
}
"""A stack of each service with topics that are resources."""


def the_made_topic(stack_file: StackFile) -> MadeTopic:
    """Return the topic that the program would make for a pipe."""
    wanted = without_existing(stack_file, "orders")
    [topic] = made_topics(plan(stack_file).recording, plan(wanted).recording, "orders")
    return topic


def importable(stack_file: StackFile) -> StackFile:
    """Return a stack whose existing topic has the name that the program gives its topics."""
    orders = stack_file.config["data-pipes:pipes"]["orders"]
    topic = {**orders["topic"], "name": the_made_topic(stack_file).name}
    return stack_file.with_config("data-pipes:pipes", {"orders": {**orders, "topic": topic}})


def configure(sandbox: Sandbox, stack_file: StackFile) -> None:
    secrets = {f"data-pipes:{path}": f"stand-in for {path}" for path in stack_file.stand_ins}
    sandbox.configure(stack_file.config, secrets)


def state(sandbox: Sandbox) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    return {key(each["urn"]): each for each in sandbox.resources()}


def made_topic(stack_file: StackFile, name: str) -> tuple[Mapping[str, Any], set[str]]:
    """Return the inputs of a topic that a stack makes, without those that come from other resources of the stack, and their names."""
    recording = plan(stack_file).recording
    [topic] = [each for each in recording.resources if each.custom and each.name == name]
    own = {
        key
        for key, urns in topic.property_dependencies.items()
        if any(not recording.by_urn(urn).external for urn in urns if recording.by_urn(urn).custom)
    }
    return {key: value for key, value in topic.revealed.items() if key not in own}, own


def plant_topic(settings: Mapping[str, Any], name: str, stack_file: StackFile, sandbox: Sandbox) -> list[CloudObject]:
    """Plant what a stack adopts. The topic has the settings of the stack file without `existing`, as a user sets them."""
    planted: list[CloudObject] = []
    for each in sorted(plan(stack_file).recording.adopted, key=lambda each: "/" in each.id):
        own = settings if re.split("[,/]", each.id)[-1] == name else {}
        item = CloudObject(
            type=each.type,
            id=each.id,
            urn="there before the stack",
            status="active",
            inputs={**each.inputs, **own},
            outputs={**each.state, **own},
        )
        sandbox.inventory.plant(item)
        planted.append(item)
    return planted


def run(sandbox: Sandbox, command: PulumiCommand, line: str) -> None:
    """Run a printed command in a shell, and answer its question with yes."""
    workspace = sandbox.stack.workspace
    paths = [str(Path(command.command).parent), workspace.env_vars["PATH"]]
    done = subprocess.run(
        ["sh", "-euc", line],
        cwd=workspace.work_dir,
        env={
            **os.environ,
            **workspace.env_vars,
            "PATH": os.pathsep.join(paths),
            "PULUMI_HOME": str(workspace.pulumi_home),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("form", FORMS.values(), ids=str)
def test_an_imported_topic_is_unchanged_until_it_is_destroyed(form: Combination, command: PulumiCommand):
    stack_file = importable(form.stack_file())
    name = stack_file.config["data-pipes:pipes"]["orders"]["topic"]["name"]
    wanted = without_existing(stack_file, "orders")
    settings, own = made_topic(wanted, the_made_topic(stack_file).made.name)
    with Sandbox(program, command, stack=stack_file.stack) as sandbox:
        planted = plant_topic(settings, name, stack_file, sandbox)
        configure(sandbox, stack_file)
        sandbox.run("up")
        [topic] = imports(stack_file, "orders", state(sandbox)).topics
        assert topic.partitions in (3, None)
        with_language_host(sandbox, executor())
        run(sandbox, command, "\n".join([*topic.commands(stack_file.stack)]) + " --yes")
        [imported] = [each for each in sandbox.resources() if each["urn"].endswith(f"::{topic.name}")]
        assert imported["id"] == topic.id
        with pytest.raises(EngineError, match="protect"):  # the program does not make it yet
            sandbox.run("up")

        configure(sandbox, wanted)
        preview = sandbox.run("preview")
        # Only the key of the stack can change a topic: the owner of an existing one cannot have used it.
        assert preview.touched.get(imported["urn"]) == ("update" if own - {"credentials"} else None)
        assert not [urn for urn, change in preview.touched.items() if change == "replace" and holds_data(type_of(urn))]
        sandbox.run("up")
        left = [item for item in planted if (item.type, item.id) != (topic.type, topic.id)]
        assert [item for item in sandbox.inventory.objects() if item in left] == left
        assert not sum(n for kind, n in sandbox.run("up").counts.items() if kind != "same")

        configure(sandbox, wanted.with_config(PROTECT, value=False))
        sandbox.run("up")
        sandbox.run("destroy")
        assert sandbox.inventory.objects() == left


def test_a_made_topic_that_is_set_to_existing_is_not_deleted(command: PulumiCommand):
    made = Combination("aws", "msk", "ecs", "existing").stack_file()
    read = made.with_config("data-pipes:pipes", {"orders": {"topic": {"existing": True}}})
    with Sandbox(program, command, stack=made.stack) as sandbox:
        plant(made, sandbox.inventory)
        configure(sandbox, made)
        sandbox.run("up")
        before = [each for each in sandbox.inventory.objects() if each.type == "aws:msk/topic:Topic"]
        configure(sandbox, read)
        for action in ("preview", "up"):
            with pytest.raises(EngineError, match="protect"):
                sandbox.run(action)
        assert [each for each in sandbox.inventory.objects() if each.type == "aws:msk/topic:Topic"] == before
