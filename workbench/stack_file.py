"""Reads a stack file without the Pulumi CLI: the configuration as a program would receive it.

Nothing is decrypted. Every `{secure: ...}` value is replaced by a stand-in. A secret that is referenced but missing also
gets a stand-in, so that a fresh clone can be planned.
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
"""Root directory of the repository."""

NAMESPACE = "data-pipes"
"""The project's namespace. Pulumi adds it to keys without a namespace."""
STREAMING = f"{NAMESPACE}:streaming"
PIPES = f"{NAMESPACE}:pipes"
SECRETS = f"{NAMESPACE}:secrets"

_TOP_KEYS = ("config", "encryptedkey", "encryptionsalt", "environment", "secretsprovider")
# The keys that Pulumi reads from a stack file (sdk/go/common/workspace/project.go, ProjectStack).


class StackFileError(Exception):
    """A stack file is missing or invalid. The message gives the reason and the fix."""


@dataclass(frozen=True, kw_only=True)
class StackFile:
    """A stack's configuration."""

    path: Path
    stack: str
    """Stack name: the part of the file name between `Pulumi.` and `.yaml`."""
    config: Mapping[str, Any]
    """Parsed values by full key, such as `data-pipes:pipes`. Secrets are stand-ins."""
    secret_keys: frozenset[str]
    """Full keys whose value contains a secret."""
    plain_secrets: frozenset[str]
    """Names under `data-pipes:secrets` with a plain-text value. The settings reject them."""
    stand_ins: tuple[str, ...]
    """Paths of the secrets that got a stand-in, such as `secrets.ordersToken`."""
    source: str
    """Path for messages. Relative to the working directory if the file is below it."""

    def program_config(self) -> dict[str, str]:
        """Return the values as Pulumi passes them to a program: strings as they are, other values as JSON."""
        return {key: _as_text(value) for key, value in self.config.items()}

    def with_config(self, key: str, value: object) -> StackFile:
        """Return a copy of the stack with a new value for a full key such as `data-pipes:protect`."""
        return replace(self, config={**self.config, key: value})

    def with_parallelism(self, pipe: str, value: int) -> StackFile:
        """Return a copy of the stack with a new `parallelism` for one pipe.

        Raises:
            StackFileError: The stack has no such pipe.
        """
        pipes: Any = self.config.get(PIPES)
        if not is_object(pipes) or not is_object(pipes.get(pipe)):
            known = list(pipes) if is_object(pipes) else []
            raise StackFileError(f"{self.source}: pipes: has no pipe {pipe!r}. {_suggestion(pipe, known)}")
        return self.with_config(PIPES, {**pipes, pipe: {**pipes[pipe], "parallelism": value}})


def find_stack_file(stack: str) -> StackFile:
    """Read a stack file, given the stack's name (in `stacks/`) or the path of the file.

    Raises:
        StackFileError: The file does not exist or is not a valid stack file.
    """
    path = _path_of(stack)
    source = _shown(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise StackFileError(f"{source}: cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise StackFileError(
            f"{source}: must be UTF-8 text, got an invalid byte at position {error.start + 1} ({error.reason}). Save it as UTF-8."
        ) from error
    config = _config(text, source)
    if _is_secure(config.get(SECRETS)):
        config[SECRETS] = {}  # encrypted as a whole, so the names are unknown; each referenced name gets a stand-in
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
    """Return the validated settings of a stack.

    Raises:
        SettingsError: The settings are wrong. The message has one line per error.
    """
    from components.settings import load  # noqa: PLC0415  imports the cloud SDKs; an invalid file is reported before

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
            raise StackFileError(f"{stack}: no such file.")
        return path
    if not named.exists():
        known = sorted(_stack_name(path) for path in (ROOT / "stacks").glob("Pulumi.*.yaml"))
        raise StackFileError(f"no stack {stack!r} in stacks/. {_suggestion(stack, known)}")
    return named


def _stack_name(path: Path) -> str:
    stem = path.name.removesuffix(".yaml").removesuffix(".yml").removeprefix("Pulumi.")
    return re.sub(r"[^A-Za-z0-9_.-]", "-", stem) or "stack"


def _shown(path: Path) -> str:
    absolute = path.resolve()
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(absolute)


def _suggestion(wanted: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(wanted, known, n=1)
    if near:
        return f"Did you mean {near[0]}?"
    return f"Use one of: {', '.join(known)}." if known else "None exists."


def _config(text: str, source: str) -> dict[str, Any]:
    try:
        content: object = yaml.load(text, Loader=StackLoader)  # noqa: S506  a subclass of SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        text = " ".join(part for part in (error.context, error.problem) if part)
        if type(error) is not yaml.MarkedYAMLError:  # StackLoader's own errors already state the rule and the fix
            text = f"must be valid YAML ({text}). Correct this line or the line above it."
        raise StackFileError(f"{source}: {where}{text}") from error
    except yaml.YAMLError as error:
        raise StackFileError(f"{source}: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise StackFileError(f"{source}: is nested too deeply. Remove levels.") from error
    try:
        json.dumps(content, default=str)
    except ValueError as error:
        raise StackFileError(
            f"{source}: contains a value that refers to itself (*alias). Replace the alias with a value."
        ) from error
    if content is None:
        raise StackFileError(f"{source}: must be a map with the key config, got an empty file.")
    if not is_object(content):
        raise StackFileError(f"{source}: must be a map with the key config, got {_described(content)}.")
    for key in content:
        if key not in _TOP_KEYS:
            raise StackFileError(f"{source}: {key}: unknown key. {_suggestion(str(key), _TOP_KEYS)}")
    config = content.get("config")
    if not is_object(config):
        raise StackFileError(
            f"{source}: config: must be a map from keys such as aws:region to values, got {_described(config)}."
        )
    return _full_keys(config, source)


def _full_keys(config: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Add the project's namespace to keys without one, as Pulumi does."""
    full: dict[str, Any] = {}
    for key, value in config.items():
        name = key if ":" in key else f"{NAMESPACE}:{key}"
        if name.count(":") > 1:
            raise StackFileError(f"{source}: {key}: must be a key such as aws:region, with one colon. Rename it.")
        if name in full:
            raise StackFileError(f"{source}: {key}: must be unique (the file also has this key as {name}). Remove one.")
        full[name] = value
    return full


def _described(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, str | bool | int | float):
        shown = repr(value)
        return shown if len(shown) <= 60 else f"{shown[:57]}..."
    return "a list" if is_list(value) else "a map" if is_object(value) else type(value).__name__


def _short(key: str) -> str:
    """Remove the project's namespace from a key, as error messages do."""
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
    """Return the secrets that the streaming service or a consumer references but the file lacks, in order of reference."""
    present = config.get(SECRETS)
    if present is not None and not is_object(present):
        return []  # the settings report this error
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
    return json.dumps(value, sort_keys=True)  # Go sorts map keys
