"""Reads a stack file without Pulumi's CLI: its configuration as a program would receive it.

Nothing is ever decrypted. Every `{secure: ...}` value is replaced by a stand-in, and so is every
secret that is named and the file doesn't hold, so that a fresh clone can be planned.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from workbench.stack_yaml import StackLoader
from workbench.values import is_list, is_object, join

if TYPE_CHECKING:
    from components.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
"""The repository: where `__main__.py` and `stacks/` are."""

NAMESPACE = "data-pipes"
"""The project's own namespace, which Pulumi gives to keys that have none."""
STREAMING = f"{NAMESPACE}:streaming"
PIPES = f"{NAMESPACE}:pipes"
SECRETS = f"{NAMESPACE}:secrets"

_TOP_KEYS = ("config", "encryptedkey", "encryptionsalt", "environment", "secretsprovider")
# What Pulumi reads of a stack file (sdk/go/common/workspace/project.go, ProjectStack).


class StackFileError(Exception):
    """The stack file can't be had or read; the message says why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class StackFile:
    """A stack's configuration."""

    path: Path
    stack: str
    """The stack's name: what stands between `Pulumi.` and `.yaml`."""
    config: Mapping[str, Any]
    """Full keys such as `data-pipes:pipes` with parsed values; secrets are stand-ins."""
    secret_keys: frozenset[str]
    """The full keys whose value has a secret part."""
    plain_secrets: frozenset[str]
    """The names under `data-pipes:secrets` whose value the file holds in plain text, which the settings refuse."""
    stand_ins: tuple[str, ...]
    """The secrets that were supplied, such as `secrets.ordersToken`."""
    source: str
    """The path as messages name it: relative to the working directory where possible."""

    def program_config(self) -> dict[str, str]:
        """The values as Pulumi hands them to a program: text, and JSON text for anything else."""
        return {key: _as_text(value) for key, value in self.config.items()}

    def with_config(self, key: str, value: object) -> StackFile:
        """The same stack with another value for a full key such as `data-pipes:protect`."""
        return replace(self, config={**self.config, key: value})

    def with_parallelism(self, pipe: str, value: int) -> StackFile:
        """The same stack with another `parallelism` for one pipe.

        Raises:
            StackFileError: the stack has no such pipe.
        """
        pipes: Any = self.config.get(PIPES)
        if not is_object(pipes) or not is_object(pipes.get(pipe)):
            known = list(pipes) if is_object(pipes) else []
            raise StackFileError(f"{self.source}: pipes: has no pipe {pipe!r}; {_choice(pipe, known)}")
        return self.with_config(PIPES, {**pipes, pipe: {**pipes[pipe], "parallelism": value}})


