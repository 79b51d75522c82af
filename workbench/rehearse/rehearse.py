"""Rehearses a stack: the real Pulumi engine deploys, changes and destroys it on simulated clouds.

Steps: preview, up, a second up that must change nothing, refresh, growth of a pipe, destroy. The rehearsal runs in a temporary
directory on a copy of the stack's configuration; ``stacks/`` is only read. The clouds are test doubles. A rehearsal shows the
engine's operations and their order, not whether a cloud would accept every value. Kubernetes objects are validated by a real API
server if one is available.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components.settings import SettingsError
from components.settings_bases import made
from workbench.cloud.inventory import CloudObject
from workbench.cloud.kubernetes.live import LiveObjects
from workbench.plan import plan
from workbench.rehearse.pulumi_cli import pulumi_command
from workbench.rehearse.rehearsal import (
    SIMULATED,
    ApiServer,
    Event,
    OnEvent,
    Rehearsal,
    Step,
    describe,
    drift,
    problems,
    render,
)
from workbench.rehearse.sandbox import Action, EngineError, Run, Sandbox
from workbench.rehearse.timeline import timeline
from workbench.servers.kubernetes_api import Manifest
from workbench.servers.kubernetes_kinds import KubernetesKindsError, definitions, install
from workbench.servers.kubernetes_server import KubernetesServer, available
from workbench.servers.maven_jars import JarError
from workbench.stack_file import ROOT, StackFile, StackFileError, read_settings

__all__ = ["Event", "RehearsalError", "program", "real_kubernetes", "rehearse", "render"]

PROTECT = "data-pipes:protect"
AT_LIMIT = "not rehearsed: the settings accept no larger parallelism of the first pipe"
OWNED = "not rehearsed: the owners of the existing topics add their partitions"
FIXED = "not rehearsed: this service cannot add partitions to a topic"
EXISTING = "there before the stack"
"""Stands for the URN of an adopted object."""
_COUNTED = ("create", "update", "replace", "delete", "same")


class RehearsalError(Exception):
    """A rehearsal failed. The message has the step and the engine's error."""


def rehearse(
    stack_file: StackFile,
    *,
    growth: Mapping[str, int] | None = None,
    kubernetes: Path | None = None,
    on_event: OnEvent,
) -> Rehearsal:
    """Rehearse a stack.

    ``growth`` maps pipes to their new parallelism. By default the first pipe whose topic the stack makes is doubled, or grows as far as
    the settings allow.
    ``kubernetes`` is the kubeconfig of an empty real API server for the Kubernetes objects.

    Raises SettingsError or StackFileError if the settings are wrong before or after growth, PulumiCliError if there is no Pulumi
    CLI, and RehearsalError if a step fails.
    """
    read_settings(stack_file)
    grown, growing = _grown(stack_file, growth)
    server = ApiServer(LiveObjects(kubernetes).version() if kubernetes else None) if on_kubernetes(stack_file) else None
    for notice in filter(None, (SIMULATED, server)):
        on_event(Event(step="engine", done=True, text=str(notice)))
    command = pulumi_command(lambda text: on_event(Event(step="engine", done=True, text=text)))
    try:
        with Sandbox(program, command, stack=stack_file.stack, kubernetes=kubernetes) as sandbox:
            return _Rehearser(sandbox, server, on_event).all(stack_file, grown, growing)
    except EngineError as error:
        raise RehearsalError(str(error)) from None


