"""The state of a deployed stack, as `pulumi stack export` prints it. Secrets in it are encrypted."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.output import FlagError
from workbench.stack_file import ROOT
from workbench.values import is_list, is_object

State = Mapping[tuple[str, str], Mapping[str, Any]]
"""The resources of a state by their type, with the types of their parents, and their name. The project of a state may have another
name than that of a plan."""


URN_SEPARATORS = 3
"""A URN is urn:pulumi:STACK::PROJECT::TYPES::NAME (Pulumi, Resource names)."""


def key(urn: str) -> tuple[str, str]:
    """Return the part of a URN that does not depend on the project and the stack."""
    _, _, types, name = urn.split("::", 3)
    return types, name


def read_state(stack: str, file: Path | None) -> State | None:
    """Return the state of a stack: that in a file, or that of the backend. None if the backend has none, or there is no Pulumi CLI.

    Raises:
        FlagError: The file is not a state.
    """
    if file:
        try:
            return _resources(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise FlagError(
                f"--state {file}: must be the output of pulumi stack export ({error}). Write it with: pulumi stack export --stack {stack} --file {file}"
            ) from error
    if not shutil.which("pulumi"):
        return None
    exported = subprocess.run(  # noqa: S603 - fixed arguments
        ["pulumi", "stack", "export", "--stack", stack, "--non-interactive"],  # noqa: S607 - pulumi is searched on PATH
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return _resources(json.loads(exported.stdout)) if exported.returncode == 0 else None


def _resources(exported: object) -> State:
    deployment = exported.get("deployment") if is_object(exported) else None
    if not is_object(deployment):
        raise ValueError("it has no deployment")
    resources = deployment.get("resources")
    if not is_list(resources) and resources is not None:
        raise ValueError("its resources are no list")
    state: dict[tuple[str, str], Mapping[str, Any]] = {}
    for each in resources or []:
        if not is_object(each) or not all(isinstance(each.get(name), str) for name in ("urn", "type")):
            raise ValueError("a resource has no urn or type")
        if each["urn"].count("::") < URN_SEPARATORS:
            raise ValueError(f"a resource has the urn {each['urn']}")
        state[key(each["urn"])] = each
    return state