def find_stack_file(stack: str) -> StackFile:
    """Read the stack file of a stack, given its name (in `stacks/`) or a path to it.

    Raises:
        StackFileError: there is no such file, or it isn't a stack file.
    """
    path = _path_of(stack)
    source = _shown(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise StackFileError(f"{source}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise StackFileError(f"{source}: is not UTF-8 text: byte {error.start + 1} ({error.reason})") from error
    config = _config(text, source)
    if _is_secure(config.get(SECRETS)):
        config[SECRETS] = {}  # encrypted as a whole: every name in it is unknown, and gets a stand-in where it is used
    stand_ins: list[str] = []
    secret_keys: set[str] = set()
    opened = {key: _without_secure(value, _short(key), stand_ins) for key, value in config.items()}
    secret_keys |= {key for key in config if opened[key] != config[key]}
    written = config.get(SECRETS)
    plain = {name for name, value in written.items() if not _is_secure(value)} if is_object(written) else set[str]()
    absent = _absent_secrets(opened)
    if absent:
        present: Any = opened.get(SECRETS)
        opened[SECRETS] = {**(present or {}), **{name: _stand_in(f"secrets.{name}") for name in absent}}
        secret_keys.add(SECRETS)
        stand_ins += [f"secrets.{name}" for name in absent]
    return StackFile(
        path=path,
        stack=_stack_name(path),
        config=opened,
        secret_keys=frozenset(secret_keys),
        plain_secrets=frozenset(plain),
        stand_ins=tuple(stand_ins),
        source=source,
    )


def read_settings(stack_file: StackFile) -> Settings:
    """The checked settings of a stack.

    Raises:
        SettingsError: the settings are wrong; the message has one line per mistake.
    """
    from components.settings import load  # noqa: PLC0415  brings the cloud SDKs; a bad file is told at once

    secrets = stack_file.config.get(SECRETS)
    encrypted = (secrets.keys() if is_object(secrets) else set[str]()) - stack_file.plain_secrets
    return load(
        stack_file.program_config(),
        source=stack_file.source,
        stack=stack_file.stack,
        secret_keys={*(stack_file.secret_keys - {SECRETS}), *(f"{SECRETS}.{name}" for name in encrypted)},
    )


def _path_of(stack: str) -> Path:
    named = ROOT / "stacks" / f"Pulumi.{stack}.yaml"
    is_path = os.sep in stack or stack.endswith((".yaml", ".yml"))
    if is_path or (not named.exists() and Path(stack).is_file()):
        path = Path(stack)
        if not path.exists():
            raise StackFileError(f"{stack}: no such file")
        return path
    if not named.exists():
        known = sorted(_stack_name(path) for path in (ROOT / "stacks").glob("Pulumi.*.yaml"))
        raise StackFileError(f"no stack {stack!r} in stacks/; {_choice(stack, known)}")
    return named


def _stack_name(path: Path) -> str:
    stem = path.name.removesuffix(".yaml").removesuffix(".yml").removeprefix("Pulumi.")
    return re.sub(r"[^A-Za-z0-9_.-]", "-", stem) or "stack"


def _shown(path: Path) -> str:
    absolute = path.resolve()
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(absolute)


def _choice(wanted: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(wanted, known, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"there are: {', '.join(known)}" if known else "there are none"


def _config(text: str, source: str) -> dict[str, Any]:
    try:
        content: object = yaml.load(text, Loader=StackLoader)  # noqa: S506  a subclass of SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        told = " ".join(part for part in (error.context, error.problem) if part)
        raise StackFileError(f"{source}: {where}{told}") from error
    except yaml.YAMLError as error:
        raise StackFileError(f"{source}: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise StackFileError(f"{source}: is nested too deeply to be a stack file; remove levels") from error
    try:
        json.dumps(content, default=str)
    except ValueError as error:
        raise StackFileError(f"{source}: holds a value that contains itself (*alias); write the value out") from error
    if content is None:
        raise StackFileError(f"{source}: is empty; it must hold a map with the key config")
    if not is_object(content):
        raise StackFileError(f"{source}: must be a map with the key config, not {_called(content)}")
    for key in content:
        if key not in _TOP_KEYS:
            raise StackFileError(f"{source}: {key}: unknown key; {_choice(str(key), _TOP_KEYS)}")
    config = content.get("config")
    if not is_object(config):
        raise StackFileError(
            f"{source}: config: must be a map of keys such as aws:region to values, not {_called(config)}"
        )
    return _full_keys(config, source)


def _full_keys(config: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The keys with the namespace that Pulumi gives to those without one."""
    full: dict[str, Any] = {}
    for key, value in config.items():
        name = key if ":" in key else f"{NAMESPACE}:{key}"
        if name.count(":") > 1:
            raise StackFileError(f"{source}: {key}: must be a key such as aws:region, with one colon. Rename it.")
        if name in full:
            raise StackFileError(f"{source}: {key}: this key stands there as {name} too; keep one of them")
        full[name] = value
    return full


def _called(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, str | bool | int | float):
        shown = repr(value)
        return shown if len(shown) <= 60 else f"{shown[:57]}..."
    return "a list" if is_list(value) else "a map" if is_object(value) else type(value).__name__


def _short(key: str) -> str:
    """A key as a mistake names it: without the project's own namespace."""
    return key.removeprefix("data-pipes:")


def _without_secure(value: Any, path: str, stand_ins: list[str]) -> Any:
    if is_object(value):
        if _is_secure(value):
            stand_ins.append(path)
            return _stand_in(path)
        return {key: _without_secure(item, join(path, key), stand_ins) for key, item in value.items()}
    if is_list(value):
        return [_without_secure(item, f"{path}[{index}]", stand_ins) for index, item in enumerate(value)]
    return value


def _is_secure(value: Any) -> bool:
    return is_object(value) and set(value) == {"secure"} and isinstance(value["secure"], str)


def _stand_in(path: str) -> str:
    return f"stand-in for {path}"


def _absent_secrets(config: Mapping[str, Any]) -> list[str]:
    """The secrets that the streaming service or a consumer names and the file doesn't hold, in the order they are named."""
    present = config.get(SECRETS)
    if present is not None and not is_object(present):
        return []  # a mistake, which the settings report
    names = dict.fromkeys((*_named_in(config.get(STREAMING), "credentials"), *_named_secrets(config.get(PIPES))))
    return [name for name in names if name not in (present or {})]


def _named_secrets(pipes: Any) -> Iterator[str]:
    for pipe in pipes.values() if is_object(pipes) else ():
        consumer = pipe.get("consumer") if is_object(pipe) else None
        for use in ("secrets", "files"):
            yield from _named_in(consumer, use)


def _named_in(section: Any, key: str) -> Iterator[str]:
    named = section.get(key) if is_object(section) else None
    yield from (name for name in named.values() if isinstance(name, str)) if is_object(named) else ()


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, sort_keys=True)  # as Go writes a map
