"""Simulated GCP: ids, common outputs and common rules of terraform-provider-google.

The provider replaces an object if an input in its id changes. The tables add other inputs that are ForceNew.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from workbench.cloud.model import (
    COMMON,
    Inputs,
    Others,
    ResourceModel,
    at,
    digits,
    never_blocks_delete,
    no_changes,
    no_outputs,
    text,
)

PROJECT = "simulated-project"
NUMBER = "123456789012"
"""Project number, for any project of the provider."""
DEFAULT_REGION = "europe-west1"

Outputs = Callable[[str, str, Inputs], Mapping[str, Any]]

_FIELD = re.compile(r"\{(\w+)\}")


def project_of(inputs: Inputs) -> str:
    """Return an object's project."""
    return text(inputs, "project", PROJECT)


def region_of(inputs: Inputs) -> str:
    """Return an object's region. Its type calls it either region or location."""
    return text(inputs, "location", text(inputs, "region", DEFAULT_REGION))


def short(name: str) -> str:
    """Return the last part of a full name or address. A short name is returned unchanged."""
    return name.rsplit("/", 1)[-1] if name.startswith(("projects/", "https://")) else name


def self_link(id_: str) -> str:
    """Return an object's address in the Compute Engine API."""
    return f"https://www.googleapis.com/compute/v1/{id_}"


def agent(domain: str) -> str:
    """Return the email of a service agent in the project, such as that of `gcp-sa-pubsub`."""
    return f"service-{NUMBER}@{domain}.iam.gserviceaccount.com"


def identifier(pattern: str) -> Callable[[str, Inputs], str]:
    """Generate ids such as `projects/pipes/topics/orders` from a pattern with inputs in braces.

    Full names are shortened, except at the start of the pattern.
    """

    def make(name: str, inputs: Inputs) -> str:
        standard = {"project": PROJECT, "region": DEFAULT_REGION, "location": region_of(inputs)}

        def value(match: re.Match[str]) -> str:
            given = text(inputs, match[1], standard.get(match[1], name))
            return given if match.start() == 0 else short(given)

        return _FIELD.sub(value, pattern)

    return make


def fields(pattern: str) -> frozenset[str]:
    """Return the inputs in a pattern."""
    return frozenset(_FIELD.findall(pattern))


def _defaults(inputs: Inputs) -> Mapping[str, Any]:
    """Return the provider's default labels."""
    given = text(inputs, "defaultLabels", "")
    return json.loads(given) if given.startswith("{") else {}


def _labels(given: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", given) if isinstance(given, Mapping) else {}


def _all_labels(default: Mapping[str, Any], own: Mapping[str, Any]) -> Mapping[str, Any]:
    labels = {**default, **own}
    return {"pulumiLabels": labels, "effectiveLabels": labels}


def _relabelled(path: str, updated: Callable[[Inputs, Inputs], Mapping[str, Any]]) -> Any:
    """Return the outputs that an update changes, including labels."""

    def change(state: Inputs, inputs: Inputs) -> Mapping[str, Any]:
        before, after, all_before = (
            _labels(each) for each in (state.get(path), inputs.get(path), state.get("pulumiLabels"))
        )
        others = {key: value for key, value in all_before.items() if key not in before}
        return {**updated(state, inputs), **(_all_labels(others, after) if before != after else {})}

    return change


def _prevented(kept: Callable[[Inputs, Others], str | None]) -> Callable[[Inputs, Others], str | None]:
    """Refuse the deletion of any object with the deletion policy PREVENT."""

    def keeps(inputs: Inputs, others: Others) -> str | None:
        if at(inputs, "deletionPolicy") == "PREVENT":
            return 'cannot destroy it without setting deletion_policy="DELETE" and running `pulumi up`'
        return kept(inputs, others)

    return keeps


def resource(
    pattern: str,
    *,
    create: float,
    delete: float,
    update: float = 0.1,
    source: str = COMMON,
    outputs: Outputs = no_outputs,
    fixed: str = "",
    left_out: str = "",
    labels: str | None = None,
    linked: bool = False,
    **more: Any,
) -> ResourceModel:
    """Return the model of a resource type. `fixed` are the ForceNew inputs that are not in the id.

    `left_out` are nested inputs that are Optional and Computed in the provider's schema. `labels` is the input with the labels; the
    provider adds its own. `linked` types have an address in Compute Engine.
    """
    updated = more.pop("updated", no_changes)

    def computed(id_: str, name: str, inputs: Inputs) -> Mapping[str, Any]:
        return {
            **(_all_labels(_defaults(inputs), _labels(inputs.get(labels))) if labels else {}),
            **({"selfLink": self_link(id_)} if linked else {}),
            **outputs(id_, name, inputs),
        }

    return ResourceModel(
        create_minutes=create,
        delete_minutes=delete,
        update_minutes=update,
        source=source,
        identifier=more.pop("identifier", None) or identifier(pattern),
        outputs=computed,
        updated=_relabelled(labels, updated) if labels else updated,
        replace_on=fields(pattern) | frozenset(fixed.split()),
        left_out=frozenset(left_out.split()),
        name_property=more.pop("name_property", "name" if "name" in fields(pattern) else None),
        blocks_delete=_prevented(more.pop("blocks_delete", never_blocks_delete)),
        **more,
    )


def member(pattern: str) -> ResourceModel:
    """Return the model of a type that gives a member a role on the object in the pattern. It cannot be updated."""
    of = identifier(pattern)

    def make(name: str, inputs: Inputs) -> str:
        condition = text(inputs, "condition.title", "")
        parts = (of(name, inputs), text(inputs, "role", "role"), text(inputs, "member", name), condition)
        return "/".join(part for part in parts if part)

    return ResourceModel(
        create_minutes=0.2,
        delete_minutes=0.1,
        source="common use, no log found: a policy is read and written back within seconds; other services follow within minutes",
        identifier=make,
        outputs=lambda id_, _name, _inputs: {"etag": f"BwY{digits(id_, 9)}="},
        replace_on=fields(pattern) | {"role", "member", "condition"},
    )
