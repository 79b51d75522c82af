"""The shipped stack files, with or without changed keys."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from functools import cache
from typing import Any

from components.settings import Settings, SettingsError, load
from workbench.plan import Plan, plan
from workbench.stack_file import ROOT, StackFile, find_stack_file, read_settings

NAMES = sorted(path.name.split(".")[1] for path in (ROOT / "stacks").glob("Pulumi.*.yaml"))
DEFAULT = "aws-msk-eks"


class Mark(Enum):
    """Marker instead of a value. An enum, so that a copy is the same object."""

    REMOVED = "removed"


REMOVED = Mark.REMOVED
"""Instead of a value: removes the key."""


def changed(changes: Mapping[str, Any] | None = None, stack: str | StackFile = DEFAULT) -> StackFile:
    """Return a stack file, or the shipped one of a name, with changes by full key (`data-pipes:streaming`). They are merged into the values."""
    stack_file = find_stack_file(stack) if isinstance(stack, str) else stack
    for key, change in (changes or {}).items():
        present = {name: value for name, value in stack_file.config.items() if name != key}
        wanted = {} if change is REMOVED else {key: merged(stack_file.config.get(key), change)}
        stack_file = replace(stack_file, config={**present, **wanted})
    return stack_file


def planned(
    changes: Mapping[str, Any] | None = None, *, stack: str | StackFile = DEFAULT, preview: bool = False
) -> Plan:
    return plan(changed(changes, stack), preview=preview)


@cache
def shipped(stack: str = DEFAULT, *, preview: bool = False) -> Plan:
    return plan(find_stack_file(stack), preview=preview)


def settings(changes: Mapping[str, Any] | None = None, stack: str | StackFile = DEFAULT) -> Settings:
    return read_settings(changed(changes, stack))


def refused(config: Mapping[str, Any], *, secret_keys: frozenset[str] = frozenset()) -> list[str]:
    """Return the errors of a configuration, one per line."""
    try:
        load(config, source="stacks/Pulumi.test.yaml", stack="test", secret_keys=secret_keys)
    except SettingsError as error:
        return str(error).splitlines()
    return []


def rule(line: str) -> str:
    """Return an error without the description of its setting, which belongs to the documentation."""
    return line.partition(" Meaning of ")[0]


def merged(present: Any, change: Any) -> Any:
    """Return a value with changes. Maps are merged, REMOVED removes a key, and other values are replaced."""
    if not isinstance(change, dict):
        return change
    result = copy.deepcopy(present) if isinstance(present, dict) else {}
    for key, value in change.items():
        if value is REMOVED:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result
