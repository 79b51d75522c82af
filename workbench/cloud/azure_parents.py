"""The simulated Azure Resource Manager: what must be there before an object can be made in it."""

import re

from workbench.cloud.inventory import Inventory

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
