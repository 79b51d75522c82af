"""Runs a Pulumi program without the engine and records its requests.

    recording = record(lambda: Msk("kafka", ...), preview=True)
    assert recording.problems == ()
    assert recording.one("aws:msk/cluster:Cluster").protect

The program runs in a new Pulumi runtime with its own event loop, settings and configuration, without threads and ports. Nothing is
contacted. Ids, computed outputs and lookups return typical values. Any error in the program, including an `apply` or a child task,
ends the recording with that error.
"""

from __future__ import annotations

import asyncio
import contextvars
import difflib
import inspect
import runpy
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from pulumi import ResourceHook, runtime
from pulumi.runtime import settings
from pulumi.runtime.stack import run_in_stack

from workbench.recording import checks, sdk
from workbench.recording.checks import Problem
from workbench.recording.loop import one_threaded_loop, raise_unseen
from workbench.recording.monitor import Cloud, ExistingObject, HookKeeper, RecordingEngine, RecordingMonitor
from workbench.recording.records import STACK_TYPE, Message, RecordedInvoke, RecordedResource
from workbench.values import Decoded

__all__ = [
    "Message",
    "Problem",
    "RecordedInvoke",
    "RecordedResource",
    "Recording",
    "program_file",
    "record",
]


@dataclass(frozen=True, kw_only=True)
class Recording:
    """All requests of a program to the engine, in order."""

    stack: str
    preview: bool
    resources: tuple[RecordedResource, ...]
    """The stack, then components, providers and resources in the order of registration."""
    outputs: Mapping[str, Any]
    """The stack's outputs. Secrets are `[secret]`, unknown values are `[unknown]`."""
    secret_outputs: frozenset[str]
    """Paths of the secret outputs."""
    component_outputs: Mapping[str, Mapping[str, Any]]
    """URN of a component -> the outputs that it registered."""
    invokes: tuple[RecordedInvoke, ...]
    hooks: Mapping[str, ResourceHook]
    """Resource hooks by name. They can be called."""
    adopted: tuple[ExistingObject, ...]
    """Objects that were there before the stack and that it reads or looks up."""
    messages: tuple[Message, ...]
    """The program's log messages, without debug messages."""
    problems: tuple[Problem, ...]
    """Failed checks. Empty for a valid program."""
    revealed_outputs: Mapping[str, Any] = field(repr=False)
    """The stack's outputs with secrets in plain text, for tests. Never print them."""

    @cached_property
    def _by_urn(self) -> Mapping[str, RecordedResource]:
        return {resource.urn: resource for resource in reversed(self.resources)}  # the first of two with the same URN

    @cached_property
    def _by_parent(self) -> Mapping[str | None, Sequence[RecordedResource]]:
        children: defaultdict[str | None, list[RecordedResource]] = defaultdict(list)
        for resource in self.resources:
            children[resource.parent].append(resource)
        return children

    @property
    def urns(self) -> frozenset[str]:
        """URNs of all resources."""
        return frozenset(self._by_urn)

    def by_urn(self, urn: str) -> RecordedResource:
        """Return the resource with a URN.

        Raises:
            LookupError: No resource has this URN.
        """
        if urn not in self._by_urn:
            raise LookupError(f"no resource has the URN {urn}{_nearest(urn, self.urns)}")
        return self._by_urn[urn]

    def of_type(self, type_token: str) -> tuple[RecordedResource, ...]:
        """Return all resources of a type, such as `aws:msk/cluster:Cluster`."""
        return tuple(resource for resource in self.resources if resource.type == type_token)

    def one(self, type_or_name: str) -> RecordedResource:
        """Return the only resource of a type (any text with a colon) or with a logical name.

        Raises:
            LookupError: There is none, or more than one.
        """
        attribute = "type" if ":" in type_or_name else "name"
        found = [r for r in self.resources if getattr(r, attribute) == type_or_name]
        if len(found) == 1:
            return found[0]
        if found:
            urns = "\n  ".join(resource.urn for resource in found)
            raise LookupError(f"{len(found)} resources have the {attribute} {type_or_name}:\n  {urns}")
        known = {str(getattr(resource, attribute)) for resource in self.resources}
        raise LookupError(f"no resource has the {attribute} {type_or_name}{_nearest(type_or_name, known)}")

    def children(self, parent: RecordedResource) -> tuple[RecordedResource, ...]:
        """Return the direct children of a resource, in the order of registration."""
        return tuple(self._by_parent.get(parent.urn, ()))

    def requirements(self, resource: RecordedResource) -> frozenset[str]:
        """Return the URNs of a resource's direct and indirect dependencies."""
        found: set[str] = set()
        waiting = [resource]
        while waiting:
            each = waiting.pop()
            needs = {*each.dependencies, *([each.provider] if each.provider else [])}
            for urn in needs - found:
                found.add(urn)
                if urn in self._by_urn:
                    waiting.append(self._by_urn[urn])
        return frozenset(found)

    def hook(self, resource: RecordedResource, event: str) -> ResourceHook:
        """Return the only hook of a resource for an event such as `before_update`.

        Raises:
            LookupError: There is none, or more than one.
        """
        names = resource.hooks.get(event, ())
        if len(names) != 1:
            raise LookupError(f"{resource.name} has {len(names)} hooks for {event}: {names}")
        return self.hooks[names[0]]


