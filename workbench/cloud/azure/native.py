"""What sets azure-native apart from the other simulated providers, and what Azure asks before anything is made.

It reads back whatever it has made, deletes before it creates, promises little in a preview, and takes over what it finds changed.
"""

import re
from collections.abc import Mapping
from typing import Any

from workbench.cloud.inventory import CloudObject, Inventory
from workbench.cloud.wire import Values, plain, replaced

_ALWAYS_THERE = re.compile(r"/resourceGroups/NetworkWatcherRG(/|$)")
"""Azure makes this group, with a network watcher for each region, where the first network is made."""


def refusal(inventory: Inventory, id_: str) -> str | None:
    """Why nothing can be made under this id now, or None: its group, or what it is part of, is not there (yet)."""
    if _ALWAYS_THERE.search(id_):
        return None
    there = {thing.id for thing in inventory.things() if thing.status not in ("creating", "deleting")}
    for parent in _parents(id_):
        if parent not in there:
            kind = "ResourceGroupNotFound: Resource group" if "/providers/" not in parent else "ParentResourceNotFound:"
            return f"{kind} '{parent}' could not be found"
    return None


def _parents(id_: str) -> list[str]:
    """The ids of an object's group and of what it is part of; none of what is attached to another object.

    What is always there in every account or namespace is called `default`.
    """
    group, *rest = id_.split("/providers/")
    if len(rest) != 1:
        return []
    namespace, *path = rest[0].split("/")
    pairs = list(zip(path[::2], path[1::2], strict=True))[:-1]
    parts = [pair for pair in pairs if pair[1] != "default"]
    whole = [f"{group}/providers/{namespace}/" + "/".join("/".join(pair) for pair in parts)] if parts else []
    return [group, *whole]


def read(thing: CloudObject, drift: Mapping[str, Any], state: Values, inputs: Values) -> tuple[Values, Values]:
    """(inputs, outputs) as the provider reads an object: an output that differs from the state's is written into the inputs too."""
    found, before = replaced(thing.outputs, drift), plain(state)
    changed = {key: found[key] for key in found if key in before and before[key] != plain(found[key])}
    return {**(inputs or thing.inputs), **changed}, found


def promised(computed: Values) -> tuple[Values, Values]:
    """(what the provider still knows, what it does not know) of computed outputs in the preview of an update."""
    known = {key: computed[key] for key in ("name", "location") if key in computed}
    return known, {key: value for key, value in computed.items() if key not in known}
