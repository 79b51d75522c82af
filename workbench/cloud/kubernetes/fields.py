"""Derives state, inputs and field ownership from an object on the API server, as pulumi-kubernetes does."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, cast

from workbench.cloud.wire import Values, merged, plain, with_secrets

_TAKEN_OVER = (
    ("kubectl", "Apply"),
    ("kubectl", "Update"),
    ("before-first-apply", "Update"),
    ("pulumi-kubernetes", "Update"),
)
"""Prefix and operation of the field managers whose fields an update takes over (await.go, fixCSAFieldManagers)."""


def state(live: Values, inputs: Values, status: object) -> Values:
    """Return the state of an object: the server's object with the status from the simulated controllers."""
    known = {key: value for key, value in live.items() if key != "status"}
    return {**with_secrets(known, inputs), **({"status": status} if status else {})}


def read_back(live: Values, inputs: Values) -> Values:
    """Return the inputs after a refresh: the program's keys with the current values (provider.go, pruneLiveState).

    The server removes empty values and stores a Secret's `stringData` as `data`. The provider treats both forms as equal
    (clients/unstructured.go, Normalize), so the program's form is kept.
    """
    given = plain(inputs)
    found = _pruned(live, given)
    if isinstance(given.get("stringData"), dict):
        data = cast("dict[str, str]", live.get("data") or {})
        found["stringData"] = {key: base64.b64decode(data[key]).decode() for key in given["stringData"] if key in data}
    return with_secrets(found, inputs)


def _pruned(live: Any, given: Any) -> Any:
    """Return the parts of a live value whose keys are also in the given value."""
    if isinstance(live, dict) and isinstance(given, dict):
        there, wanted = cast("Values", live), cast("Values", given)
        found = {key: _pruned(there[key], wanted[key]) for key in wanted if key in there}
        return {**{key: value for key, value in wanted.items() if not value and key not in there}, **found}
    if isinstance(live, list) and isinstance(given, list):
        items = zip(cast("list[Any]", live), cast("list[Any]", given), strict=False)
        return [_pruned(item, wanted) for item, wanted in items]
    return cast("Any", live)


def taken_over(fields: Sequence[Mapping[str, Any]], manager: str) -> list[Mapping[str, Any]] | None:
    """Return an object's managed fields after a manager took over those of pulumi-kubernetes or kubectl. None if there are none."""
    if not any(_is_taken_over(entry) for entry in fields):
        return None
    others: list[Mapping[str, Any]] = []
    own: Values = {}
    for entry in fields:
        if _is_taken_over(entry) or (entry["manager"], entry["operation"]) == (manager, "Apply"):
            own = {**entry, "fieldsV1": merged(own.get("fieldsV1", {}), entry["fieldsV1"])}
        else:
            others.append(entry)
    return [*others, {**own, "manager": manager, "operation": "Apply"}]


def _is_taken_over(entry: Mapping[str, Any]) -> bool:
    return not entry.get("subresource") and any(
        entry["manager"].startswith(name) and entry["operation"] == operation for name, operation in _TAKEN_OVER
    )
