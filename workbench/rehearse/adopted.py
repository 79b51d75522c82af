"""Objects that a stack adopts: they are put into the simulated clouds before a rehearsal, and compared after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.cloud.inventory import CloudObject, Inventory
from workbench.cloud.kubernetes.live import LiveObjects
from workbench.cloud.wire import Values
from workbench.plan import plan
from workbench.stack_file import StackFile

EXISTING = "there before the stack"
"""Stands for the URN of an adopted object."""


def plant(stack_file: StackFile, inventory: Inventory, live: LiveObjects | None = None) -> list[CloudObject]:
    """Put the objects that a stack adopts into the clouds, as they were before it. `live` is a real API server for Kubernetes objects."""
    found = [
        CloudObject(
            type=each.type, id=each.id, urn=EXISTING, status="active", inputs={**each.inputs}, outputs={**each.state}
        )
        for each in plan(stack_file).recording.adopted
    ]
    for item in sorted(found, key=lambda each: "/" in each.id):  # a namespace before the objects in it
        inventory.plant(item)
        if live and _is_live(live, item):
            live.create(item.type, item.id, item.inputs)
    return found


def on_server(live: LiveObjects | None, items: Sequence[CloudObject]) -> Mapping[tuple[str, str], Values | None]:
    """Return the objects as the real API server has them, by type and id. Empty without a server."""
    return {(item.type, item.id): live.get(item.type, item.id) for item in items if live and _is_live(live, item)}


def _is_live(live: LiveObjects, item: CloudObject) -> bool:
    """Whether the real API server has the object."""
    return item.type.startswith("kubernetes:") and live.serves(item.type)
