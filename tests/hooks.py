"""Run the hooks of a recorded resource as the engine does in a preview."""

import asyncio
from typing import Any

from pulumi import ResourceHook, ResourceHookArgs

from workbench.recording.recorder import RecordedResource, Recording


def before_update(recording: Recording, resource: RecordedResource, old: Any, new: Any) -> None:
    """Run all update hooks of a resource."""
    names = resource.hooks["before_update"]
    assert names
    for name in names:
        run(recording.hooks[name], resource, old_inputs=old, new_inputs=new)


def before_create(recording: Recording, resource: RecordedResource) -> None:
    """Run the only create hook of a resource."""
    run(recording.hook(resource, "before_create"), resource, new_inputs={})


def run(hook: ResourceHook, resource: RecordedResource, **inputs: Any) -> None:
    """Run one hook, which must also run in previews."""
    assert hook.opts is not None
    assert hook.opts.on_dry_run, "the hook must run in previews"
    result = hook(ResourceHookArgs(urn="urn", id="id", name=resource.name, type=resource.type, **inputs))
    if asyncio.iscoroutine(result):
        asyncio.run(result)
