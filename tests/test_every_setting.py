"""Tests that every key of a stack file changes a deployed resource."""

import json
import re
from functools import cache
from typing import Any

import pytest

from tests import other_existing_values, other_values
from tests.other_values import EXISTING, OWNERS, VNET
from tests.stacks import merged, planned, settings
from workbench.plan import Plan
from workbench.reference import page

OTHER = other_values.OTHER | other_existing_values.OTHER
STACKS = other_values.STACKS | other_existing_values.STACKS
TOGETHER = other_values.TOGETHER | other_existing_values.TOGETHER
CHECKED = other_values.CHECKED | other_existing_values.CHECKED


def keys() -> dict[str, set[str]]:
    """Return the keys of the reference page, by the service of their section."""
    found: dict[str, set[str]] = {}
    for section in page().split("\n## ")[1:]:
        title = section.splitlines()[0]
        service = re.fullmatch(
            r"(?:The account on |The network on |The network of the cluster: |Alarms on |Streaming: |Platform: |A pipe on )(.+)",
            title,
        )
        listed = re.findall(r"^\| `([^`]+)` \|", section, flags=re.MULTILINE)
        for key in listed:
            owner = OWNERS.get(key) or (service[1] if service else "every stack")
            tried = "[]" not in key and not key.endswith((".service", ".topic.existing"))
            contains_others = ", existing" in owner and any(other.startswith(f"{key}.") for other in listed)
            if tried and not contains_others and key not in CHECKED.get(owner, set()):
                found.setdefault(owner, set()).add(key)
    return found


def test_every_key_of_the_reference_is_tested():
    assert {service: set(tried) for service, tried in OTHER.items()} == keys()


def adopted(service: str) -> dict[str, Any]:
    """Return an existing network that the service supports."""
    if service == "hdinsight":
        return {**EXISTING["azure"], "hdinsightSubnetId": f"{VNET}/subnets/hdinsight"}
    return EXISTING[service]


def changes(key: str, value: Any, pipe: str, service: str) -> dict[str, Any]:
    """Return a change of one key in the format of `planned`."""
    top, *rest = key.replace("NAME", pipe).split(".")
    if key.startswith("data-pipes:network.existing."):
        return {"data-pipes:network": {"existing": {**adopted(service), rest[-1]: value}}}
    for part in reversed(rest):
        value = {part: value}
    return {top: value}


def deployed(made: Plan) -> str:
    """Return what a stack creates, and the state of what it only reads."""
    read = [each.state for each in made.recording.resources if each.external]
    return json.dumps([made.as_json()["resources"], read])


@cache
def unchanged(service: str) -> Plan:
    return planned(stack=STACKS[service])


@pytest.mark.parametrize(("service", "key"), [(service, key) for service, tried in OTHER.items() for key in tried])
def test_a_setting_reaches_a_resource(service: str, key: str):
    stack, together = STACKS[service], TOGETHER.get(key, {})
    [pipe] = settings(stack=stack).pipes
    if key.startswith("data-pipes:network.existing."):
        together = {"data-pipes:network": {"existing": adopted(service)}}
    before = planned(together, stack=stack) if together else unchanged(service)
    after = planned(merged(together, changes(key, OTHER[service][key], pipe, service)), stack=stack)
    assert after.problems == ()
    assert deployed(after) != deployed(before)
