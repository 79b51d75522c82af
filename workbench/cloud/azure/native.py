"""Differences between azure-native and the other simulated providers, and Azure's preconditions of a creation.

azure-native reads objects after it creates them, deletes before it creates, and adopts changes that it finds. In the preview of an update
most computed outputs are unknown.
"""

import re
from collections.abc import Mapping
from typing import Any

from workbench.cloud.inventory import CloudObject, Inventory
from workbench.cloud.wire import Values, plain, replaced

_CREATED_BY_AZURE = re.compile(r"/resourceGroups/NetworkWatcherRG(/|$)")
"""Azure creates this group, with a network watcher per region, together with the first network."""


def refusal(inventory: Inventory, id_: str) -> str | None:
    """Return the refusal of a creation if the object's resource group or parent object does not exist (yet), else None."""
    if _CREATED_BY_AZURE.search(id_):
        return None
    there = {item.id for item in inventory.objects() if item.status not in ("creating", "deleting")}
    there |= {id_.split("/providers/")[0] for id_ in there}  # the groups of objects that were there before
    for parent in _parents(id_):
        if parent not in there:
            kind = "ResourceGroupNotFound: Resource group" if "/providers/" not in parent else "ParentResourceNotFound:"
            return f"{kind} '{parent}' could not be found"
    return None


def _parents(id_: str) -> list[str]:
    """Return the ids of an object's resource group and parent object. Empty for an object that is attached to another object.

    Parents with the name `default` exist in every account or namespace and are left out.
    """
    group, *rest = id_.split("/providers/")
    if len(rest) != 1:
        return []
    namespace, *path = rest[0].split("/")
    pairs = list(zip(path[::2], path[1::2], strict=True))[:-1]
    parts = [pair for pair in pairs if pair[1] != "default"]
    whole = [f"{group}/providers/{namespace}/" + "/".join("/".join(pair) for pair in parts)] if parts else []
    return [group, *whole]


def read(item: CloudObject, drift: Mapping[str, Any], state: Values, inputs: Values) -> tuple[Values, Values]:
    """Return (inputs, outputs) as the provider reads an object. Outputs that differ from the state are also written to the inputs."""
    found, before = replaced(item.outputs, drift), plain(state)
    changed = {key: found[key] for key in found if key in before and before[key] != plain(found[key])}
    return {**(inputs or item.inputs), **changed}, found


def promised(computed: Values) -> tuple[Values, Values]:
    """Return the (known, unknown) computed outputs in the preview of an update."""
    known = {key: computed[key] for key in ("name", "location") if key in computed}
    return known, {key: value for key, value in computed.items() if key not in known}
