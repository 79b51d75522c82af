"""Projects on simulated clouds that the CLI runs in a separate process, with a stand-in for its language host."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from pulumi.automation import PulumiCommand

from tests.engine import language_host
from workbench.rehearse.pulumi_cli import TOOL
from workbench.rehearse.sandbox import Sandbox
from workbench.stack_file import ROOT, StackFile


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
    """Set a stack's configuration, with values for the secrets that it lacks."""
    secrets = {f"data-pipes:{path}": "hunter2" for path in stack_file.stand_ins}
    sandbox.configure(stack_file.config, secrets)


def as_project(sandbox: Sandbox, executor: str, program: Path = ROOT) -> Sandbox:
    """Run the program in a directory as an ordinary project."""
    project = sandbox.directory / "project"
    text = (ROOT / "Pulumi.yaml").read_text(encoding="utf-8")
    (project / "Pulumi.yaml").write_text(text.replace("stackConfigDir: stacks\n", ""), encoding="utf-8")
    for name in ("__main__.py", "components", ".venv"):
        if (program / name).exists():
            (project / name).symlink_to(program / name)
    return with_language_host(sandbox, executor)


def with_language_host(sandbox: Sandbox, executor: str) -> Sandbox:
    """Let the CLI find a language host for Python."""
    script = f'#!/bin/sh\nexec {shlex.join([sys.executable, language_host.__file__, executor])} "$@"\n'
    host = sandbox.directory / "bin" / "pulumi-language-python"
    host.write_text(script, encoding="utf-8")
    host.chmod(0o755)
    return sandbox


def alter(sandbox: Sandbox, package: str, code: str) -> None:
    """Run code in a simulated provider before it serves."""
    plugin = sandbox.directory / "bin" / f"pulumi-resource-{package}"
    text = plugin.read_text(encoding="utf-8")
    code += "\nfrom workbench.cloud import plugin\nplugin.main()"
    plugin.write_text(text.replace("-m workbench.cloud.plugin", f"-c {shlex.quote(code)}"), encoding="utf-8")


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
