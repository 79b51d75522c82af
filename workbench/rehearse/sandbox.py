"""The real Pulumi engine with simulated clouds: a separate stack in a temporary directory.

The directory contains the state, the plugins, the configuration and the clouds' inventory. It is removed at the end. The clouds
are test doubles; the engine, its state file and its secrets are real.
"""

from __future__ import annotations

import os
import re
import secrets
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from unittest.mock import patch

import yaml
from pulumi.automation import (
    ConfigValue,
    EngineEvent,
    LocalWorkspaceOptions,
    ProjectSettings,
    PulumiCommand,
    Stack,
    create_stack,
)
from pulumi.automation.errors import CommandError
from pulumi.runtime import settings as runtime_settings

from workbench.cloud.inventory import Inventory
from workbench.stack_file import ROOT
from workbench.stack_yaml import stack_yaml

PACKAGES = ("aws", "azure-native", "confluentcloud", "gcp", "kubernetes", "random")
"""Simulated packages. The engine must not download any other plugin."""
PARALLEL = 32
"""Operations that the engine runs in parallel: the default of an eight-core machine (4 per core). Fixed, so that a rehearsal takes
the same simulated time on every machine."""

Action = Literal["preview", "up", "refresh", "destroy"]


class EngineError(Exception):
    """An action of the engine failed. The message is the engine's error, without tracebacks."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """Result of one action of the engine."""

    action: Action
    counts: Mapping[str, int]
    """The engine's number of resources per operation: same, create, update, replace, delete."""
    touched: Mapping[str, str]
    """URN -> operation, for every resource that was changed."""
    seconds: float
    messages: tuple[str, ...] = ()
    """The program's warnings."""


@dataclass(kw_only=True)
class _Listener:
    """Collects the engine's events of one action."""

    activity: Path
    on_step: Callable[[str, str, bool], None]
    counts: dict[str, int] = field(default_factory=dict[str, int])
    touched: dict[str, str] = field(default_factory=dict[str, str])
    errors: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])

    def __call__(self, event: EngineEvent) -> None:
        os.utime(self.activity)
        if event.summary_event:
            self.counts = {str(getattr(op, "value", op)): n for op, n in event.summary_event.resource_changes.items()}
        if event.diagnostic_event:
            self._diagnostic(
                event.diagnostic_event.severity, event.diagnostic_event.message, event.diagnostic_event.urn
            )
        for happened, done in ((event.resource_pre_event, False), (event.res_outputs_event, True)):
            if happened is None:
                continue
            op, urn = str(happened.metadata.op.value), happened.metadata.urn
            if op not in ("same", "read", "refresh"):
                # The engine sends three steps for a replacement. They count as one "replace".
                self.touched[urn] = "replace" if "repla" in op else op
            self.on_step(urn, op, done)

    def _diagnostic(self, severity: str, message: str, urn: str | None) -> None:
        text = _plain(message)
        if severity == "error" and text and not re.fullmatch(r"\w+ failed", text):
            text = text.split("\nTraceback", 1)[0].removeprefix("python inline source runtime error: ").strip()
            name = urn.rsplit("::", 1)[-1] if urn and "pulumi:pulumi:Stack" not in urn else ""
            self.errors.append(f"{name}: {text}" if name else text)
        elif severity == "warning" and "pulumi-resource-" not in text:
            self.notes.append(text)


