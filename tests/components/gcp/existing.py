"""Existing objects on Google Cloud that differ from the typical ones, for tests."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pulumi import RunError

from tests.stacks import REMOVED, changed
from workbench.cloud import kinds
from workbench.plan import Plan, plan

STACK = "gcp-pubsub-gke"
IMAGE = {"consumer": {"image": "registry.example.com/orders:1.0.0"}}
CLUSTER = "gcp:container/cluster:Cluster"


def on_existing_gke(
    streaming: Mapping[str, Any] | None = None,
    pipe: Mapping[str, Any] | None = None,
    existing: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Plan:
    """Return the plan of one pipe on an existing cluster."""
    stack_file = changed({"data-pipes:network": REMOVED}, stack=STACK)
    config = {
        **stack_file.config,
        "data-pipes:name": "gx",
        "data-pipes:streaming": streaming or {"service": "pubsub"},
        "data-pipes:platform": {"service": "gke", "existing": {"name": "production", **(existing or {})}},
        "data-pipes:pipes": {"orders": {"parallelism": 3, **IMAGE, **(pipe or {})}},
        **(more or {}),
    }
    return plan(replace(stack_file, config=config, secret_keys=frozenset(["data-pipes:secrets"])))


def alter(monkeypatch: pytest.MonkeyPatch, type_token: str, **state: Any) -> None:
    """Change the state of all existing objects of a type."""
    typical = kinds.existing

    def existing(token: str, id_: str, location: Mapping[str, Any]) -> Any:
        found = typical(token, id_, location)
        return replace(found, state={**found.state, **state}) if found and token == type_token else found

    monkeypatch.setattr(kinds, "existing", existing)


def refusal(**arguments: Any) -> str:
    """Return the error of a plan on an existing cluster. It has one line."""
    with pytest.raises(RunError) as refused:
        on_existing_gke(**arguments)
    message = str(refused.value)
    assert "\n" not in message
    return message.removeprefix("stacks/Pulumi.gcp-pubsub-gke.yaml: ")


def warnings(plan: Plan) -> list[str]:
    """Return the warnings of a plan."""
    return [message.text for message in plan.recording.messages if message.severity == "warning"]
