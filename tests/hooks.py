"""The hooks of a recorded resource, run as the engine runs them."""

import asyncio
from typing import Any

from pulumi import ResourceHookArgs

from workbench.recording.recorder import RecordedResource, Recording


def before_update(recording: Recording, resource: RecordedResource, old: Any, new: Any) -> None:
    """Run every hook that the engine runs in a preview before it updates a resource."""
    names = resource.hooks["before_update"]
    assert names
    for name in names:
        hook = recording.hooks[name]
        assert hook.opts is not None
        assert hook.opts.on_dry_run, "it must refuse in the preview"
        args = ResourceHookArgs(
            urn="urn", id="id", name=resource.name, type=resource.type, old_inputs=old, new_inputs=new
        )
        result = hook(args)
        if asyncio.iscoroutine(result):
            asyncio.run(result)