def record(
    program: Callable[[], object],
    *,
    config: Mapping[str, str] | None = None,
    secret_keys: Collection[str] = (),
    project: str = "data-pipes",
    stack: str = "test",
    preview: bool = False,
    top: str | None = None,
    cloud: Cloud | None = None,
) -> Recording:
    """Run a program and record what it registers.

    Args:
        program: `program_file(path)` for a Pulumi program, or any callable that creates resources. A coroutine function is awaited.
        config: Values by full key such as `data-pipes:pipes`, as Pulumi passes them: strings, and JSON for objects.
        secret_keys: Full keys of the secret values.
        project: Project name, part of every URN.
        stack: Stack name, part of every URN.
        preview: Run as `pulumi preview`: ids and computed outputs are unknown, inputs are known. Resources that are created inside
            an `apply` of an unknown value are missing then.
        top: The only component type allowed as a child of the stack. If None, all types are allowed.
        cloud: Typical values to use instead of `workbench.cloud.kinds`.

    Raises:
        BaseException: Any error of the program, of an `apply` or of a task. Unknown resource types raise an error, too.
    """
    monitor = RecordingMonitor(cloud=cloud or _typical_cloud(), preview=preview)
    engine = RecordingEngine()
    hooks = HookKeeper(monitor)
    tasks: list[asyncio.Task[Any]] = []

    async def run() -> bool:
        runtime.set_all_config(dict(config or {}), list(secret_keys))
        settings.configure(
            settings.Settings(
                project=project,
                stack=stack,
                monitor=monitor,
                engine=engine,
                dry_run=preview,
                organization="organization",
            )
        )
        cast("Any", settings.SETTINGS).callbacks = hooks
        await run_in_stack(lambda: _awaited(program()))
        raise_unseen(tasks)
        return any(not task.done() for task in tasks if task is not asyncio.current_task())

    with sdk.faster(), asyncio.Runner(loop_factory=lambda: one_threaded_loop(tasks)) as runner:
        # An empty context, so that the caller's and earlier runs' context variables are not visible.
        unfinished = runner.run(run(), context=contextvars.Context())
    return _recording(
        monitor,
        engine,
        hooks,
        stack=stack,
        preview=preview,
        top=top,
        unfinished=unfinished,
        secret_config=[(config or {})[key] for key in secret_keys if key in (config or {})],
    )


def program_file(path: Path) -> Callable[[], object]:
    """Return the program in a file. It runs as in Pulumi: as `__main__`, with its directory importable."""

    def run() -> None:
        directory = str(path.resolve().parent)
        if directory not in sys.path:
            sys.path.insert(0, directory)
        runpy.run_path(str(path), run_name="__main__")

    return run


def _typical_cloud() -> Cloud:
    from workbench.cloud import kinds  # noqa: PLC0415  the tables are large, and tests use their own

    return kinds


def _awaited(result: object) -> Awaitable[None] | None:
    return cast("Awaitable[None]", result) if inspect.iscoroutine(result) else None


def _recording(
    monitor: RecordingMonitor,
    engine: RecordingEngine,
    hooks: HookKeeper,
    *,
    stack: str,
    preview: bool,
    top: str | None,
    unfinished: bool,
    secret_config: list[str],
) -> Recording:
    resources = tuple(monitor.recorded)
    root = next(resource for resource in resources if resource.type == STACK_TYPE)
    empty = Decoded(masked={}, plain={}, secrets=frozenset(), unknowns=frozenset())
    outputs = monitor.registered_outputs.get(root.urn, empty)
    registered = {urn: decoded.masked for urn, decoded in monitor.registered_outputs.items()}
    problems = [
        *checks.duplicate_urns(resources),
        *checks.unparented(resources, top),
        *checks.default_providers(resources, monitor.invokes),
        *checks.wrong_inputs(resources),
        *checks.silent_components(resources, registered),
        *checks.plain_secrets(resources, registered, secret_config),
        *checks.transforms(resources),
        *checks.logged_errors(engine.messages),
    ]
    if unfinished:
        problems.append(
            Problem(
                rule="unfinished-task",
                urn="",
                reason="a task of the program was still running at its end (the engine would drop it). Await it.",
            )
        )
    return Recording(
        stack=stack,
        preview=preview,
        resources=resources,
        outputs=outputs.masked,
        secret_outputs=outputs.secrets,
        revealed_outputs=outputs.plain,
        component_outputs={urn: value for urn, value in registered.items() if urn != root.urn},
        invokes=tuple(monitor.invokes),
        hooks=hooks.hooks,
        adopted=tuple(monitor.adopted.values()),
        messages=tuple(engine.messages),
        problems=tuple(problems),
    )


def _nearest(wanted: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(wanted, known, n=1)
    return f". Did you mean {near[0]}?" if near else ""
