"""Reads the flags of `size` and `new`: the load, the choice of services, and the new file."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from components.catalog import PROPOSED
from components.load import Load
from components.section import SectionT, SettingsModel, parse, unknown
from components.settings import NAME
from workbench.output import FlagError
from workbench.size.size import Choice, choices
from workbench.stack_file import ROOT


class Retention(SettingsModel, frozen=True):
    """The retention of a new stack. Its service can allow less."""

    retention_hours: Annotated[int, Field(ge=1, le=87_600)]
    """The hours that messages are kept, at most ten years."""


def read_load(messages_per_second: float, size: int, handling_milliseconds: float) -> Load:
    """Return the load. Raise FlagError with one line for each wrong flag."""
    values = {
        "messagesPerSecond": messages_per_second,
        "bytes": size,
        "handlingMilliseconds": handling_milliseconds,
    }
    return _read(Load, values)


def read_retention(hours: int) -> int:
    """Return the hours that messages are kept. Raise FlagError if they are out of range."""
    return _read(Retention, {"retentionHours": hours}).retention_hours


def _read(model: type[SectionT], values: Mapping[str, object]) -> SectionT:
    found = parse(model, values)
    if isinstance(found, list):
        raise FlagError("\n".join(f"{flag(str(error.path[0]))}: {error.text}" for error in found))
    return found


def flag(key: str) -> str:
    """Return the flag of a key: messagesPerSecond is --messages-per-second."""
    return "--" + re.sub(r"[A-Z]", lambda letter: f"-{letter[0].lower()}", key)


def read_choices(cloud: str | None, service: str | None, tier: str | None, platform: str | None) -> list[Choice]:
    """Return the choices of the catalog that match the flags. Raise FlagError if a name is unknown or nothing matches."""
    _known("--cloud", cloud, PROPOSED)
    clouds = [PROPOSED[cloud]] if cloud else list(PROPOSED.values())
    _known("--service", service, {name for each in PROPOSED.values() for name in each.streaming})
    _known("--platform", platform, {name for each in PROPOSED.values() for name in each.platforms})
    wider = list(choices(cloud, service, None, None))
    if not wider:
        there = " and ".join(name for name, each in PROPOSED.items() if service in each.streaming)
        raise FlagError(
            f"--service: must be a service on {cloud}, got {service} (available on {there}). Change --cloud."
        )
    _known("--tier", tier, {each.variant.name for each in wider if each.variant and each.variant.name})
    found = list(choices(cloud, service, tier, platform))
    if found:
        return found
    reasons = {
        each.streaming[service].refused_on.get(platform or "")
        for each in clouds
        if service and service in each.streaming
    } - {None}
    reason = f" ({', '.join(map(str, reasons))})" if reasons else ""
    able = {
        platform
        for choice in choices(cloud, service, tier, None)
        for platform in PROPOSED[choice.cloud].platforms
        if platform not in choice.streaming.refused_on
    }
    raise FlagError(
        f"--platform: must be a platform of {service or cloud}, got {platform}{reason}. Use {' or '.join(sorted(able))}."
    )


def _known(name: str, value: str | None, known: Collection[str]) -> None:
    if value is not None and value not in known:
        raise FlagError(
            f"{name}: must be one of {', '.join(sorted(known)) or 'none'}, got {value}. {_near(value, known)}"
        )


def _near(value: str, known: Collection[str]) -> str:
    suggestion = unknown(value, known).partition(" Valid: ")[0]
    return suggestion if suggestion.startswith("Did you mean") else "Use one of these, or remove the flag."


def check_new_file(name: str, path: Path) -> str:
    """Return the name of the stack in a new file. Raise FlagError if the file cannot be made or its name is not a stack's name.

    `name` is the flag or argument with the path.
    """
    if path.exists() or path.is_symlink():
        raise FlagError(f"{name}: must be a new file, but {path} exists. Choose another path, or remove the file.")
    if not path.parent.is_dir():
        raise FlagError(f"{name}: must be in an existing directory, got {path}. Create {path.parent} first.")
    stem = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
    if path.suffix != ".yaml":
        raise FlagError(f"{name}: must end with .yaml, got {path}. Use a path such as stacks/Pulumi.orders.yaml.")
    try:
        NAME.check(stem)
    except ValueError as error:
        raise FlagError(
            f"{name}: the name of the stack {error} Use a path such as stacks/Pulumi.orders.yaml."
        ) from error
    return stem


def stack_argument(path: Path) -> str:
    """Return how commands name the stack of a new file: by its name if it is in stacks/, otherwise by its path."""
    own = path.resolve().parent == ROOT / "stacks" and path.name.startswith("Pulumi.")
    return path.name.removeprefix("Pulumi.").removesuffix(".yaml") if own else str(path)


def write_new(name: str, path: Path, text: str) -> None:
    """Write a new file. Raise FlagError if it cannot be written or exists by now."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise FlagError(f"{name}: cannot write {path} ({error.strerror}). Choose another path.") from error
