"""Tests of the program in a separate process, as the Pulumi CLI runs it. The Automation API does not."""

import json
import os
import re
import shlex
import subprocess
import sys

import pytest
from pulumi.automation import PulumiCommand

from tests.engine import language_host
from workbench.rehearse.pulumi_cli import TOOL
from workbench.rehearse.rehearse import program
from workbench.rehearse.sandbox import Sandbox
from workbench.stack_file import ROOT, StackFile, find_stack_file

pytestmark = [pytest.mark.engine, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]


@pytest.fixture(scope="module")
def executor() -> str:
    """Return the script that runs a Python program, from the Go module of the engine."""
    found = subprocess.run(
        ["go", "mod", "download", "-json", "github.com/pulumi/pulumi/sdk/v3"],
        cwd=TOOL,
        capture_output=True,
        text=True,
        check=True,
    )
    return f"{json.loads(found.stdout)['Dir']}/python/cmd/pulumi-language-python-exec"


def configure(sandbox: Sandbox, stack_file: StackFile) -> None:
    secrets = {f"data-pipes:{path}": "hunter2" for path in stack_file.stand_ins}
    sandbox.configure(stack_file.config, secrets)


def as_project(sandbox: Sandbox, executor: str) -> Sandbox:
    project = sandbox.directory / "project"
    text = (ROOT / "Pulumi.yaml").read_text(encoding="utf-8")
    (project / "Pulumi.yaml").write_text(text.replace("stackConfigDir: stacks\n", ""), encoding="utf-8")
    for name in ("__main__.py", "components", ".venv"):
        (project / name).symlink_to(ROOT / name)
    script = f'#!/bin/sh\nexec {shlex.join([sys.executable, language_host.__file__, executor])} "$@"\n'
    host = sandbox.directory / "bin" / "pulumi-language-python"
    host.write_text(script, encoding="utf-8")
    host.chmod(0o755)
    return sandbox


def pulumi(sandbox: Sandbox, command: PulumiCommand, *arguments: str) -> tuple[int, str]:
    """Return the exit status and output of the CLI."""
    workspace = sandbox.stack.workspace
    done = subprocess.run(
        [command.command, *arguments, "--stack", sandbox.stack.name, "--non-interactive", "--color", "never"],
        cwd=workspace.work_dir,
        env={**os.environ, **workspace.env_vars, "PULUMI_HOME": str(workspace.pulumi_home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout


def failing(sandbox: Sandbox, package: str, token: str, reason: str) -> None:
    """Make a simulated cloud reject a function call."""
    plugin = sandbox.directory / "bin" / f"pulumi-resource-{package}"
    code = (
        "from workbench.cloud import kinds, plugin\n"
        "answer = kinds.invoke\n"
        "def refuse(token, args):\n"
        f"    if token != {token!r}: return answer(token, args)\n"
        f"    raise kinds.UnknownKindError({reason!r})\n"
        "kinds.invoke = refuse\n"
        "plugin.main()"
    )
    text = plugin.read_text(encoding="utf-8")
    plugin.write_text(text.replace("-m workbench.cloud.plugin", f"-c {shlex.quote(code)}"), encoding="utf-8")


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