@dataclass(frozen=True)
class _Rehearser:
    sandbox: Sandbox
    api_server: ApiServer | None
    on_event: OnEvent

    def all(self, stack_file: StackFile, grown: StackFile, growing: str) -> Rehearsal:
        """Run all steps."""
        existing = self._plant(stack_file)
        self._configure(stack_file)
        preview = self._step("preview", "preview")
        up = self._step("up", "up")
        deployed = self.sandbox.resources()
        deploy = timeline(self.sandbox.inventory.operations(), deployed)
        again = self._step("again", "up")
        refresh = self._step("refresh", "refresh")
        drifted = drift(deployed, self.sandbox.resources())
        self._configure(grown)
        grow = self._step("grow", "up", note=growing)
        destroy = self._destroy(grown)
        steps = (preview, up, again, refresh, grow, destroy)
        remaining = self.sandbox.inventory.objects()
        left = tuple(item.urn for item in remaining if item.urn != EXISTING)
        changed = [f"{item.type} {item.id}" for item in existing if item not in remaining]
        return Rehearsal(
            stack=stack_file.stack,
            stand_ins=stack_file.stand_ins,
            steps=steps,
            deploy=deploy,
            left=left,
            api_server=self.api_server,
            adopted=len(existing),
            problems=tuple(
                problems(
                    again=again,
                    drifted=drifted,
                    grow=grow,
                    left=left,
                    adopted=changed,
                    grows=growing not in (AT_LIMIT, FIXED, OWNED),
                )
            ),
        )

    def _plant(self, stack_file: StackFile) -> list[CloudObject]:
        """Put the objects that the stack adopts into the clouds, as they were before it."""
        found = [
            CloudObject(
                type=each.type,
                id=each.id,
                urn=EXISTING,
                status="active",
                inputs={**each.inputs},
                outputs={**each.state},
            )
            for each in plan(stack_file).recording.adopted
        ]
        for item in found:
            self.sandbox.inventory.plant(item)
        return found

    def _configure(self, stack_file: StackFile) -> None:
        secret_values = {
            path if ":" in path.split(".")[0] else f"data-pipes:{path}": f"stand-in for {path}"
            for path in stack_file.stand_ins
        }
        self.sandbox.configure(stack_file.config, secret_values)

    def _destroy(self, stack_file: StackFile) -> Step:
        """Destroy as documented: first an up that removes the protection, then destroy."""
        if stack_file.config.get(PROTECT, True) is False:
            return self._step("destroy", "destroy")
        self._configure(stack_file.with_config(PROTECT, value=False))
        lifted = self._run("destroy", "up")
        step = _step("destroy", self._run("destroy", "destroy"), lifted, note=f"after an up with {PROTECT}: false")
        self.on_event(Event(step="destroy", done=True, text=describe(step)))
        return step

    def _step(self, name: str, action: Action, note: str = "") -> Step:
        step = _step(name, self._run(name, action), note=note)
        self.on_event(Event(step=name, done=True, text=describe(step)))
        return step

    def _run(self, name: str, action: Action) -> Run:
        self.on_event(Event(step=name, text=f"{name} …"))
        try:
            return self.sandbox.run(
                action,
                lambda urn, operation, done: self.on_event(Event(step=name, urn=urn, operation=operation, done=done)),
            )
        except EngineError as error:
            text = str(error).replace("\n", "\n  ")
            raise RehearsalError(f"the rehearsal's step {name!r} failed:\n  {text}") from None


def on_kubernetes(stack_file: StackFile) -> bool:
    """Whether a stack has Kubernetes objects."""
    settings = read_settings(stack_file)
    replicas = settings.container_platform.replicas
    return any(count.type.startswith("kubernetes:") for count in replicas)


@contextmanager
def real_kubernetes(stack_file: StackFile, on_event: OnEvent) -> Generator[Path | None]:
    """Run a real API server and return its kubeconfig. None if the stack has no Kubernetes objects or the server is not built."""
    if not on_kubernetes(stack_file) or not available():
        yield None
        return

    def report(text: str) -> None:
        on_event(Event(step="engine", done=True, text=text))

    with KubernetesServer(report) as server:
        try:
            with server.api() as api:
                install(api, _custom_kinds(stack_file, report))
        except (JarError, KubernetesKindsError) as error:
            report(f"custom resource kinds are simulated: {error}")
        yield server.kubeconfig


def _custom_kinds(stack_file: StackFile, report: Callable[[str], None]) -> list[Manifest]:
    """Return the definitions of the custom kinds that a stack may use."""
    settings = read_settings(stack_file)
    services = [settings.streaming.service, settings.platform.service, settings.monitoring.collector or "none"]
    return definitions(services, report)


def _grown(stack_file: StackFile, growth: Mapping[str, int] | None) -> tuple[StackFile, str]:
    """Return the validated stack after growth and a description of the growth. By default the stack grows only if it can."""
    settings = read_settings(stack_file)
    pipes = settings.pipes
    if growth is None and not settings.streaming.can_grow:
        return stack_file, FIXED
    own = [(name, pipe.parallelism) for name, pipe in made(pipes).items()]
    if growth is None and not own:
        return stack_file, OWNED
    if growth is None:
        growth = _fitting(stack_file, *own[0])
    grown, words = stack_file, list[str]()
    for name, parallelism in growth.items():
        grown = grown.with_parallelism(name, parallelism)
        if parallelism == pipes[name].parallelism:
            raise StackFileError(
                f"--grow {name}={parallelism}: must differ from the pipe's parallelism. Use another number."
            )
        words.append(f"{name} {pipes[name].parallelism} → {parallelism}")
    read_settings(grown)
    return grown, ", ".join(words) or AT_LIMIT


def _fitting(stack_file: StackFile, pipe: str, present: int) -> dict[str, int]:
    """Return twice a pipe's parallelism, or a smaller increase that the settings accept. Empty if there is none."""
    more = present
    while more:
        try:
            read_settings(stack_file.with_parallelism(pipe, present + more))
        except SettingsError:
            more //= 2
        else:
            return {pipe: present + more}
    return {}


def program() -> None:
    """Run the repository's program as Pulumi's language host runs it."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")


def _step(name: str, run: Run, before: Run | None = None, note: str = "") -> Step:
    """Combine a run, and an optional run before it, into one step."""
    runs = [each for each in (before, run) if each]
    touched = [item for each in runs for item in each.touched.items()]
    return Step(
        step=name,
        changes={kind: sum(each.counts.get(kind, 0) for each in runs) for kind in _COUNTED},
        updated=tuple(dict.fromkeys(urn for urn, op in touched if op == "update")),
        replaced=tuple(dict.fromkeys(urn for urn, op in touched if op == "replace")),
        seconds=sum(each.seconds for each in runs),
        note=note,
    )
