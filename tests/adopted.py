"""Objects that were there before a stack, other than the typical ones."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pulumi import RunError

from tests.stacks import DEFAULT
from workbench.cloud import kinds
from workbench.cloud.model import Existing
from workbench.cloud.wire import merged
from workbench.plan import Plan, plan
from workbench.stack_file import StackFile, find_stack_file

ABSENT = "absent"
IMAGE = "registry.example.com/orders:1.0.0"


class FakeClouds:
    """Simulated clouds in which a test changes what was there before."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._changes: dict[tuple[str, str], Mapping[str, Any] | str] = {}
        self._typical = kinds.existing
        monkeypatch.setattr(kinds, "existing", self._existing)

    def change(self, type_token: str, id_: str = "", **state: Any) -> None:
        """Change properties of all objects of a type, or of the one with this id."""
        self._changes[type_token, id_] = state

    def remove(self, type_token: str, id_: str = "") -> None:
        """Remove all objects of a type, or the one with this id."""
        self._changes[type_token, id_] = ABSENT

    def _existing(self, type_token: str, id_: str, location: Mapping[str, Any]) -> Existing | None:
        found = self._typical(type_token, id_, location)
        change = self._changes.get((type_token, id_), self._changes.get((type_token, ""), {}))
        if found is None or isinstance(change, str):
            return None
        return replace(found, state=merged(dict(found.state), dict(change)))


def stack(config: Mapping[str, Any]) -> StackFile:
    """Return a stack `test` with this configuration."""
    return replace(find_stack_file(DEFAULT), stack="test", config=config, source="stacks/Pulumi.test.yaml")


def warnings(made: Plan) -> list[str]:
    """Return the warnings that a preview prints."""
    return [each.text for each in made.recording.messages if each.severity == "warning"]


def planned(config: Mapping[str, Any]) -> Plan:
    """Return the plan of a stack with this configuration."""
    return plan(stack(config))


def refusal(config: Mapping[str, Any]) -> str:
    """Return the one-line error of a deployment, without the name of the file."""
    with pytest.raises(RunError) as found:
        planned(config)
    [line] = str(found.value).splitlines()
    return line.removeprefix("stacks/Pulumi.test.yaml: ")
