"""Stacks on Azure that adopt what was there before, and their plans."""

from collections.abc import Mapping
from typing import Any

import pytest
from pulumi import RunError

from components.settings import SettingsError
from tests.combinations import Combination
from workbench.plan import Plan, plan
from workbench.stack_file import StackFile, read_settings


def stack(
    streaming: str, form: str = "", platform_form: str = "existing", changes: Mapping[str, Any] | None = None
) -> StackFile:
    """Return a stack of the matrix with other sections, such as `pipes`. Keys with a colon are of the account."""
    stack_file = Combination("azure", streaming, "aks", form, platform_form).stack_file()
    for key, value in (changes or {}).items():
        stack_file = stack_file.with_config(key if ":" in key else f"data-pipes:{key}", value)
    return stack_file


def refused(stack_file: StackFile) -> list[str]:
    """Return the errors of a stack file, without its name."""
    with pytest.raises(SettingsError) as refusal:
        read_settings(stack_file)
    return [line.split(": ", 1)[1] for line in str(refusal.value).splitlines()]


def stopped(stack_file: StackFile) -> str:
    """Return the error of a deployment, without the name of the file. It has no traceback."""
    with pytest.raises(RunError) as refusal:
        plan(stack_file, preview=True)
    return "\n".join(line.split(".yaml: ", 1)[1] for line in str(refusal.value).splitlines())


def warnings(made: Plan) -> list[str]:
    return [message.text for message in made.recording.messages if message.severity == "warning"]
