"""Alarms, channels and dashboards have the fields, types and values of Google's own descriptions of its APIs."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import pytest

from tests.stacks import NAMES, planned

BODIES = {
    "gcp:monitoring/alertPolicy:AlertPolicy": ("v3", "AlertPolicy"),
    "gcp:monitoring/notificationChannel:NotificationChannel": ("v3", "NotificationChannel"),
}
DASHBOARD = "gcp:monitoring/dashboard:Dashboard"
OWN = {"project", "forceDelete", "dashboardJson"}
"""Inputs of the provider itself."""

TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "number": (int, float),
    "integer": (int,),
    "object": (dict,),
    "array": (list,),
}


@cache
def schemas(version: str) -> Mapping[str, Any]:
    """Return the schemas of the Cloud Monitoring API."""
    document = files("googleapiclient") / "discovery_cache" / "documents" / f"monitoring.{version}.json"
    return json.loads(document.read_text(encoding="utf-8"))["schemas"]


def faults(version: str, schema: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    """Yield fields that the API does not have, and values of another type."""
    if "$ref" in schema:
        schema = schemas(version)[schema["$ref"]]
    kind = schema.get("type", "any")
    if kind != "any" and not isinstance(value, TYPES[kind]):
        # The API writes 64-bit numbers as strings and accepts both.
        if not (schema.get("format") == "int64" and isinstance(value, int)):
            yield f"{path}: {value!r} is no {kind}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is none of {schema['enum']}"
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from faults(version, schema["items"], each, f"{path}[{number}]")
    elif isinstance(value, dict):
        for name, each in value.items():
            known = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
            if known is None:
                yield f"{path}.{name}: unknown"
            else:
                yield from faults(version, known, each, f"{path}.{name}")


@pytest.mark.parametrize("stack", [name for name in NAMES if name.startswith("gcp-")])
def test_google_s_api_has_every_field_and_value(stack: str):
    monitoring = {"emails": ["oncall@example.com"], "channels": ["projects/data-pipes-42/notificationChannels/1"]}
    recording = planned({"data-pipes:monitoring": monitoring}, stack=stack).recording
    found: list[str] = []
    checked = 0
    for type_, (version, schema) in BODIES.items():
        for each in recording.of_type(type_):
            body = {name: value for name, value in each.inputs.items() if name not in OWN}
            found += faults(version, schemas(version)[schema], body, each.name)
            checked += 1
    for each in recording.of_type(DASHBOARD):
        found += faults("v1", schemas("v1")["Dashboard"], json.loads(each.inputs["dashboardJson"]), each.name)
        checked += 1
    assert found == []
    assert checked > 5


def test_a_wrong_field_type_or_value_is_noticed():
    schema = schemas("v3")["AlertPolicy"]
    wrong = {"combiner": "SOME", "enabled": "yes", "colour": "red"}
    assert len(list(faults("v3", schema, wrong, "policy"))) == 3
