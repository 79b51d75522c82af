"""Inventory of each stack in tests/inventories/STACK.yaml. `make inventories` writes the files.

An inventory has the number of resources of each type. Then it lists every resource by its URN without the stack and project,
protected resources first. Each has its physical name, the inputs whose change replaces it, and its number of partitions or replicas.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from components.catalog import CLOUDS, Cloud
from components.service import Count
from tests.stacks import NAMES, shipped
from workbench.cloud.kinds import kind
from workbench.cloud.model import at
from workbench.recording.records import PROVIDER_PREFIX, STACK_TYPE, RecordedResource
from workbench.stack_file import ROOT
from workbench.values import SECRET, UNKNOWN

DIRECTORY = ROOT / "tests" / "inventories"
LONGEST = 200
"""Maximum characters of a value in an inventory. Longer ones, such as a Job's template, do not identify a data resource."""

ADVICE = (
    "Another type, parent, name or other value here can replace a resource, and a protected one holds a user's data. "
    "Restore the old value. If you intend the change, such as a new stack or resource, run: make inventories"
)

Inventory = Mapping[str, Mapping[str, Any]]


def file_of(stack: str) -> Path:
    return DIRECTORY / f"{stack}.yaml"


def inventory(stack: str) -> Inventory:
    """Return a stack's inventory. It needs an update and a preview, because only a preview shows which values are computed."""
    made = shipped(stack).recording.resources
    previewed = {each.urn: each for each in shipped(stack, preview=True).recording.resources}
    resources = [each for each in made if each.type != STACK_TYPE]
    counts = Counter(each.type for each in resources if each.custom and not each.type.startswith(PROVIDER_PREFIX))
    found: dict[str, dict[str, Any]] = {"counts": dict(sorted(counts.items())), "protected": {}, "others": {}}
    numbers = {count.type: count for cloud in CLOUDS.values() for count in _counts(cloud)}
    for each in sorted(resources, key=lambda resource: resource.urn):
        section = found["protected" if each.protect else "others"]
        number = numbers[each.type].property_path if each.type in numbers else None
        section[each.urn.split("::", 2)[2]] = dict(_properties(each, previewed[each.urn], number))
    return found


def _counts(cloud: Cloud) -> Iterator[Count]:
    """Return the counts of all services of a cloud: a dead-letter topic can be of another service than the pipe's."""
    yield from (service.partitions for service in cloud.streaming.values())
    yield from (count for platform in cloud.platforms.values() for count in platform.replicas)


def _properties(
    resource: RecordedResource, previewed: RecordedResource, number: str | None
) -> Iterator[tuple[str, Any]]:
    if not resource.custom or resource.type.startswith(PROVIDER_PREFIX):
        return
    of_type = kind(resource.type)
    optional = filter(None, (of_type.name_property, number))
    for path in sorted({*of_type.unique, *of_type.replace_on, *of_type.grow_only, *optional}):
        is_name = path.lower().endswith("name")  # a name with the stack's random letters is unknown in a preview
        value = at((resource if is_name else previewed).inputs, path)
        if value not in (None, UNKNOWN, SECRET) and len(json.dumps(value)) <= LONGEST:
            yield path, value


def read(stack: str) -> Inventory:
    """Return the stored inventory of a stack, or an empty one."""
    file = file_of(stack)
    return yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}


def differences(kept: Inventory, made: Inventory) -> list[str]:
    """Return a line for each difference between two inventories."""
    lines = []
    for section in ("counts", "protected", "others"):
        old, new = kept.get(section) or {}, made[section]
        lines += [f"{section}: {key} is gone" for key in old if key not in new]
        lines += [f"{section}: {key} is new" for key in new if key not in old]
        lines += [
            f"{section}: {key}: was {json.dumps(old[key])}, is {json.dumps(new[key])}"
            for key in new
            if key in old and old[key] != new[key]
        ]
    return lines


def written(made: Inventory) -> str:
    """Return an inventory as YAML, one line per value, so that a review shows one line for each change."""
    lines = ["# Written by `make inventories`: see tests/inventory.py."]
    for section, entries in made.items():
        lines.append(f"{section}:")
        for key, entry in entries.items():
            if isinstance(entry, dict) and entry:
                lines += [f"  {key}:", *(f"    {path}: {json.dumps(value)}" for path, value in entry.items())]
            else:
                lines.append(f"  {key}: {json.dumps(entry)}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the inventory of every stack file, and remove those of deleted stacks."""
    DIRECTORY.mkdir(exist_ok=True)
    for file in DIRECTORY.iterdir():
        if file.stem not in NAMES:
            file.unlink()
    for stack in NAMES:
        file_of(stack).write_text(written(inventory(stack)), encoding="utf-8")


if __name__ == "__main__":
    main()
