"""Simulated ECS: container definitions as the service stores them, with all defaults."""

import json
from collections.abc import Mapping
from typing import Any

_DEFAULTS: Mapping[str, Any] = {
    "cpu": 0,
    "environment": [],
    "essential": True,
    "mountPoints": [],
    "portMappings": [],
    "systemControls": [],
    "volumesFrom": [],
}


def as_stored(definitions: str, network_mode: str) -> Mapping[str, Any]:
    """Return the input ``containerDefinitions`` if the service adds defaults to it, else an empty mapping.

    A string that is not JSON, such as an unknown value in a preview, is not changed.
    """
    try:
        given: list[dict[str, Any]] = json.loads(definitions)
    except json.JSONDecodeError:
        return {}
    kept = [_container(each, network_mode) for each in given]
    return {} if kept == given else {"containerDefinitions": json.dumps(kept)}


def _container(given: Mapping[str, Any], network_mode: str) -> dict[str, Any]:
    whole = {**_DEFAULTS, **given}
    linux = whole.get("linuxParameters", {})
    if "capabilities" in linux:
        whole["linuxParameters"] = {**linux, "capabilities": {"add": [], "drop": [], **linux["capabilities"]}}
    return {
        **whole,
        "environment": sorted(whole["environment"], key=lambda variable: variable["name"]),
        "portMappings": [_port(each, network_mode) for each in whole["portMappings"]],
    }


def _port(given: Mapping[str, Any], network_mode: str) -> dict[str, Any]:
    """Add the defaults of a port. In the modes awsvpc and host the container's port is also the host's (ECS API, PortMapping)."""
    own = given["containerPort"] if network_mode in ("awsvpc", "host") else 0
    return {"hostPort": own, "protocol": "tcp", **given}