class Sandbox:
    """A stack on simulated clouds. A context manager that removes everything at the end."""

    def __init__(
        self,
        program: Callable[[], Any],
        command: PulumiCommand,
        *,
        project: str = "data-pipes",
        stack: str = "rehearsal",
        parallel: int = PARALLEL,
        crash_at: str | None = None,
        kubernetes: Path | None = None,
    ) -> None:
        """``crash_at`` is the name of a resource whose creation kills its provider half-way.

        ``kubernetes`` is the kubeconfig of a real API server on this machine, used for the Kubernetes objects.
        """
        self._program = program
        self._command = command
        self._project = project
        self._name = stack
        self._parallel = parallel
        self.crash_at = crash_at
        self._kubernetes = kubernetes
        self._temporary = tempfile.TemporaryDirectory(prefix="data-pipes-", ignore_cleanup_errors=True)
        self.directory = Path(self._temporary.name)
        self._cloud = self.directory / "cloud"
        self._activity = self._cloud / "activity"

    def __enter__(self) -> Sandbox:
        for name in ("bin", "cloud", "state", "project"):
            (self.directory / name).mkdir()
        self.inventory = Inventory(self._cloud / "inventory.sqlite")
        self._activity.touch()
        try:
            self._refuse_real_plugins()
            self.write_plugins()
            self.stack = self._create_stack()
        except BaseException:
            self._temporary.cleanup()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._temporary.cleanup()

    def configure(self, config: Mapping[str, object], secret_values: Mapping[str, str] | None = None) -> None:
        """Set the whole configuration. The CLI encrypts ``secret_values`` (path -> value), as ``config set`` does."""
        file = self.directory / "project" / f"Pulumi.{self._name}.yaml"
        content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        content["config"] = dict(config)
        file.write_text(stack_yaml(content), encoding="utf-8")
        if secret_values:
            values = {path: ConfigValue(value=value, secret=True) for path, value in secret_values.items()}
            self.stack.set_all_config(values, path=True)

    def run(self, action: Action, on_step: Callable[[str, str, bool], None] = lambda _urn, _op, _done: None) -> Run:
        """Run one action of the engine. ``on_step`` gets the URN, operation and done of each step.

        Raises EngineError if the action fails.
        """
        listener = _Listener(activity=self._activity, on_step=on_step)
        started = time.monotonic()
        act: Callable[..., object] = getattr(self.stack, action)
        try:
            # The Automation API would start the CLI three more times after an action, for outputs and a summary that are not used.
            with patch.multiple(self.stack, outputs=dict, info=_no_summary), own_connections():
                act(on_event=listener, parallel=self._parallel)
        except CommandError as error:
            errors = list(dict.fromkeys(listener.errors)) or [_last_error(str(error))]
            raise EngineError("\n".join(errors)) from None
        return Run(
            action=action,
            counts=listener.counts,
            touched=listener.touched,
            seconds=time.monotonic() - started,
            messages=tuple(dict.fromkeys(listener.notes)),
        )

    def resources(self) -> list[Mapping[str, Any]]:
        """Return the resources of the engine's state, with dependencies. They contain decrypted secrets: never print them."""
        deployment = self.stack.export_stack().deployment or {}
        return list(deployment.get("resources") or [])

    def _create_stack(self) -> Stack:
        environment = {
            "PATH": os.pathsep.join([str(self.directory / "bin"), os.environ.get("PATH", "")]),
            "PULUMI_BACKEND_URL": f"file://{self.directory / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": secrets.token_hex(),
            "PULUMI_CONFIG_PASSPHRASE_FILE": "",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
            "PULUMI_IGNORE_AMBIENT_PLUGINS": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        options = LocalWorkspaceOptions(
            work_dir=str(self.directory / "project"),
            pulumi_home=str(self.directory / "home"),
            pulumi_command=self._command,
            project_settings=ProjectSettings(name=self._project, runtime="python"),
            secrets_provider="passphrase",
            env_vars=environment,
        )
        try:
            return create_stack(self._name, self._project, self._program, opts=options)
        except CommandError as error:
            raise EngineError(_last_error(str(error))) from None

    def write_plugins(self) -> None:
        """Write the executables that the engine starts as providers."""
        for package in PACKAGES:
            arguments = ["--package", package, "--directory", str(self._cloud)]
            if self.crash_at:
                arguments += ["--crash-at", self.crash_at]
            if self._kubernetes and package == "kubernetes":
                arguments += ["--kubeconfig", str(self._kubernetes)]
            command = shlex.join([sys.executable, "-m", "workbench.cloud.plugin", *arguments])
            plugin = self.directory / "bin" / f"pulumi-resource-{package}"
            plugin.write_text(
                "#!/bin/sh\n"
                f"export PYTHONPATH={shlex.quote(str(ROOT))}\n"
                f": > {shlex.quote(str(self._cloud))}/starting.$$\n"
                f'exec {command} "$@"\n',
                encoding="utf-8",
            )
            plugin.chmod(0o755)

    def _refuse_real_plugins(self) -> None:
        """Reject real providers next to the CLI: the Automation API would use them instead of the simulated ones."""
        beside = Path(self._command.command).parent
        real = [name for package in PACKAGES if (name := shutil.which(f"pulumi-resource-{package}", path=str(beside)))]
        if real and beside != Path():
            raise EngineError(
                f"{real[0]}: a real provider next to the CLI would be used instead of the simulated one. Move it elsewhere."
            )


@contextmanager
def own_connections() -> Generator[None]:
    """Let each inline program connect to its engine by itself.

    By default, gRPC shares the state of a connection between all channels of a process to the same address. A new engine may get the
    port of an earlier one, and a program would then fail at once with the earlier engine's "connection refused".
    """
    sdk = vars(runtime_settings)  # the SDK has no public setting for it
    with patch.dict(sdk, _GRPC_CHANNEL_OPTIONS=[*sdk["_GRPC_CHANNEL_OPTIONS"], ("grpc.use_local_subchannel_pool", 1)]):
        yield


def _plain(message: str) -> str:
    """Remove the colour marks from a message of the engine."""
    return re.sub(r"<\{%.*?%\}>", "", message).strip()


def _no_summary(*_show_secrets: bool) -> object:
    return object()


def _last_error(output: str) -> str:
    """Return the last error line of the CLI's output."""
    found = [line.strip() for line in output.splitlines() if line.strip().startswith("error:")]
    status = re.search(r"code: (-?\d+)", output)
    return (
        found[-1]
        if found
        else f"the engine failed without an error message (status {status[1] if status else 'unknown'})"
    )
